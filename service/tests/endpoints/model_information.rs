//! GET /model_information.

use serde_json::json;

use crate::bench::Bench;

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
fn the_hash_is_that_of_the_file() {
    use sha2::{Digest, Sha256};
    let bench = Bench::new();
    let digest = Sha256::digest(std::fs::read(bench.app.store.path()).unwrap());
    let hex = digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    assert_eq!(bench.get("/model_information").value()["model"]["sha256"], json!(hex));
}
