//! What is counted of predictions, and of the model that made them.

use isoforest_service::telemetry::{Reason, ReloadOutcome};
use ndarray::Array2;

use crate::bench::{Bench, model, model_named, training};
use crate::openmetrics::Scrape;

#[test]
fn counts_add_up_exactly_after_a_mixture_of_requests() {
    let (bench, first, second) = (Bench::new(), model(2), model(3));
    let train = training(2);
    bench.metrics.model_loaded(&first);
    for (row, _) in train.rows().into_iter().zip(0..7) {
        bench.predict(&first, row.insert_axis(ndarray::Axis(0)), true);
    }
    bench.predict(&first, train.view(), false);
    (0..5).for_each(|_| bench.metrics.model_information());
    (0..3).for_each(|_| bench.metrics.refused(Reason::FeatureCount));
    bench.metrics.refused(Reason::Syntax);
    bench.metrics.reload(ReloadOutcome::Failure);

    let scrape = bench.scrape();
    let outliers = first.file().profile().outliers as f64;
    assert!(outliers > 0.0 && outliers < 101.0);
    assert_eq!(scrape.value("predictions_total"), 8.0);
    assert_eq!(scrape.value("predictions_latency_count"), 8.0);
    assert!((scrape.value("predictions_latency_sum") - 8.0 * 20e-6).abs() < 1e-12);
    assert_eq!(scrape.value("predictions_scores_count"), 7.0, "only where the score was asked for");
    assert!(scrape.value("predictions_scores_sum") > 7.0 * 0.3);
    assert_eq!(scrape.value("predictions_output_count"), 108.0);
    let inliers = scrape.value("prediction_rows_total{result=\"inlier\"}");
    assert_eq!(scrape.value("predictions_output_sum"), inliers);
    assert_eq!(scrape.value("prediction_rows_total{result=\"outlier\"}"), 108.0 - inliers);
    assert_eq!(scrape.value("predictions_output_bucket{le=\"0.0\"}"), 108.0 - inliers);
    assert_eq!(scrape.value("model_info_total"), 5.0);
    assert_eq!(scrape.value("prediction_errors_total{reason=\"feature_count\"}"), 3.0);
    assert_eq!(scrape.sum("prediction_errors_total", ""), 4.0);
    assert_eq!(scrape.value("anomaly_model_reloads_total{result=\"failure\"}"), 1.0);
    assert_eq!(scrape.value("anomaly_model_expected_outlier_ratio"), outliers / 101.0);
    for feature in ["feature=\"f0\"", "feature=\"f1\""] {
        assert_eq!(scrape.sum("anomaly_feature_bin_total", feature), 108.0);
    }
    assert_eq!(scrape.sum("anomaly_score_bin_total", ""), 108.0);
    assert_eq!(scrape.sum("feature_out_of_range_total", ""), 0.0);
    assert_eq!(
        scrape.value(&format!("anomaly_model_info{{sha256={:?},version={:?}}}", first.sha256(), first.version())),
        1.0
    );

    bench.metrics.reload(ReloadOutcome::Success);
    bench.metrics.model_loaded(&second);
    bench.predict(&first, train.view(), false); // began before the reload
    bench.predict(&second, training(3).view(), false);
    let scrape = bench.scrape();
    assert_eq!(scrape.value("predictions_total"), 10.0, "what is not the model's goes on");
    assert_eq!(scrape.value("predictions_output_count"), 310.0);
    assert_eq!(scrape.value("anomaly_model_reloads_total{result=\"success\"}"), 1.0);
    assert_eq!(scrape.sum("anomaly_feature_bin_total", "feature=\"f0\""), 101.0, "the new model's rows only");
    assert_eq!(scrape.sum("anomaly_feature_bin_total", "feature=\"f2\""), 101.0);
    assert_eq!(scrape.sum("anomaly_score_bin_total", ""), 101.0);
    assert_eq!(scrape.sum("anomaly_model_info", ""), 1.0);
}

