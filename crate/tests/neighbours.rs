//! Neighbours and local outlier factors against scikit-learn's, by `fixtures/make_neighbours_fixture.py`, and what they do
//! with rows that coincide.
#![cfg(feature = "neighbours")]

mod common;

use std::fs::File;
use std::path::Path;

use common::Recipe;
use flate2::read::GzDecoder;
use isoforest::Contamination;
use isoforest::ndarray::{Array1, Array2, array, concatenate, prelude::Axis};
use isoforest::neighbours::{NeighbourDetector, NeighbourError, NeighbourParams, Scaling};
use serde::Deserialize;

/// What scikit-learn, or the paper's definition, says of the rows of two recipes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    data: Recipe,
    rows: Recipe,
    /// Factor of each column.
    units: Vec<f64>,
    n_neighbors: usize,
    scaling: String,
    contamination: Option<f64>,
    kth_distance_of_training: Vec<f64>,
    kth_distance: Vec<f64>,
    made_by_definition: bool,
    factor_of_training: Vec<f64>,
    factor: Vec<f64>,
    offset: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "made_by")]
    _made_by: String,
    cases: Vec<Case>,
}

impl Case {
    fn all() -> Vec<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/neighbours/scores.json.gz");
        let document: Document = serde_json::from_reader(GzDecoder::new(File::open(path).unwrap())).unwrap();
        assert!(document.cases.len() >= 12);
        assert!(document.cases.iter().filter(|case| case.made_by_definition).count() >= 3);
        document.cases
    }

    fn x(&self, recipe: &Recipe) -> Array2<f64> {
        recipe.cook() * &Array1::from(self.units.clone())
    }

    fn fit(&self, params: NeighbourParams) -> NeighbourDetector {
        let scaling = match self.scaling.as_str() {
            "standard" => Scaling::Standard,
            "min_max" => Scaling::MinMax,
            _ => Scaling::None,
        };
        params.scaling(scaling).fit(self.x(&self.data).view()).unwrap()
    }

    /// Sees that scores are minus what was expected.
    fn compare(&self, what: &str, scores: &Array1<f64>, expected: &[f64]) {
        assert_eq!(scores.len(), expected.len(), "{}: {what}", self.name);
        for (row, (score, expected)) in scores.iter().zip(expected).enumerate() {
            // Sums in another order.
            let near = (score + expected).abs() <= 1e-12 * expected.abs();
            assert!(near, "{}: {what} of row {row} is {}, expected {expected}", self.name, -score);
        }
    }
}

#[test]
fn kth_distances_are_those_of_scikit_learn() {
    for case in Case::all() {
        let detector = case.fit(NeighbourDetector::kth_distance(case.n_neighbors));
        case.compare("training distance", detector.training_scores(), &case.kth_distance_of_training);
        let scores = detector.score_samples(case.x(&case.rows).view()).unwrap();
        case.compare("distance", &scores, &case.kth_distance);
    }
}

#[test]
fn local_outlier_factors_are_those_of_scikit_learn_and_of_the_paper() {
    for case in Case::all() {
        let contamination = case.contamination.map_or(Contamination::Auto, Contamination::Fraction);
        let detector = case.fit(NeighbourDetector::local_outlier_factor(case.n_neighbors).contamination(contamination));
        case.compare("training factor", detector.training_scores(), &case.factor_of_training);
        let scores = detector.score_samples(case.x(&case.rows).view()).unwrap();
        case.compare("factor", &scores, &case.factor);
        assert!((detector.offset() - case.offset).abs() <= 1e-12, "{}: {}", case.name, detector.offset());
    }
}

#[test]
fn decisions_and_predictions_follow_from_the_scores() {
    let x = Recipe::new(200, 2, 7).cook();
    for params in [NeighbourDetector::kth_distance(5), NeighbourDetector::local_outlier_factor(5)] {
        let detector = params.contamination(Contamination::Fraction(0.1)).fit(x.view()).unwrap();
        let (scores, decisions) =
            (detector.score_samples(x.view()).unwrap(), detector.decision_function(x.view()).unwrap());
        let predictions = detector.predict(x.view()).unwrap();
        for ((score, decision), prediction) in scores.iter().zip(&decisions).zip(&predictions) {
            assert_eq!(score - detector.offset(), *decision);
            assert_eq!(*prediction, if *decision < 0.0 { -1 } else { 1 });
        }
        let flagged = detector.training_scores().iter().filter(|&&score| score < detector.offset()).count();
        assert_eq!(flagged, 20);
    }
}

