//! Settings, good and bad, and what the program does besides serving.

use std::fs;

use crate::running::Running;
use crate::{error, folder, program};

#[test]
fn a_model_that_cannot_be_used_ends_it_with_1_and_a_message() {
    let folder = folder();
    let path = folder.path().join("model.json");
    for (content, message) in [
        (None, "isoforest-service: cannot read the model file "),
        (Some(""), "the model file is empty"),
        (Some("{\"format\":\"other\",\"format_version\":1}"), "field `format` is \"other\"; expected \"isoforest\""),
    ] {
        match content {
            None => fs::remove_file(&path).unwrap(),
            Some(content) => fs::write(&path, content).unwrap(),
        }
        let output = program().arg("--model").arg(&path).env("ROCKET_PORT", "0").output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let error = error(&output);
        assert!(error.contains(message) && error.contains("model.json") && error.lines().count() == 1, "{error}");
    }
}

#[test]
fn settings_that_cannot_be_used_are_named() {
    let folder = folder();
    let path = folder.path().join("model.json");
    let with = |variable: &str, value: &str| {
        let output = program().arg("--model").arg(&path).env("ROCKET_PORT", "0").env(variable, value).output().unwrap();
        assert!(!output.status.success());
        error(&output)
    };
    assert!(with("ROCKET_PORT", "eighty").contains("a ROCKET_ variable cannot be used: "));
    assert!(
        with("ISOFOREST_RELOAD_TOKEN", "short").contains("the reload token has 5 characters; expected at least 16")
    );
    assert!(with("ISOFOREST_RELOAD_TOKEN_FILE", "/nothing/here").contains("cannot read the token file /nothing/here"));
    assert!(with("ISOFOREST_MAX_BATCHES", "0").contains("--max-batches is 0; expected at least 1"));
    let none = program().output().unwrap();
    assert_eq!(none.status.code(), Some(2));
    assert!(error(&none).contains("--model <PATH>"), "{}", error(&none));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let folder = folder();
    let service = Running::start(&folder.path().join("model.json"), &[]);
    let mut second = program();
    let port = service.address.port().to_string();
    let output = second.arg("--model").arg(folder.path().join("model.json")).env("ROCKET_PORT", port).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let expected = format!("isoforest-service: cannot listen on {}: ", service.address);
    assert!(error(&output).starts_with(&expected), "{}", error(&output));
}

#[test]
fn the_health_check_tells_ready_from_not() {
    let folder = folder();
    let service = Running::start(&folder.path().join("model.json"), &[]);
    let port = service.address.port().to_string();
    let check = || program().arg("healthcheck").env("ROCKET_PORT", &port).output().unwrap();
    assert_eq!(check().status.code(), Some(0));
    assert_eq!(service.end("TERM").0, Some(0));
    let output = check();
    assert_eq!(output.status.code(), Some(1));
    assert!(error(&output).starts_with("isoforest-service: no answer from 127.0.0.1:"), "{}", error(&output));
}

#[test]
fn it_tells_its_version() {
    let output = program().arg("--version").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), concat!("isoforest-service ", env!("CARGO_PKG_VERSION"), "\n"));
}
