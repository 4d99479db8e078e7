//! Where nodes are cut.

use isoforest::ndarray::Array2;
use isoforest::{Hyperplane, IsolationForest, MaxFeatures, MaxSamples, Tree};

use crate::common::{Recipe, bell, rows_of_nodes};
use crate::extended;

/// A forest each of whose trees has all rows, and the rows as the trees read them.
fn with_all_rows(x: &Array2<f64>, level: usize) -> (IsolationForest, Array2<f32>) {
    let forest = extended(level).max_samples(MaxSamples::Count(x.nrows())).fit(x.view()).unwrap();
    (forest, x.mapv(|value| value as f32))
}

fn planes(tree: &Tree) -> impl Iterator<Item = Hyperplane<'_>> {
    (0..tree.n_nodes()).filter_map(|node| tree.hyperplane(node))
}

/// The least and the greatest value of a column in some rows.
fn ends(x: &Array2<f32>, rows: &[usize], column: u32) -> (f32, f32) {
    let values = rows.iter().map(|&row| x[(row, column as usize)]);
    values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

fn rows_by_planes(tree: &Tree, x: &Array2<f32>) -> Vec<Vec<usize>> {
    rows_of_nodes(tree, x.nrows(), |node, row| {
        let plane = tree.hyperplane(node).unwrap();
        plane.side(&x.row(row).to_vec()) <= plane.threshold()
    })
}

#[test]
fn a_hyperplanes_point_is_anywhere_in_the_box_of_the_nodes_rows() {
    let (forest, x) = with_all_rows(&bell(200, 3, 1), 2);
    let mut places = Vec::new();
    for tree in forest.trees() {
        let rows = rows_by_planes(tree, &x);
        for (node, rows) in rows.iter().enumerate() {
            assert_eq!(tree.n_samples[node] as usize, rows.len());
            let Some(plane) = tree.hyperplane(node) else { continue };
            for (&column, &point) in plane.feature.iter().zip(plane.point) {
                let (low, high) = ends(&x, rows, column);
                assert!(low <= point && point < high, "{point} is not from {low} to below {high}");
                places.push((point - low) / (high - low));
            }
        }
    }
    for quarter in 0..4_u8 {
        let is_in = |&&place: &&f32| (place * 4.0) as u8 == quarter;
        let share = places.iter().filter(is_in).count() as f64 / places.len() as f64;
        assert!((share - 0.25).abs() < 0.01, "{share} of {} points in quarter {quarter}", places.len());
    }
}

#[test]
fn above_the_depth_limit_a_leaf_has_no_two_different_rows() {
    let (forest, x) = with_all_rows(&Recipe { levels: Some(6), ..Recipe::new(200, 2, 2) }.cook(), 1);
    for tree in forest.trees() {
        let rows = rows_by_planes(tree, &x);
        for (node, depth) in tree.depths().into_iter().enumerate() {
            if tree.children(node).is_none() && depth < 8 {
                let differ = rows[node].iter().any(|&row| x.row(row) != x.row(rows[node][0]));
                assert!(!differ, "a leaf at depth {depth} of rows {:?}", rows[node]);
            }
        }
    }
}

#[test]
fn normals_point_into_all_directions_alike() {
    let (forest, _) = with_all_rows(&bell(256, 2, 3), 1);
    let normals: Vec<(f64, f64)> = forest
        .trees()
        .iter()
        .flat_map(planes)
        .filter(|plane| plane.weight.len() == 2)
        .map(|plane| (f64::from(plane.weight[0]), f64::from(plane.weight[1])))
        .collect();
    for eighth in 0..8 {
        let is_in = |&&(x, y): &&(f64, f64)| {
            let turns = y.atan2(x) / std::f64::consts::TAU;
            (turns.rem_euclid(1.0) * 8.0 + 0.5) as i32 % 8 == eighth
        };
        let share = normals.iter().filter(is_in).count() as f64 / normals.len() as f64;
        // Of independent components that are not normally distributed, more or fewer lie near the diagonals.
        assert!((share - 0.125).abs() < 0.01, "{share} of {} normals in direction {eighth}", normals.len());
    }
}

#[test]
fn two_neighbouring_numbers_are_told_apart() {
    let x =
        Array2::from_shape_fn((64, 1), |(row, _)| f64::from(if row % 2 == 0 { 1.0_f32 } else { 1.0_f32.next_up() }));
    for tree in extended(0).fit(x.view()).unwrap().trees() {
        assert_eq!(tree.n_samples, [64, 32, 32]);
    }
}

#[test]
fn a_tree_of_few_columns_names_them_as_the_data_does() {
    // Each column has a range of its own, so that a point tells which one was cut.
    let x = Array2::from_shape_fn((300, 6), |(row, column)| {
        10.0 * column as f64 + (row * (column + 1) % 300) as f64 / 300.0
    });
    let forest = extended(None).max_features(MaxFeatures::Count(2)).fit(x.view()).unwrap();
    let mut used = [false; 6];
    for plane in forest.trees().iter().flat_map(planes) {
        for (&column, &point) in plane.feature.iter().zip(plane.point) {
            assert!((point / 10.0 - column as f32).abs() < 0.11, "column {column} is cut at {point}");
            used[column as usize] = true;
        }
    }
    assert_eq!(used, [true; 6]);
}
