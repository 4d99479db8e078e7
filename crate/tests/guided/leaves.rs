use isoforest::ndarray::Array2;
use isoforest::{Guided, GuidedScore, MaxSamples, Tree, average_path_length};

use crate::common::{Recipe, rows_of_nodes};
use crate::{guided, ways};

/// Rows in a few of whose cells nothing stands; every tree has all of them.
fn rows() -> Array2<f64> {
    let x = Recipe { missing: 0.05, levels: Some(40), ..Recipe::new(200, 3, 1) }.cook();
    x.mapv(|value| f64::from(value as f32))
}

/// The least and the greatest value of a column in some rows; the first is not below the second if there are no two.
fn ends(x: &Array2<f64>, rows: &[usize], column: usize) -> (f64, f64) {
    let values = rows.iter().map(|&row| x[(row, column)]).filter(|value| !value.is_nan());
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

/// What is summed over the cuts on the way to each node: 1 for depth, and what the papers have for the other scores.
fn sums(tree: &Tree, score: GuidedScore, x: &Array2<f64>, rows: &[Vec<usize>]) -> Vec<f64> {
    let mut sums = vec![0.0; tree.n_nodes()];
    for node in 0..tree.n_nodes() {
        let Some((left, right)) = tree.children(node) else { continue };
        let (column, threshold) = (tree.feature[node] as usize, tree.threshold[node]);
        let (low, high) = ends(x, &rows[node], column);
        assert!(low <= threshold && threshold < high, "{threshold} does not cut {low} to {high}");
        let with_value = |node: usize| rows[node].iter().filter(|&&row| !x[(row, column)].is_nan()).count() as f64;
        for (child, range) in [(left, threshold - low), (right, high - threshold)] {
            let share_of_range = (range / (high - low)).clamp(2.0_f64.powi(-20), 1.0);
            let density = with_value(child) / with_value(node) / share_of_range;
            sums[child] = sums[node]
                + match score {
                    GuidedScore::Depth => 1.0,
                    GuidedScore::AdjustedDepth => 2.0 * density / (density + 0.5),
                    GuidedScore::Density => -share_of_range.log2(),
                };
        }
    }
    sums
}

fn rows_by_thresholds(tree: &Tree, x: &Array2<f64>) -> Vec<Vec<usize>> {
    rows_of_nodes(tree, x.nrows(), |node, row| {
        let value = x[(row, tree.feature[node] as usize)];
        if value.is_nan() { tree.missing_left[node] } else { value <= tree.threshold[node] }
    })
}

#[test]
fn leaves_are_worth_what_the_papers_say() {
    let x = rows();
    for way in ways() {
        for score in crate::SCORES {
            let way = Guided { score, ..way };
            let params = guided(way).max_samples(MaxSamples::Count(x.nrows())).n_estimators(10);
            for tree in params.fit(x.view()).unwrap().trees() {
                let rows = rows_by_thresholds(tree, &x);
                for (node, sum) in sums(tree, score, &x, &rows).into_iter().enumerate() {
                    let n_rows = rows[node].len();
                    assert_eq!(tree.n_samples[node] as usize, n_rows);
                    if tree.children(node).is_none() {
                        let rest = match score {
                            GuidedScore::Depth | GuidedScore::AdjustedDepth => average_path_length(n_rows),
                            GuidedScore::Density => (n_rows as f64).log2(),
                        };
                        let (value, expected) = (tree.leaf_value[node], sum + rest);
                        assert!(
                            (value - expected).abs() <= 1e-12 * expected.max(1.0),
                            "{way:?}: {value}, not {expected}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn above_the_depth_limit_a_leaf_has_nothing_to_cut() {
    let x = rows();
    for way in ways() {
        let params = guided(way).max_samples(MaxSamples::Count(x.nrows())).n_estimators(10);
        for tree in params.fit(x.view()).unwrap().trees() {
            let rows = rows_by_thresholds(tree, &x);
            for (node, depth) in tree.depths().into_iter().enumerate() {
                if tree.children(node).is_none() && depth < 8 {
                    let can_be_cut = |&column: &usize| {
                        let (low, high) = ends(&x, &rows[node], column);
                        low < high
                    };
                    assert_eq!((0..x.ncols()).find(can_be_cut), None, "{way:?}: a leaf at depth {depth}");
                }
            }
        }
    }
}
