//! What it calls unusual.

use isoforest::metrics::roc_auc;
use isoforest::ndarray::{Array2, Axis, array, concatenate};
use isoforest::{Contamination, IsolationForest, MaxFeatures};

use crate::common::{bell, uniform};
use crate::{blob, extended, scores};

#[test]
fn outliers_around_two_blobs_are_found_for_any_seed() {
    let blobs = concatenate(Axis(0), &[blob(500, &[2.0, 2.0], 1).view(), blob(500, &[-2.0, -2.0], 2).view()]).unwrap();
    let rows = concatenate(Axis(0), &[(&blobs * 0.3).view(), (uniform(200, 2, 3) * 4.0).view()]).unwrap();
    let is_outlier: Vec<bool> = (0..rows.nrows()).map(|row| row >= 1_000).collect();
    for seed in 0..10 {
        for level in [0, 1] {
            let forest = extended(level).random_state(seed).fit(blobs.mapv(|value| value * 0.3).view()).unwrap();
            let anomaly: Vec<f64> = scores(&forest, rows.view()).iter().map(|score| -score).collect();
            let area = roc_auc(&is_outlier, &anomaly).unwrap();
            assert!(area > 0.98, "seed {seed}, level {level}: {area}");
        }
    }
}

#[test]
fn the_standard_forests_blind_cross_is_not_there() {
    // Far out along an axis, and as far out between the axes.
    let far = 4.0;
    let along = array![[far, 0.0], [-far, 0.0], [0.0, far], [0.0, -far]];
    let between = &array![[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]] * (far / 2.0_f64.sqrt());
    let x = bell(2_000, 2, 1);
    let gap = |forest: &IsolationForest| {
        let mean = |rows: &Array2<f64>| forest.score_samples(rows.view()).unwrap().mean().unwrap();
        mean(&along) - mean(&between)
    };
    for seed in 0..5 {
        let standard = IsolationForest::builder().random_state(seed).fit(x.view()).unwrap();
        let forest = extended(1).random_state(seed).fit(x.view()).unwrap();
        assert!(gap(&standard) > 0.05, "seed {seed}: {}", gap(&standard));
        assert!(gap(&forest).abs() < gap(&standard) / 2.0, "seed {seed}: {} of {}", gap(&forest), gap(&standard));
    }
}

#[test]
fn where_two_blobs_cross_on_the_axes_the_standard_forest_sees_ghosts() {
    // Two blobs on a diagonal; the other two corners are empty, but lie in line with a blob along each axis.
    let x = concatenate(Axis(0), &[blob(500, &[0.0, 10.0], 1).view(), blob(500, &[10.0, 0.0], 2).view()]).unwrap();
    let ghosts = array![[0.0, 0.0], [10.0, 10.0]];
    let mean = |forest: &IsolationForest| forest.score_samples(ghosts.view()).unwrap().mean().unwrap();
    for seed in 0..5 {
        let standard = IsolationForest::builder().random_state(seed).fit(x.view()).unwrap();
        let forest = extended(1).random_state(seed).fit(x.view()).unwrap();
        assert!(mean(&forest) < mean(&standard) - 0.02, "seed {seed}: {} against {}", mean(&forest), mean(&standard));
    }
}

#[test]
fn contamination_flags_that_share_and_changes_no_score() {
    let x = bell(300, 3, 1);
    let auto = extended(None).fit(x.view()).unwrap();
    let tenth = extended(None).contamination(Contamination::Fraction(0.1)).fit(x.view()).unwrap();
    assert_eq!(scores(&auto, x.view()), scores(&tenth, x.view()));
    assert_eq!(tenth.predict(x.view()).unwrap().iter().filter(|&&label| label == -1).count(), 30);
    assert_eq!(auto.offset(), -0.5);
}

#[test]
fn a_tree_of_few_columns_cuts_with_these_only() {
    let x = bell(300, 6, 1);
    let forest = extended(None).max_features(MaxFeatures::Count(2)).fit(x.view()).unwrap();
    for tree in forest.trees() {
        let planes = tree.hyperplanes.as_ref().unwrap();
        let mut features = planes.feature.clone();
        features.sort_unstable();
        features.dedup();
        assert_eq!(features.len(), 2);
    }
}

#[test]
fn hyperplanes_have_as_many_features_as_the_level_says() {
    let x = bell(300, 6, 1);
    for level in [1, 3, 5] {
        let forest = extended(level).fit(x.view()).unwrap();
        for tree in forest.trees() {
            let planes = (0..tree.n_nodes()).filter_map(|node| tree.hyperplane(node));
            let most = planes.map(|plane| plane.feature.len()).max().unwrap();
            assert_eq!(most, level + 1);
        }
    }
}