/// Half of the rows at one point, the others spread around it: as in data of users who did one thing once.
fn half_at_one_point() -> Array2<f64> {
    let spread = Recipe::new(300, 2, 9).cook();
    concatenate(Axis(0), &[Array2::zeros((300, 2)).view(), spread.view()]).unwrap()
}

#[test]
fn a_crowd_at_one_point_does_not_make_its_surroundings_outliers() {
    let detector = NeighbourDetector::local_outlier_factor(20).fit(half_at_one_point().view()).unwrap();
    assert_eq!(detector.n_places(), 301);
    let flagged = detector.training_scores().iter().filter(|&&score| score < -1.5).count();
    // As many as scikit-learn 1.9.1 flags without the crowd, and the same largest factor. With the crowd it warns, and flags its
    // 14 neighbours, too, with factors from 3e8 to 4e9.
    let largest = detector.training_scores().iter().copied().fold(0.0, f64::min);
    assert!(flagged == 11 && (largest + 2.096_880_578_421_756).abs() < 1e-9, "{flagged} of 600 rows, {largest}");
    let factors = detector.score_samples(array![[0.0, 0.0], [0.05, 0.0], [30.0, 30.0]].view()).unwrap().mapv(|s| -s);
    assert!(factors[0] < 1.5 && factors[1] < 1.5 && (10.0..1e3).contains(&factors[2]), "{factors}");
}

#[test]
fn the_order_and_number_of_rows_do_not_matter_for_the_others() {
    let x = half_at_one_point();
    let backwards = x.slice(isoforest::ndarray::s![..;-1, ..]);
    for params in [NeighbourDetector::kth_distance(5), NeighbourDetector::local_outlier_factor(5)] {
        let params = params.contamination(Contamination::Fraction(0.1));
        let (one, other) = (params.fit(x.view()).unwrap(), params.fit(backwards).unwrap());
        let rows = Recipe::new(50, 2, 10).cook();
        let (one, other) = (one.score_samples(rows.view()).unwrap(), other.score_samples(rows.view()).unwrap());
        for (a, b) in one.iter().zip(&other) {
            assert!((a - b).abs() <= 1e-9 * a.abs(), "{a} {b}");
        }
    }
}

#[test]
fn what_cannot_be_fitted_or_scored_is_an_error_that_says_why() {
    let message = |params: NeighbourParams, x: &Array2<f64>| params.fit(x.view()).unwrap_err().to_string();
    let x = array![[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]];
    assert_eq!(message(NeighbourDetector::kth_distance(0), &x), "n_neighbors must be an integer of at least 1, got 0");
    let auto = NeighbourDetector::kth_distance(1).contamination(Contamination::Auto);
    assert!(message(auto, &x).contains("a distance has no threshold of its own"));
    let seven = NeighbourDetector::local_outlier_factor(1).contamination(Contamination::Fraction(0.7));
    assert_eq!(message(seven, &x), "contamination must be \"auto\" or a number in (0, 0.5], got 0.7");
    let same = Array2::ones((9, 2));
    assert_eq!(
        message(NeighbourDetector::local_outlier_factor(3), &same),
        "expected at least two distinct rows to fit on, found 1"
    );
    assert!(message(NeighbourDetector::kth_distance(3), &array![[1.0]]).contains("two rows to fit on, found 1"));
    assert!(
        message(NeighbourDetector::kth_distance(3), &array![[1.0], [f64::NAN]]).contains("row 1 of the known rows")
    );
    assert!(message(NeighbourDetector::kth_distance(3), &Array2::zeros((0, 2))).contains("found 0 rows"));

    let detector = NeighbourDetector::kth_distance(9).fit(x.view()).unwrap();
    assert_eq!(detector.n_neighbors(), 2);
    let error = detector.score_samples(array![[1.0]].view()).unwrap_err();
    assert_eq!(error, NeighbourError::FeatureCount { expected: 2, found: 1 });
    assert!(detector.score_samples(array![[1.0, f64::INFINITY]].view()).is_err());
    assert_eq!(detector.score_samples(Array2::zeros((0, 2)).view()).unwrap().len(), 0);
    // Rows that are all the same are at no distance.
    let detector = NeighbourDetector::kth_distance(3).fit(same.view()).unwrap();
    assert_eq!(detector.predict(same.view()).unwrap(), Array1::from_elem(9, 1_i8));
}
