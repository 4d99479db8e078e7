//! The whole service: what its endpoints answer is what the metrics count.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use isoforest_service::configuration::{Settings, figment};
use isoforest_service::startup::build;
use isoforest_service::state::App;
use isoforest_service::telemetry::{Log, Metrics};
use rocket::http::{ContentType, Header};
use rocket::local::blocking::Client;

use crate::bench::{model_file, training};
use crate::openmetrics::Scrape;

const TOKEN: &str = "a-long-test-token";

fn write_model(path: &Path, n_features: usize) {
    let names: Vec<_> = (0..n_features).map(|feature| format!("f{feature}")).collect();
    model_file(&training(n_features), &names).write(path).unwrap();
}

fn start(path: &Path) -> (Client, Arc<App>) {
    let metrics = Arc::new(Metrics::new());
    let log = Arc::new(Log::new(std::io::sink(), &metrics).unwrap());
    let settings = Settings { reload_token: Some(TOKEN.to_owned()), ..Settings::new(path) };
    let app = Arc::new(App::new(&settings, metrics, log).unwrap());
    let client = Client::untracked(build(figment(), &app)).unwrap();
    while app.store.current().is_none() {
        assert_eq!(app.failure(), None);
        std::thread::sleep(Duration::from_millis(1));
    }
    (client, app)
}

#[test]
fn counts_are_what_the_endpoints_answered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    write_model(&path, 2);
    let (client, app) = start(&path);
    let post = |path: &str, kind: ContentType, body: &str| {
        client.post(path.to_owned()).header(kind).body(body).dispatch().status().code
    };
    let reload = || {
        let token = Header::new("Authorization", format!("Bearer {TOKEN}"));
        client.post("/v2/repository/models/isoforest/load").header(token).dispatch().status().code
    };
    let infer = r#"{"inputs":[{"name":"x","shape":[2,2],"datatype":"FP64","data":[1,2,3,4]}]}"#;
    let json = || ContentType::JSON;
    assert_eq!(post("/prediction", json(), r#"{"feature_vector":[1,2]}"#), 200);
    assert_eq!(post("/prediction", json(), r#"{"feature_vector":[1,null],"score":true}"#), 200);
    assert_eq!(post("/prediction", json(), r#"{"feature_vector":[1,-2],"explain":true}"#), 200);
    assert_eq!(post("/predictions", json(), r#"{"feature_vectors":[[1,2],[3,4],[5,6e3]],"score":true}"#), 200);
    assert_eq!(post("/predictions", ContentType::CSV, "f0,f1\n1,2\n3,4\n"), 200);
    assert_eq!(post("/v2/models/isoforest/infer", json(), infer), 200);
    assert_eq!(post("/prediction", json(), "{"), 400);
    assert_eq!(post("/prediction", json(), r#"{"feature_vector":[1]}"#), 422);
    assert_eq!(post("/prediction", json(), r#"{"feature_vector":[1,2],"more":1}"#), 422);
    assert_eq!(post("/prediction", json(), r#"{"feature_vector":[1,1e300]}"#), 422);
    assert_eq!(post("/predictions", ContentType::HTML, "1"), 415);
    assert_eq!(client.get("/prediction").dispatch().status().code, 405);
    assert_eq!(client.get("/model_information").dispatch().status().code, 200);
    assert_eq!(client.get("/nothing").dispatch().status().code, 404);
    assert_eq!(reload(), 200); // the same file

    let scrape = Scrape::read(&client.get("/metrics").dispatch().into_string().unwrap()).unwrap();
    assert_eq!(scrape.value("predictions_total"), 6.0);
    assert_eq!(scrape.value("predictions_latency_count"), 6.0);
    assert_eq!(scrape.value("predictions_output_count"), 10.0);
    assert_eq!(scrape.sum("prediction_rows_total", ""), 10.0);
    assert_eq!(
        scrape.value("predictions_scores_count"),
        6.0,
        "one, three, and two of the protocol that always has scores"
    );
    assert_eq!(scrape.value("model_info_total"), 1.0);
    for (reason, count) in
        [("syntax", 1.0), ("feature_count", 1.0), ("schema", 1.0), ("number", 1.0), ("media_type", 1.0)]
    {
        assert_eq!(scrape.value(&format!("prediction_errors_total{{reason={reason:?}}}")), count, "{reason}");
    }
    assert_eq!(scrape.sum("prediction_errors_total", ""), 5.0);
    assert_eq!(scrape.sum("anomaly_feature_bin_total", "feature=\"f1\""), 10.0);
    assert_eq!(scrape.value("anomaly_feature_bin_total{bin=\"missing\",feature=\"f1\"}"), 1.0);
    assert_eq!(scrape.sum("anomaly_score_bin_total", ""), 10.0);
    assert_eq!(scrape.value("feature_out_of_range_total{feature=\"f1\"}"), 2.0);
    assert_eq!(scrape.value("feature_out_of_range_total{feature=\"f0\"}"), 0.0);
    let requests = |labels: &str| scrape.value(&format!("http_requests_total{{{labels}}}"));
    assert_eq!(requests("code=\"200\",method=\"POST\",route=\"/prediction\""), 3.0);
    assert_eq!(requests("code=\"422\",method=\"POST\",route=\"/prediction\""), 3.0);
    assert_eq!(requests("code=\"405\",method=\"GET\",route=\"unmatched\""), 1.0);
    assert_eq!(requests("code=\"404\",method=\"GET\",route=\"unmatched\""), 1.0);
    assert_eq!(scrape.sum("http_requests_total", ""), 15.0);
    assert!(scrape.series.len() < 1_000, "{} series", scrape.series.len());

    std::fs::write(&path, "no model").unwrap();
    assert_eq!(reload(), 409);
    write_model(&path, 3);
    assert_eq!(reload(), 200);
    assert_eq!(post("/prediction", json(), r#"{"feature_vector":[1,2,3]}"#), 200);
    let scrape = Scrape::read(&client.get("/metrics").dispatch().into_string().unwrap()).unwrap();
    assert_eq!(scrape.value("anomaly_model_reloads_total{result=\"success\"}"), 2.0);
    assert_eq!(scrape.value("anomaly_model_reloads_total{result=\"failure\"}"), 1.0);
    assert_eq!(scrape.value("predictions_total"), 7.0);
    for feature in ["feature=\"f0\"", "feature=\"f1\"", "feature=\"f2\""] {
        assert_eq!(scrape.sum("anomaly_feature_bin_total", feature), 1.0, "{feature}");
    }
    let model = app.store.current().unwrap();
    let labels = format!("sha256={:?},version={:?}", model.sha256(), model.version());
    assert_eq!(scrape.value(&format!("anomaly_model_info{{{labels}}}")), 1.0);
}
