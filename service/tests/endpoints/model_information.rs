//! GET /model_information.

use std::path::Path;
use std::sync::Arc;

use isoforest_service::model_store::ServedModel;
use serde_json::{Value, json};

use crate::bench::{Bench, write_extended_model, write_guided_model};

#[test]
fn the_nine_parameters_stand_at_the_top_as_scikit_learn_gives_them() {
    let bench = Bench::new();
    let mut information = bench.get("/model_information").value();
    let model = information.as_object_mut().unwrap().remove("model").unwrap();
    assert_eq!(
        information,
        json!({
            "bootstrap": false, "contamination": 0.05, "max_features": 1.0, "max_samples": "auto", "n_estimators": 20,
            "n_jobs": null, "random_state": 16, "verbose": 0, "warm_start": false,
        })
    );
    let served = bench.app.store.current().unwrap();
    assert_eq!(model["sha256"], json!(served.sha256()));
    assert_eq!(model["version"], json!(&served.sha256()[..12]));
    assert_eq!(model["created_at"], json!(served.file().created_at()));
    assert_eq!(model["offset"], json!(served.forest().offset()));
    assert_eq!(model["feature_names"], json!(["mean", "sd"]));
    let numbers =
        ["format_version", "n_features", "max_samples", "training_rows"].map(|name| model[name].as_u64().unwrap());
    assert_eq!(numbers, [1, 2, 101, 101]);
    assert_eq!(model["detector"], json!({"name": "standard"}));
    assert_eq!(bench.metric("model_info_total"), 1.0);
}

#[test]
fn a_model_of_another_detector_is_served_and_explained() {
    assert_served(write_extended_model, &json!({"name": "extended", "extension_level": 1}));
    let guided = json!({"name": "guided", "pooled_gain": 0.0, "average_gain": 0.5, "column_weights": "kurtosis", "score": "density"});
    assert_served(write_guided_model, &guided);
}

fn assert_served(write: fn(&Path), detector: &Value) {
    let bench = Bench::new();
    write(bench.app.store.path());
    let model = Arc::new(ServedModel::read(bench.app.store.path()).unwrap());
    bench.app.store.replace(model.clone());

    let information = bench.get("/model_information").value();
    assert_eq!(&information["model"]["detector"], detector);
    assert_eq!(information["model"]["format_version"], json!(2));
    assert!(information.get("detector").is_none());

    let request = r#"{"feature_vector":[60,null],"score":true,"explain":true}"#;
    let answer = bench.post("/prediction", request).value();
    let row = ndarray::array![[60.0, f64::NAN]];
    assert_eq!(answer["anomaly_score"], json!(model.forest().score_samples(row.view()).unwrap()[0]));
    let sum: f64 =
        answer["explanation"].as_array().unwrap().iter().map(|entry| entry["contribution"].as_f64().unwrap()).sum();
    let path_length = model.explainer().mean_path_lengths(row.view()).unwrap()[0];
    assert!((sum - (model.explainer().expected_path_length() - path_length)).abs() < 1e-9, "{answer}");
}

#[test]
fn the_hash_is_that_of_the_file() {
    use sha2::{Digest, Sha256};
    let bench = Bench::new();
    let digest = Sha256::digest(std::fs::read(bench.app.store.path()).unwrap());
    let hex = digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    assert_eq!(bench.get("/model_information").value()["model"]["sha256"], json!(hex));
}