#[test]
fn features_that_a_new_model_lacks_lose_their_series() {
    let bench = Bench::new();
    bench.metrics.model_loaded(&model_named(&training(2), &["old", "kept"]));
    assert!(bench.text().contains("feature=\"old\""));
    bench.metrics.model_loaded(&model_named(&training(1), &["kept"]));
    assert!(!bench.text().contains("feature=\"old\""));
    assert!(bench.text().contains("feature=\"kept\""));
}

#[test]
fn drift_follows_from_the_series_alone() {
    let (bench, model) = (Bench::new(), model(2));
    bench.metrics.model_loaded(&model);
    bench.predict(&model, training(2).view(), false);
    let drift = psi(&bench.scrape(), "f0");
    assert!(drift.abs() < 1e-9, "the training data have not drifted from themselves: {drift}");

    // Everything in the two lowest bins but for a tenth that is missing, and half of those below the range.
    let mut rows = Array2::from_elem((900, 2), 10.0);
    rows.slice_mut(ndarray::s![..450, 0]).fill(-5.0);
    rows.slice_mut(ndarray::s![..90, 0]).fill(f64::NAN);
    bench.metrics.model_loaded(&model);
    bench.predict(&model, rows.view(), false);
    let scrape = bench.scrape();
    assert_eq!(scrape.value("anomaly_feature_bin_total{bin=\"missing\",feature=\"f0\"}"), 90.0);
    assert_eq!(scrape.value("anomaly_feature_bin_total{bin=\"0\",feature=\"f0\"}"), 810.0);
    assert_eq!(scrape.value("feature_out_of_range_total{feature=\"f0\"}"), 360.0);
    let expected: f64 = scrape.value("anomaly_feature_bin_expected_ratio{bin=\"0\",feature=\"f0\"}");
    let term = |p: f64, q: f64| (p - q) * (p / q).ln();
    let others: f64 = (1..10)
        .map(|bin| scrape.value(&format!("anomaly_feature_bin_expected_ratio{{bin=\"{bin}\",feature=\"f0\"}}")))
        .map(|q| term(1e-4, q))
        .sum();
    let by_hand = term(0.9, expected) + others + term(0.1, 1e-4);
    assert!((psi(&scrape, "f0") - by_hand).abs() < 1e-12);
}

/// The population stability index as the recording rule computes it.
fn psi(scrape: &Scrape, feature: &str) -> f64 {
    let label = format!("feature={feature:?}}}");
    let all = scrape.sum("anomaly_feature_bin_total", &label);
    let bins = scrape
        .series
        .iter()
        .filter(|(series, _)| series.starts_with("anomaly_feature_bin_total{") && series.ends_with(&label));
    let terms = bins.map(|(series, count)| {
        let q = scrape.series[&series.replace("_total", "_expected_ratio")].max(1e-4);
        let p = (count / all).max(1e-4);
        (p - q) * (p / q).ln()
    });
    terms.sum()
}

#[test]
fn a_feature_that_training_lacked_altogether_is_watched_too() {
    let mut train = training(2);
    train.column_mut(1).fill(f64::NAN);
    train.column_mut(0)[3] = f64::NAN;
    let (bench, model) = (Bench::new(), model_named(&train, &["a", "b"]));
    bench.metrics.model_loaded(&model);
    bench.predict(&model, ndarray::array![[1.0, f64::NAN], [2.0, 7.0]].view(), false);
    let scrape = bench.scrape();
    assert_eq!(scrape.value("anomaly_feature_bin_expected_ratio{bin=\"missing\",feature=\"b\"}"), 1.0);
    assert_eq!(scrape.value("anomaly_feature_bin_total{bin=\"0\",feature=\"b\"}"), 1.0);
    assert_eq!(scrape.value("anomaly_feature_bin_total{bin=\"missing\",feature=\"b\"}"), 1.0);
    assert_eq!(scrape.value("feature_out_of_range_total{feature=\"b\"}"), 1.0);
    for feature in ["feature=\"a\"", "feature=\"b\""] {
        assert!((scrape.sum("anomaly_feature_bin_expected_ratio", feature) - 1.0).abs() < 1e-12);
    }
    assert!((scrape.sum("anomaly_score_bin_expected_ratio", "") - 1.0).abs() < 1e-12);
}
