//! Missing values, constant columns, equal rows, few rows, huge values.

use isoforest::ndarray::{Array2, array};
use isoforest::{Explainer, MaxSamples};

use crate::common::{Recipe, bell};
use crate::{extended, scores};

#[test]
fn a_missing_value_is_read_as_the_columns_median() {
    let x = Recipe { missing: 0.2, ..Recipe::new(401, 3, 1) }.cook();
    for level in [0, 1, 2] {
        let forest = extended(level).fit(x.view()).unwrap();
        let mut filled = x.clone();
        for (mut column, &median) in filled.columns_mut().into_iter().zip(forest.medians()) {
            column.iter_mut().filter(|value| value.is_nan()).for_each(|value| *value = f64::from(median));
        }
        assert_eq!(scores(&forest, x.view()), scores(&forest, filled.view()), "level {level}");
        // As many rows below as above, so that filling does not move the median.
        let again = extended(level).fit(filled.view()).unwrap();
        assert_eq!(again.medians(), forest.medians());
        assert_eq!(again.trees(), forest.trees(), "level {level}");
    }
}

#[test]
fn a_column_without_a_value_is_read_as_zeros() {
    let x = Recipe { all_missing: vec![1], ..Recipe::new(100, 3, 1) }.cook();
    let forest = extended(None).fit(x.view()).unwrap();
    assert_eq!(forest.medians()[1], 0.0);
    assert!(forest.trees().iter().all(|tree| !tree.hyperplanes.as_ref().unwrap().feature.contains(&1)));
    assert!(scores(&forest, x.view()).iter().all(|score| (-1.0..0.0).contains(score)));
}

#[test]
fn constant_columns_are_not_cut() {
    let x = Recipe { constant: vec![0, 2], ..Recipe::new(200, 4, 1) }.cook();
    let forest = extended(None).fit(x.view()).unwrap();
    for tree in forest.trees() {
        let planes = tree.hyperplanes.as_ref().unwrap();
        assert!(planes.feature.iter().all(|feature| [1, 3].contains(feature)));
    }
}

#[test]
fn rows_that_are_all_equal_are_one_leaf_and_inliers() {
    for rows in [1, 2, 100] {
        let x = Array2::from_elem((rows, 3), 7.0);
        let forest = extended(None).fit(x.view()).unwrap();
        assert!(forest.trees().iter().all(|tree| tree.n_nodes() == 1));
        let other = array![[7.0, 7.0, 7.0], [1.0, 2.0, 3.0]];
        assert_eq!(forest.predict(other.view()).unwrap().to_vec(), [1, 1], "{rows} rows");
    }
}

#[test]
fn equal_rows_among_others_end_in_one_leaf() {
    // Half of the rows are the same, as in real data.
    let mut x = bell(256, 2, 1);
    x.rows_mut().into_iter().step_by(2).for_each(|mut row| row.fill(0.25));
    let forest = extended(None).max_samples(MaxSamples::Count(256)).fit(x.view()).unwrap();
    let score = scores(&forest, array![[0.25, 0.25], [2.0, 2.0]].view());
    assert!(score[0] > score[1] + 0.2, "{score:?}");
    for tree in forest.trees() {
        let largest_leaf = (0..tree.n_nodes()).filter(|&node| tree.left[node] == -1).map(|node| tree.n_samples[node]);
        assert!(largest_leaf.max().unwrap() >= 128);
    }
}

#[test]
fn the_largest_numbers_there_are_have_finite_hyperplanes_and_scores() {
    let ends = [f64::from(f32::MAX), f64::from(f32::MIN), 1e-40, 0.0, -3.0];
    let x = Array2::from_shape_fn((64, 4), |(row, column)| ends[(row * 7 + column * 3 + row * column) % ends.len()]);
    for level in [0, 1, 3] {
        let forest = extended(level).fit(x.view()).unwrap();
        assert!(forest.trees().iter().all(|tree| tree.threshold.iter().all(|threshold| threshold.is_finite())));
        assert!(scores(&forest, x.view()).iter().all(|score| (-1.0..0.0).contains(score)));
        assert!(Explainer::new(&forest).explain(x.view()).unwrap().iter().all(|value| value.is_finite()));
    }
}

#[test]
fn f32_and_f64_rows_of_any_layout_score_alike() {
    let x = bell(333, 5, 1);
    let forest = extended(2).fit(x.view()).unwrap();
    let expected = scores(&forest, x.view());
    let narrow = x.mapv(|value| value as f32);
    assert_eq!(forest.score_samples(narrow.view()).unwrap().to_vec(), expected);
    let by_columns = x.t().as_standard_layout().to_owned();
    assert_eq!(scores(&forest, by_columns.t()), expected);
    for n_rows in [1, 2, 15, 16, 17, 63, 64, 65, 255, 257] {
        let rows = x.slice(isoforest::ndarray::s![..n_rows, ..]);
        assert_eq!(scores(&forest, rows), expected[..n_rows], "{n_rows} rows");
    }
}
