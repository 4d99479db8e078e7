//! GET /health/live and /health/ready, and what a service without a model answers.

use std::thread;
use std::time::Duration;

use isoforest_service::configuration::Settings;
use serde_json::json;

use crate::bench::{Answer, Bench};

#[test]
fn a_service_with_a_model_is_live_and_ready() {
    let bench = Bench::new();
    assert_eq!(bench.get("/health/live").value(), json!({"live": true}));
    assert_eq!(bench.get("/health/ready").value(), json!({"ready": true}));
    assert_eq!(bench.get("/v2/health/live").value(), json!({"live": true}));
    assert_eq!(bench.get("/v2/health/ready").value(), json!({"ready": true}));
}

#[test]
fn without_a_model_it_lives_but_is_not_ready() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Settings::new(folder.path().join("missing.json"));
    let bench = Bench::unready(folder, &missing);
    assert_eq!(bench.get("/health/live").status, 200);
    let answers: [Answer; 8] = [
        bench.get("/health/ready"),
        bench.get("/v2/health/ready"),
        bench.get("/v2/models/isoforest"),
        bench.get("/v2/models/isoforest/ready"),
        bench.get("/model_information"),
        bench.post("/prediction", r#"{"feature_vector":[1,2]}"#),
        bench.post("/predictions", r#"{"feature_vectors":[[1,2]]}"#),
        bench.post("/v2/models/isoforest/infer", "{}"),
    ];
    for answer in answers {
        assert_eq!(answer.error(503), "the service is not ready: the model is being loaded");
        assert_eq!(answer.header("Retry-After"), Some("1"));
    }
    assert_eq!(bench.metric("prediction_errors_total{reason=\"not_ready\"}"), 3.0);
    assert_eq!(bench.get("/openapi.json").status, 200);
}

#[test]
fn while_shutting_down_it_is_not_ready_but_answers() {
    let bench = Bench::new();
    bench.app.end();
    for path in ["/health/ready", "/v2/health/ready", "/v2/models/isoforest/ready"] {
        assert_eq!(bench.get(path).error(503), "the service is not ready: it is shutting down");
    }
    assert_eq!(bench.get("/health/live").status, 200);
    assert_eq!(bench.post("/prediction", r#"{"feature_vector":[1,2]}"#).status, 200);
}

#[test]
fn a_first_model_that_is_none_ends_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    std::fs::write(&path, "{}").unwrap();
    let bench = Bench::unready(folder, &Settings::new(path));
    for _ in 0..1_000 {
        if let Some(message) = bench.app.failure() {
            assert!(
                message.starts_with("cannot use the model file ") && message.contains("model.json: not a model file")
            );
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("nothing happened");
}
