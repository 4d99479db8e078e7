use isoforest::ndarray::{Array2, Axis, concatenate};
use isoforest::{ColumnWeights, Guided, MaxFeatures, MaxSamples, Tree};

use crate::common::{bell, uniform};
use crate::{guided, ways};

fn only(pooled_gain: f64, average_gain: f64) -> Guided {
    Guided { pooled_gain, average_gain, column_weights: ColumnWeights::Equal, ..Guided::default() }
}

#[test]
fn the_pooled_gain_cuts_between_two_groups_and_chance_does_not() {
    let groups = Array2::from_shape_fn((200, 1), |(row, _)| row as f64 % 100.0 + if row < 100 { 0.0 } else { 150.0 });
    let between = |way: Guided| {
        let forest = guided(way).fit(groups.view()).unwrap();
        forest.trees().iter().filter(|tree| (99.0..150.0).contains(&tree.threshold[0])).count()
    };
    assert_eq!(between(only(1.0, 0.0)), 100);
    assert!((10..40).contains(&between(only(0.0, 0.0))));
    // Half of the cuts, and chance's share of the other half.
    assert!((45..75).contains(&between(only(0.5, 0.0))));
}

#[test]
fn the_average_gain_cuts_off_what_lies_apart() {
    let mut x = bell(256, 1, 8);
    x[(0, 0)] = 12.0;
    let forest = guided(only(0.0, 1.0)).fit(x.view()).unwrap();
    for tree in forest.trees() {
        let (_, right) = tree.children(0).unwrap();
        assert_eq!(tree.n_samples[right], 1);
    }
}

#[test]
fn each_gain_has_its_probability_and_makes_its_own_cut() {
    // Evenly spread rows and one apart: the average gain cuts off that one, the pooled gain near the middle, chance in between.
    let x = Array2::from_shape_fn((101, 1), |(row, _)| if row < 100 { row as f64 } else { 150.0 });
    let cut_off = |way: Guided| {
        let forest = guided(way).fit(x.view()).unwrap();
        forest.trees().iter().filter(|tree| tree.n_samples[tree.children(0).unwrap().1] == 1).count()
    };
    assert_eq!((cut_off(only(0.0, 1.0)), cut_off(only(1.0, 0.0))), (100, 0));
    assert!((35..=65).contains(&cut_off(only(0.5, 0.5))));
    // A quarter, and a third of the half that is left to chance.
    assert!((30..=55).contains(&cut_off(only(0.25, 0.25))));
}

#[test]
fn thresholds_of_the_same_gap_differ_from_tree_to_tree() {
    let x = Array2::from_shape_fn((100, 1), |(row, _)| if row < 50 { 0.0 } else { 1.0 });
    let forest = guided(only(1.0, 0.0)).fit(x.view()).unwrap();
    let mut thresholds: Vec<u64> = forest.trees().iter().map(|tree| tree.threshold[0].to_bits()).collect();
    thresholds.sort_unstable();
    thresholds.dedup();
    assert_eq!(thresholds.len(), 100);
}

#[test]
fn a_column_with_values_that_lie_far_out_is_cut_more_often_the_more_kurtosis_weighs() {
    // The fifth powers of bell-shaped values lie far out; evenly spread values do not.
    let x = concatenate(Axis(1), &[bell(1_000, 1, 9).mapv(|value| value.powi(5)).view(), uniform(1_000, 1, 10).view()])
        .unwrap();
    let share = |column_weights| {
        let forest = guided(Guided { column_weights, ..only(0.0, 0.0) }).n_estimators(300).fit(x.view()).unwrap();
        forest.trees().iter().filter(|tree| tree.feature[0] == 0).count() as f64 / 300.0
    };
    let (equal, root, whole) =
        (share(ColumnWeights::Equal), share(ColumnWeights::RootKurtosis), share(ColumnWeights::Kurtosis));
    assert!((0.4..0.6).contains(&equal), "{equal}");
    assert!(equal + 0.1 < root && root + 0.05 < whole && whole < 1.0, "{equal}, {root}, {whole}");
}

/// Whether each node of a tree has rows, its children's together its own, and its depth is allowed.
fn assert_sound(tree: &Tree, max_depth: u32) {
    assert!(tree.max_depth() <= max_depth);
    for node in 0..tree.n_nodes() {
        assert!(tree.n_samples[node] > 0);
        match tree.children(node) {
            Some((left, right)) => {
                assert_eq!(tree.n_samples[node], tree.n_samples[left] + tree.n_samples[right]);
                assert_eq!(tree.leaf_value[node].to_bits(), 0.0_f64.to_bits());
            }
            None => assert!(tree.leaf_value[node].is_finite() && tree.leaf_value[node] >= 0.0),
        }
    }
}

#[test]
fn every_tree_is_sound_and_as_deep_as_allowed() {
    let x = bell(500, 3, 11);
    for way in ways() {
        for (max_samples, limit) in [(MaxSamples::Auto, 8), (MaxSamples::Count(500), 9), (MaxSamples::Count(1), 1)] {
            let forest = guided(way).max_samples(max_samples).n_estimators(10).fit(x.view()).unwrap();
            forest.trees().iter().for_each(|tree| assert_sound(tree, limit));
            let deepest = forest.trees().iter().map(Tree::max_depth).max();
            assert_eq!(deepest, Some(if max_samples == MaxSamples::Count(1) { 0 } else { limit }), "{way:?}");
        }
        let forest = guided(way).bootstrap(true).n_estimators(10).fit(x.view()).unwrap();
        forest.trees().iter().for_each(|tree| assert_sound(tree, 8));
    }
}

#[test]
fn a_tree_uses_no_more_columns_than_it_may_and_names_them_as_the_data_does() {
    // Each column has a range of its own, so that a threshold tells which one was cut.
    let x = Array2::from_shape_fn((300, 6), |(row, column)| {
        10.0 * column as f64 + (row * (column + 1) % 300) as f64 / 300.0
    });
    let forest = guided(Guided::default()).max_features(MaxFeatures::Count(2)).fit(x.view()).unwrap();
    let mut used = [false; 6];
    for tree in forest.trees() {
        let mut columns: Vec<i32> = tree.feature.iter().copied().filter(|&feature| feature >= 0).collect();
        columns.sort_unstable();
        columns.dedup();
        assert!(columns.len() <= 2, "{columns:?}");
        for (&feature, threshold) in tree.feature.iter().zip(&tree.threshold).filter(|&(&feature, _)| feature >= 0) {
            assert!((threshold / 10.0 - f64::from(feature)).abs() < 0.11, "column {feature} is cut at {threshold}");
            used[feature as usize] = true;
        }
    }
    assert_eq!(used, [true; 6]);
}
