//! Seeds, threads, warm starts, parameters.

use isoforest::{Detector, FitError, IsolationForest, LEAF, Tree};
use serde_json::json;

use crate::common::{Recipe, bell};
use crate::{extended, scores};

#[test]
fn a_seed_decides_and_the_number_of_threads_does_not() {
    let x = Recipe { missing: 0.1, ..Recipe::new(900, 4, 1) }.cook();
    for level in [0, 1, 3] {
        let forest = extended(level).n_estimators(11).fit(x.view()).unwrap();
        for n_jobs in [2, 3, 16] {
            let other = extended(level).n_estimators(11).n_jobs(n_jobs).fit(x.view()).unwrap();
            assert_eq!((other.trees(), other.medians()), (forest.trees(), forest.medians()), "{n_jobs} threads");
            assert_eq!(scores(&other, x.view()), scores(&forest, x.view()), "{n_jobs} threads");
        }
        let other = extended(level).n_estimators(11).random_state(17).fit(x.view()).unwrap();
        assert_ne!(other.trees(), forest.trees());
    }
}

#[test]
fn a_warm_start_adds_the_trees_of_a_fit_at_once() {
    let x = Recipe { missing: 0.1, ..Recipe::new(500, 3, 1) }.cook();
    for level in [Some(0), Some(1), None] {
        let params = extended(level).warm_start(true);
        let five = params.n_estimators(5).fit(x.view()).unwrap();
        let twelve = params.n_estimators(12).fit_warm(five, x.view()).unwrap();
        let at_once = params.n_estimators(12).fit(x.view()).unwrap();
        assert_eq!((twelve.trees(), twelve.medians()), (at_once.trees(), at_once.medians()));
        assert_eq!(scores(&twelve, x.view()), scores(&at_once, x.view()));
    }
}

#[test]
fn a_warm_start_on_other_rows_keeps_the_medians_of_the_first_fit() {
    let params = extended(1).warm_start(true);
    let five = params.n_estimators(5).fit(bell(100, 2, 1).view()).unwrap();
    let medians = five.medians().to_vec();
    let ten = params.n_estimators(10).fit_warm(five, (bell(100, 2, 2) + 9.0).view()).unwrap();
    assert_eq!(ten.medians(), medians);
}

#[test]
fn a_warm_start_with_another_detector_is_an_error() {
    let x = bell(100, 3, 1);
    let first = extended(1).n_estimators(5).fit(x.view()).unwrap();
    for detector in [Detector::Standard, Detector::Extended { extension_level: None }] {
        let params = extended(1).detector(detector).warm_start(true).n_estimators(9);
        let error = params.fit_warm(first.clone(), x.view()).unwrap_err();
        assert!(matches!(error, FitError::WarmStartDetector { .. }), "{error}");
    }
}

#[test]
fn the_level_is_checked_against_the_columns_and_recorded() {
    let x = bell(100, 3, 1);
    let error = extended(3).fit(x.view()).unwrap_err();
    assert_eq!(error.to_string(), "extension_level must be from 0 to the number of columns less one, 2, got 3");
    let level = |params: isoforest::IsolationForestParams| params.fit(x.view()).unwrap().params().detector;
    assert_eq!(level(extended(None)), Detector::Extended { extension_level: Some(2) });
    assert_eq!(level(extended(1)), Detector::Extended { extension_level: Some(1) });
    let one_column = extended(None).fit(bell(100, 1, 1).view()).unwrap();
    assert_eq!(one_column.params().detector, Detector::Extended { extension_level: Some(0) });
}

#[test]
fn the_nine_parameters_stay_scikit_learns() {
    let forest = extended(1).fit(bell(100, 2, 1).view()).unwrap();
    let nine = serde_json::to_value(forest.params()).unwrap();
    assert_eq!(nine, serde_json::to_value(IsolationForest::builder().random_state(16)).unwrap());
    let detector = serde_json::to_value(forest.params().detector).unwrap();
    assert_eq!(detector, json!({"name": "extended", "extension_level": 1}));
}

#[test]
fn a_forest_draws_the_rows_of_the_standard_one_and_as_deep() {
    let x = bell(1_000, 2, 1);
    let (standard, forest) =
        (IsolationForest::builder().random_state(16).fit(x.view()).unwrap(), extended(1).fit(x.view()).unwrap());
    assert_eq!(forest.trees().iter().map(Tree::max_depth).max(), Some(8));
    for (standard, tree) in standard.trees().iter().zip(forest.trees()) {
        assert_eq!(standard.n_samples[0], tree.n_samples[0]);
        assert!(tree.max_depth() <= 8);
        for node in 0..tree.n_nodes() {
            let (is_leaf, plane) = (tree.left[node] == LEAF, tree.hyperplane(node));
            assert_eq!(is_leaf, plane.is_none());
            if let Some(plane) = plane {
                assert_eq!(tree.threshold[node], f64::from(plane.threshold()));
            }
        }
    }
}
