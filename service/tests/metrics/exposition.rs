//! The text of a scrape.

use rocket::http::{Accept, Header, Status};

use crate::bench::{Bench, model, model_named, training};
use crate::promtool;

#[test]
fn every_family_has_its_name_and_type() {
    let (bench, model) = (Bench::new(), model(2));
    bench.metrics.model_loaded(&model);
    bench.text(); // the first scrape makes the series of /metrics, and what follows sees them
    let families: Vec<_> = bench.scrape().families.into_iter().collect();
    let expected = [
        ("anomaly_feature_bin", "counter"),
        ("anomaly_feature_bin_expected_ratio", "gauge"),
        ("anomaly_model_expected_outlier_ratio", "gauge"),
        ("anomaly_model_features", "gauge"),
        ("anomaly_model_features_watched", "gauge"),
        ("anomaly_model_info", "gauge"),
        ("anomaly_model_loaded_timestamp_seconds", "gauge"),
        ("anomaly_model_reloads", "counter"),
        ("anomaly_model_trained_timestamp_seconds", "gauge"),
        ("anomaly_score_bin", "counter"),
        ("anomaly_score_bin_expected_ratio", "gauge"),
        ("feature_out_of_range", "counter"),
        ("http_request_duration_seconds", "histogram"),
        ("http_requests", "counter"),
        ("http_requests_in_flight", "gauge"),
        ("isoforest_build_info", "gauge"),
        ("log_lines_dropped", "counter"),
        ("model_info", "counter"),
        ("prediction_errors", "counter"),
        ("prediction_rows", "counter"),
        ("predictions", "counter"),
        ("predictions_latency", "histogram"),
        ("predictions_output", "histogram"),
        ("predictions_scores", "histogram"),
        ("process_cpu_seconds", "counter"),
        ("process_max_fds", "gauge"),
        ("process_open_fds", "gauge"),
        ("process_resident_memory_bytes", "gauge"),
        ("process_start_time_seconds", "gauge"),
        ("process_threads", "gauge"),
        ("process_virtual_memory_bytes", "gauge"),
        ("process_virtual_memory_max_bytes", "gauge"),
    ];
    assert_eq!(families, expected.map(|(name, kind)| (name.to_owned(), kind.to_owned())));
}

#[test]
fn no_client_and_no_model_makes_series_without_end() {
    let (bench, narrow, wide) = (Bench::new(), model(20), model(500));
    for n in 0..300 {
        bench.client.get(format!("/items/{n}")).dispatch();
        bench.client.get(format!("/items/{n}x?query={n}")).dispatch();
        bench.client.delete(format!("/made/up/{n}")).dispatch();
        bench.client.head(format!("/items/{n}")).dispatch();
        bench.client.patch("/metrics").dispatch();
    }
    bench.metrics.model_loaded(&narrow);
    let scrape = bench.scrape();
    assert!(scrape.series.len() < 800, "{} series", scrape.series.len());
    assert_eq!(scrape.value("anomaly_model_features_watched"), 20.0);

    bench.metrics.model_loaded(&wide);
    bench.predict(&wide, training(500).view(), false);
    let scrape = bench.scrape();
    assert!(scrape.series.len() < 1_000, "{} series", scrape.series.len());
    assert_eq!(scrape.value("anomaly_model_features"), 500.0);
    let watched = scrape.value("anomaly_model_features_watched");
    assert!((20.0..40.0).contains(&watched), "{watched}");
    assert_eq!(scrape.sum("feature_out_of_range_total", ""), 0.0);
    assert_eq!(scrape.sum("anomaly_feature_bin_total", ""), watched * 101.0);
}

#[test]
fn metrics_come_as_openmetrics_unless_plain_text_is_asked_for() {
    let bench = Bench::new();
    let openmetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let prometheus = "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let kinds = [
        (None, openmetrics),
        (Some("*/*"), openmetrics),
        (Some("text/html,application/xhtml+xml,*/*;q=0.8"), openmetrics),
        (Some(prometheus), openmetrics),
        (Some("text/plain"), "text/plain; version=0.0.4; charset=utf-8"),
    ];
    for path in ["/metrics", "/metrics/"] {
        for (accept, expected) in kinds {
            let mut request = bench.client.get(path);
            if let Some(accept) = accept {
                request.add_header(Header::new("Accept", accept));
            }
            let answer = request.dispatch();
            assert_eq!(answer.status(), Status::Ok, "{path}");
            assert_eq!(answer.headers().get_one("Content-Type"), Some(expected), "{path} {accept:?}");
        }
    }
}

#[test]
fn promtool_takes_the_text_whatever_features_are_called() {
    let names = ["plain", "with \"quotes\"", "line\nfeed", "back\\slash", "größe", "a{b=\"c\"} 1", ""];
    let (bench, model) = (Bench::new(), model_named(&training(names.len()), &names));
    bench.metrics.model_loaded(&model);
    bench.predict(&model, training(names.len()).view(), true);
    bench.client.get("/items/7").dispatch();
    let scrape = bench.scrape();
    assert_eq!(scrape.sum("anomaly_feature_bin_total", ""), 101.0 * names.len() as f64);
    let plain = bench.client.get("/metrics").header(Accept::Plain).dispatch().into_string().unwrap();
    assert_eq!(promtool::complaints(&plain), None);
}
