//! The measures against scikit-learn's, by `fixtures/make_metrics_fixture.py`, and against counting every pair.

mod common;

use std::fs::File;
use std::path::Path;

use common::Recipe;
use flate2::read::GzDecoder;
use isoforest::metrics::{MetricError, average_precision, precision_at_n, roc_auc};
use proptest::prelude::*;
use serde::Deserialize;

/// What scikit-learn says of the rows of a recipe: column 0 holds the scores, a row is an outlier where both
/// columns together are above the limit.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    data: Recipe,
    limit: f64,
    roc_auc_score: f64,
    average_precision_score: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "made_by")]
    _made_by: String,
    cases: Vec<Case>,
}

#[test]
fn the_measures_are_those_of_scikit_learn() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/metrics/measures.json.gz");
    let document: Document = serde_json::from_reader(GzDecoder::new(File::open(path).unwrap())).unwrap();
    assert!(document.cases.len() >= 8);
    for case in document.cases {
        let x = case.data.cook();
        let labels: Vec<bool> = x.rows().into_iter().map(|row| row[0] + row[1] > case.limit).collect();
        let scores = x.column(0).to_vec();
        let (auc, precision) = (roc_auc(&labels, &scores).unwrap(), average_precision(&labels, &scores).unwrap());
        assert!((auc - case.roc_auc_score).abs() <= 1e-13, "{}: {auc} for {}", case.name, case.roc_auc_score);
        assert!(
            (precision - case.average_precision_score).abs() <= 1e-13,
            "{}: {precision} for {}",
            case.name,
            case.average_precision_score
        );
    }
}

#[test]
fn rows_that_cannot_be_measured_are_errors_that_say_why() {
    let both = [true, false];
    let error = roc_auc(&both, &[1.0]).unwrap_err();
    assert_eq!(error.to_string(), "expected one label a score, found 2 labels and 1 scores");
    assert_eq!(average_precision(&[true; 3], &[1.0; 3]), Err(MetricError::OneClass { outliers: 3, inliers: 0 }));
    assert_eq!(roc_auc(&[false], &[1.0]), Err(MetricError::OneClass { outliers: 0, inliers: 1 }));
    assert_eq!(roc_auc(&[], &[]), Err(MetricError::OneClass { outliers: 0, inliers: 0 }));
    assert_eq!(average_precision(&both, &[1.0, f64::NAN]), Err(MetricError::NotANumber { row: 1 }));
    for n in [0, 3] {
        assert_eq!(precision_at_n(&both, &[1.0, 2.0], n), Err(MetricError::N { n, rows: 2 }));
    }
}

#[test]
fn zero_and_minus_zero_and_infinities_have_their_places() {
    assert_eq!(roc_auc(&[true, false], &[0.0, -0.0]), Ok(0.5));
    assert_eq!(roc_auc(&[true, false, true], &[f64::INFINITY, 1.0, f64::NEG_INFINITY]), Ok(0.5));
}

/// Labels of both classes and scores with many ties.
fn rows() -> impl Strategy<Value = (Vec<bool>, Vec<f64>)> {
    let score = prop_oneof![(-3_i8..3).prop_map(f64::from), -1.0..1.0];
    prop::collection::vec((any::<bool>(), score), 2..60)
        .prop_map(|rows| rows.into_iter().unzip())
        .prop_filter("both classes", |(labels, _): &(Vec<bool>, Vec<f64>)| {
            labels.contains(&true) && labels.contains(&false)
        })
}

/// The mean of `value` over what of the tied rows stands first: outliers, or inliers.
fn rows_in_order(labels: &[bool], scores: &[f64], outliers_first: bool) -> Vec<bool> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|&a, &b| {
        scores[b]
            .total_cmp(&scores[a])
            .then((labels[a] == outliers_first).cmp(&(labels[b] == outliers_first)).reverse())
    });
    order.into_iter().map(|row| labels[row]).collect()
}

proptest! {
    #[test]
    fn the_area_is_the_share_of_pairs_in_the_right_order((labels, scores) in rows()) {
        let (mut right, mut pairs) = (0.0, 0.0);
        for (i, _) in labels.iter().enumerate().filter(|(_, label)| **label) {
            for (j, _) in labels.iter().enumerate().filter(|(_, label)| !**label) {
                pairs += 1.0;
                right += if scores[i] > scores[j] { 1.0 } else if scores[i] == scores[j] { 0.5 } else { 0.0 };
            }
        }
        prop_assert_eq!(roc_auc(&labels, &scores).unwrap(), right / pairs);
        let negated: Vec<f64> = scores.iter().map(|score| -score).collect();
        prop_assert!((roc_auc(&labels, &negated).unwrap() - (1.0 - right / pairs)).abs() < 1e-12);
    }

    #[test]
    fn the_precision_at_n_lies_between_those_of_the_luckiest_and_the_unluckiest_order((labels, scores) in rows(), n in 1..60_usize) {
        let n = n.min(labels.len());
        let found = precision_at_n(&labels, &scores, n).unwrap();
        let precision = |outliers_first| {
            let ordered = rows_in_order(&labels, &scores, outliers_first);
            ordered[..n].iter().filter(|label| **label).count() as f64 / n as f64
        };
        prop_assert!(precision(false) - 1e-12 <= found && found <= precision(true) + 1e-12);
        // All rows: the share of outliers, exactly.
        let share = labels.iter().filter(|label| **label).count() as f64 / labels.len() as f64;
        prop_assert_eq!(precision_at_n(&labels, &scores, labels.len()).unwrap(), share);
    }

    #[test]
    fn the_order_of_the_rows_changes_nothing((labels, scores) in rows(), n in 1..60_usize) {
        let n = n.min(labels.len());
        let (turned_labels, turned): (Vec<bool>, Vec<f64>) =
            labels.iter().copied().zip(scores.iter().copied()).rev().unzip();
        prop_assert_eq!(roc_auc(&labels, &scores), roc_auc(&turned_labels, &turned));
        prop_assert_eq!(average_precision(&labels, &scores), average_precision(&turned_labels, &turned));
        prop_assert_eq!(precision_at_n(&labels, &scores, n), precision_at_n(&turned_labels, &turned, n));
    }
}
