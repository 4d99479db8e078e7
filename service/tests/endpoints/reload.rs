//! POST /v2/repository/models/{m}/load.

use std::fs;

use isoforest_service::configuration::Settings;
use serde_json::json;

use crate::bench::{Answer, Bench, bearer, write_model};

const PATH: &str = "/v2/repository/models/isoforest/load";
const TOKEN: &str = "a-token-of-tests";

fn with_token() -> Bench {
    Bench::with(|settings| Settings { reload_token: Some(TOKEN.to_owned()), ..settings })
}

fn load(bench: &Bench, path: &'static str) -> Answer {
    bench.client.post(path).header(bearer(TOKEN)).dispatch().into()
}

fn version(bench: &Bench) -> String {
    bench.get("/model_information").value()["model"]["version"].as_str().unwrap().to_owned()
}

#[test]
fn without_a_token_reloading_is_off() {
    let bench = Bench::new();
    assert!(load(&bench, PATH).error(403).starts_with("reloading over HTTP is off"));
    bench.post(PATH, "").error(401);
}

#[test]
fn only_the_token_allows_a_reload() {
    let bench = with_token();
    for value in
        ["", TOKEN, "Bearer", "Bearer ", "Bearer a-token-of-test", "Bearer a-token-of-testsx", "Basic a-token-of-tests"]
    {
        let request = bench.client.post(PATH).header(rocket::http::Header::new("Authorization", value));
        let answer: Answer = request.dispatch().into();
        answer.error(401);
        assert_eq!(answer.header("WWW-Authenticate"), Some("Bearer"), "{value}");
    }
    bench.post(PATH, "{}").error(401);
    assert_eq!(bench.metric("anomaly_model_reloads_total{result=\"success\"}"), 0.0);
    assert_eq!(load(&bench, PATH).status, 200);
    load(&bench, "/v2/repository/models/other/load").error(404);
}

#[test]
fn a_new_file_serves_from_the_answer_on() {
    let bench = with_token();
    let before = version(&bench);
    write_model(bench.app.store.path(), &["mean", "sd", "count"], 17);
    assert_eq!(version(&bench), before, "nothing happens by itself");
    let answer = load(&bench, PATH).value();
    let after = version(&bench);
    assert_ne!(after, before);
    assert_eq!(answer, json!({"name": "isoforest", "version": after}));
    assert_eq!(bench.post("/prediction", r#"{"feature_vector":[1,2,3]}"#).status, 200);
    bench.post("/prediction", r#"{"feature_vector":[1,2]}"#).error(422);
    assert_eq!(bench.metric("anomaly_model_reloads_total{result=\"success\"}"), 1.0);
    assert!(bench.get("/metrics").text.contains(&format!("version=\"{after}\"")));
}

#[test]
fn a_bad_file_leaves_the_model_that_serves() {
    let bench = with_token();
    let before = version(&bench);
    let path = bench.app.store.path().to_owned();
    let good = fs::read_to_string(&path).unwrap();
    for bad in ["", "{}", &good[..good.len() / 2], &good.replace("\"left\"", "\"list\"")] {
        fs::write(&path, bad).unwrap();
        let error = load(&bench, PATH).error(409);
        assert!(error.starts_with(
            "the model file cannot be used, and the model before it serves on: cannot use the model file"
        ));
        assert_eq!(version(&bench), before);
    }
    fs::remove_file(&path).unwrap();
    assert!(load(&bench, PATH).error(409).contains("cannot read the model file"));
    assert_eq!(bench.post("/prediction", r#"{"feature_vector":[1,2]}"#).status, 200);
    assert_eq!(bench.metric("anomaly_model_reloads_total{result=\"failure\"}"), 5.0);
}

#[test]
fn an_unchanged_file_keeps_the_model_and_its_counts() {
    let bench = with_token();
    bench.post("/prediction", r#"{"feature_vector":[1000,2]}"#);
    let out_of_range = "feature_out_of_range_total{feature=\"mean\"}";
    assert_eq!(load(&bench, PATH).status, 200);
    assert_eq!(bench.metric(out_of_range), 1.0);
    write_model(bench.app.store.path(), &["mean", "sd"], 17);
    assert_eq!(load(&bench, PATH).status, 200);
    assert_eq!(bench.metric(out_of_range), 0.0, "another model counts from zero");
}
