//! Threads and blocks change nothing but the time.

use isoforest::ndarray::{Array1, ArrayView1, ArrayView2, Axis, s};
use isoforest::{Contamination, IsolationForest, MaxSamples, Tree, average_path_length};

use crate::common::{Recipe, assert_same_bits, bell, ulps_apart, uniform};

#[test]
fn the_number_of_threads_changes_no_bit_of_a_fit() {
    let x = Recipe { missing: 0.05, ..Recipe::new(1_000, 4, 1) }.cook();
    for n_estimators in [1, 2, 7, 100] {
        let params = IsolationForest::builder()
            .n_estimators(n_estimators)
            .contamination(Contamination::Fraction(0.1))
            .random_state(16);
        let expected = params.fit(x.view()).unwrap();
        for n_jobs in [1, 2, 3, 64, -1, -2, -1_000] {
            let forest = params.n_jobs(n_jobs).fit(x.view()).unwrap();
            assert_eq!(forest.trees(), expected.trees(), "{n_jobs} threads, {n_estimators} trees");
            assert_same_bits([&forest.offset()], [&expected.offset()], "offset");
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit_of_a_score() {
    let x = Recipe { missing: 0.01, ..Recipe::new(1_000, 4, 2) }.cook();
    let forest = IsolationForest::builder().random_state(16).fit(x.view()).unwrap();
    for n_rows in [1, 2, 63, 64, 65, 129, 200, 1_000] {
        let rows = x.slice(s![..n_rows, ..]);
        let expected = forest.score_samples(rows).unwrap();
        for n_jobs in [1, 2, 3, 64, -1] {
            let scores = forest.clone().with_n_jobs(n_jobs).score_samples(rows).unwrap();
            assert_same_bits(&scores, &expected, &format!("{n_jobs} threads, {n_rows} rows"));
        }
    }
}

/// Forests of other shapes: narrow and wide, small and large, one tree and trees that do not fill a group.
fn forests() -> Vec<(usize, IsolationForest)> {
    [(1, 256, 100), (2, 256, 100), (9, 256, 17), (2, 16, 1), (6, 2_000, 5), (40, 64, 16)]
        .into_iter()
        .map(|(features, max_samples, n_estimators)| {
            let params = IsolationForest::builder()
                .max_samples(MaxSamples::Count(max_samples))
                .n_estimators(n_estimators)
                .random_state(42);
            (features, params.fit(bell(2_000, features, 3).view()).unwrap())
        })
        .collect()
}

#[test]
fn rows_one_at_a_time_score_as_all_together() {
    for (features, forest) in forests() {
        let x = bell(130, features, 4);
        let alone: Array1<f64> =
            (0..130).map(|row| forest.score_samples(x.slice(s![row..=row, ..])).unwrap()[0]).collect();
        for n_rows in 1..=130 {
            let together = forest.score_samples(x.slice(s![..n_rows, ..])).unwrap();
            assert_same_bits(&together, alone.slice(s![..n_rows]), &format!("{n_rows} rows of {features}"));
        }
    }
}

#[test]
fn chunks_of_any_size_score_as_all_together() {
    for (features, forest) in forests() {
        for missing in [0.0, 0.05] {
            let x = Recipe { missing, ..Recipe::new(500, features, 5) }.cook();
            let expected = forest.score_samples(x.view()).unwrap();
            for size in [1, 3, 7, 16, 17, 63, 64, 65, 100, 499] {
                let chunks = x.axis_chunks_iter(Axis(0), size);
                let scores: Vec<f64> = chunks.flat_map(|rows| forest.score_samples(rows).unwrap()).collect();
                assert_same_bits(&scores, &expected, &format!("chunks of {size} rows of {features}"));
            }
        }
    }
}

/// Path length of a row, node by node in the tree as it was grown.
fn path_length(tree: &Tree, row: ArrayView1<'_, f64>) -> f64 {
    let mut node = 0;
    while let Some((left, right)) = tree.children(node) {
        let value = row[tree.feature[node] as usize] as f32;
        let goes_left = if value.is_nan() { tree.missing_left[node] } else { f64::from(value) <= tree.threshold[node] };
        node = if goes_left { left } else { right };
    }
    tree.path_lengths()[node]
}

#[track_caller]
fn assert_scores_follow_the_trees(forest: &IsolationForest, rows: ArrayView2<'_, f64>) {
    let scores = forest.score_samples(rows).unwrap();
    let denominator = forest.trees().len() as f64 * average_path_length(forest.max_samples());
    for (row, score) in rows.rows().into_iter().zip(scores) {
        let sum: f64 = forest.trees().iter().map(|tree| path_length(tree, row)).sum();
        let expected = -(2f64.powf(-sum / denominator));
        assert!(ulps_apart(score, expected) <= 2, "{score:?}, expected {expected:?}");
    }
}

#[test]
fn scores_follow_the_trees_node_by_node() {
    for (features, forest) in forests() {
        assert_scores_follow_the_trees(
            &forest,
            Recipe { missing: 0.02, ..Recipe::new(130, features, 7) }.cook().view(),
        );
    }
}

#[test]
fn trees_of_more_nodes_than_16_bits_can_number_score_right() {
    let x = uniform(300_000, 1, 6);
    let params = IsolationForest::builder().max_samples(MaxSamples::Count(300_000)).n_estimators(2).random_state(1);
    let forest = params.fit(x.view()).unwrap();
    let largest = forest.trees().iter().map(Tree::n_nodes).max().unwrap();
    assert!(largest > usize::from(u16::MAX), "{largest} nodes are too few for this test");
    assert_scores_follow_the_trees(&forest, x.slice(s![..130, ..]));
}

#[test]
fn more_features_than_16_bits_can_number_score_right() {
    let x = bell(20, 70_000, 8);
    let forest = IsolationForest::builder().n_estimators(30).random_state(1).fit(x.view()).unwrap();
    let largest = forest.trees().iter().flat_map(|tree| tree.feature.iter().copied()).max().unwrap();
    assert!(largest > i32::from(u16::MAX), "no tree uses a late feature");
    assert_scores_follow_the_trees(&forest, x.view());
}
