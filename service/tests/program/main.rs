//! The program itself: started on a free port, told things by signals, asked over the network.

mod clients;
mod running;
mod settings;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{fs, thread};

use isoforest::{IsolationForest, ModelFile, TrainingProfile};
use ndarray::Array2;
use serde_json::{Value, json};

use crate::running::{Running, get, post, send};

const TOKEN: &str = "a-token-of-tests";
const LOAD: &str = "/v2/repository/models/isoforest/load";

/// A folder with a model.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_model(&folder.path().join("model.json"), 16);
    folder
}

fn write_model(path: &Path, seed: u32) {
    let train = Array2::from_shape_fn((100, 2), |(i, j)| if i == 0 { 60.0 } else { (i * (31 + j) % 97) as f64 / 97.0 });
    let forest = IsolationForest::builder().n_estimators(20).random_state(seed).fit(train.view()).unwrap();
    let profile = TrainingProfile::new(&forest, train.view()).unwrap();
    ModelFile::new(forest, profile).write(path).unwrap();
}

/// The program, to be ended by itself, without any of its variables.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isoforest-service"));
    for variable in ["ISOFOREST_MODEL", "ISOFOREST_RELOAD_TOKEN", "ROCKET_ADDRESS", "ROCKET_PORT"] {
        command.env_remove(variable);
    }
    command
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn version(service: &Running) -> String {
    let information: Value = serde_json::from_str(&get(service.address, "/model_information").body).unwrap();
    information["model"]["version"].as_str().unwrap().to_owned()
}

/// Waits until something holds.
fn eventually(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if holds() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("not within ten seconds: {what}");
}

#[test]
fn it_answers_logs_and_ends_with_0() {
    let folder = folder();
    let service = Running::start(&folder.path().join("model.json"), &[]);
    let answer = post(service.address, "/prediction", r#"{"feature_vector":[60,60],"score":true}"#);
    assert_eq!(answer.status, 200);
    assert_eq!(serde_json::from_str::<Value>(&answer.body).unwrap()["is_inlier"], json!(-1));
    let id = answer.header("x-request-id").unwrap().to_owned();
    let (status, lines) = service.end("TERM");
    assert_eq!(status, Some(0));
    let line = lines.iter().find(|line| line["request_id"] == *id).expect("a line of the log has the answer's name");
    assert_eq!(
        (&line["method"], &line["route"], &line["status"]),
        (&json!("POST"), &json!("/prediction"), &json!(200))
    );
    assert!(lines.iter().any(|line| line["message"] == "every request is answered; good bye"), "{lines:?}");
}

#[test]
fn an_interrupt_ends_it_as_well() {
    let folder = folder();
    assert_eq!(Running::start(&folder.path().join("model.json"), &[]).end("INT").0, Some(0));
}

#[test]
fn a_hangup_reloads_and_a_bad_file_changes_nothing() {
    let folder = folder();
    let path = folder.path().join("model.json");
    let service = Running::start(&path, &[]);
    let first = version(&service);
    write_model(&path, 17);
    service.signal("HUP");
    eventually("the second model serves", || version(&service) != first);
    let second = version(&service);
    fs::write(&path, "{}").unwrap();
    service.signal("HUP");
    let failures = "anomaly_model_reloads_total{result=\"failure\"} 1";
    eventually("the failure is counted", || get(service.address, "/metrics").body.contains(failures));
    assert_eq!(version(&service), second);
    assert_eq!(get(service.address, "/health/ready").status, 200);
    let (status, lines) = service.end("TERM");
    assert_eq!(status, Some(0));
    let bad = |line: &Value| line["level"] == "error" && line["message"].as_str().unwrap().contains("not a model file");
    assert!(lines.iter().any(bad), "{lines:?}");
}

#[test]
fn no_request_fails_while_models_change() {
    let folder = folder();
    let path = folder.path().join("model.json");
    let service = Running::start(&path, &[("ISOFOREST_RELOAD_TOKEN", TOKEN)]);
    let body = r#"{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP64","data":[60,60]}]}"#;
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let ask = || {
            let mut answered = 0;
            while !done.load(Ordering::Relaxed) {
                let answer = post(service.address, "/v2/models/isoforest/infer", body);
                assert_eq!(answer.status, 200, "{}", answer.body);
                let value: Value = serde_json::from_str(&answer.body).unwrap();
                assert_eq!(value["outputs"][0]["data"], json!([-1]));
                answered += 1;
            }
            answered
        };
        let clients: Vec<_> = (0..3).map(|_| scope.spawn(ask)).collect();
        for seed in 0..20 {
            write_model(&path, seed);
            let answer = send(service.address, "POST", LOAD, &[("Authorization", &format!("Bearer {TOKEN}"))], "");
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
        done.store(true, Ordering::Relaxed);
        assert!(clients.into_iter().all(|client| client.join().unwrap() > 0));
    });
    assert_eq!(send(service.address, "POST", LOAD, &[("Authorization", "Bearer another-token-xx")], "").status, 401);
}

#[test]
fn a_request_in_work_is_answered_while_health_says_that_it_ends() {
    let folder = folder();
    let service = Running::start(&folder.path().join("model.json"), &[]);
    let body = r#"{"feature_vector":[0.5,0.5]}"#;
    let mut slow = TcpStream::connect(service.address).unwrap();
    let head = format!(
        "POST /prediction HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    // The handler has the first half of the body and waits for the other.
    slow.write_all(head.as_bytes()).unwrap();
    slow.write_all(&body.as_bytes()[..20]).unwrap();
    eventually("the request is in work", || {
        get(service.address, "/metrics").body.contains("http_requests_in_flight 2")
    });
    service.signal("TERM");
    eventually("health turns", || get(service.address, "/health/ready").status == 503);
    eventually("the door closes", || TcpStream::connect(service.address).is_err());
    slow.write_all(&body.as_bytes()[20..]).unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with(r#"{"is_inlier":1}"#), "{answer}");
    assert_eq!(service.wait().0, Some(0));
}
