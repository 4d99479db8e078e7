//! The program `replay` as its user meets it.

mod stand_in;

use std::{
    collections::HashSet,
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::stand_in::{StandIn, sound};

const ROWS: &str = "a,b\n1,2\n,0.30000000000000004\n7,-1e-7\n";

/// A folder whose data/test.csv has the content `rows`.
fn folder(rows: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(folder.path().join("data/test.csv"), rows).unwrap();
    folder
}

fn many_rows(n: usize) -> TempDir {
    let rows: Vec<String> = (0..n).map(|i| format!("{},{i}\n", i % 5)).collect();
    folder(&format!("a,b\n{}", rows.concat()))
}

fn command(folder: &Path, url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_replay"));
    command.current_dir(folder).env_remove("DATA_DIR").args(["--url", url]).args(arguments).stdin(Stdio::null());
    command
}

fn replay(folder: &TempDir, service: &StandIn, arguments: &[&str]) -> Output {
    command(folder.path(), &service.url(), arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The number that stands after `name` in the summary.
fn count(output: &Output, name: &str) -> u64 {
    let summary = text(&output.stdout);
    let line = summary.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in: {summary}"));
    line[name.len()..].split_whitespace().next().unwrap().replace(',', "").parse().unwrap()
}

#[test]
fn every_row_goes_out_once_in_order_and_then_the_question_for_the_model() {
    let service = StandIn::sound();
    let output = replay(&folder(ROWS), &service, &["--concurrency", "1", "--score-share", "0"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let row = |features: Value| json!({"feature_vector": features, "score": false});
    assert_eq!(
        service.predictions(),
        [row(json!([1.0, 2.0])), row(json!([null, 0.300_000_000_000_000_04])), row(json!([7.0, -1e-7]))],
    );
    let asked = service.asked();
    let information = asked.iter().filter(|asked| asked.path == "/model_information").count();
    assert_eq!((information, &*asked.last().unwrap().path), (1, "/model_information"));
    let counts = ["rows answered", "with score", "outliers", "failed"].map(|name| count(&output, name));
    assert_eq!(counts, [3, 0, 1, 0]);
    assert!(text(&output.stdout).contains("0123456789ab, features a, b"), "{}", text(&output.stdout));
}

#[test]
fn exactly_a_quarter_asks_for_the_score_and_the_seed_says_which() {
    let folder = many_rows(1_000);
    let chosen = |seed: &str| -> Vec<Value> {
        let service = StandIn::sound();
        let output = replay(&folder, &service, &["--seed", seed, "--concurrency", "3"]);
        assert_eq!((count(&output, "rows answered"), count(&output, "with score")), (1_000, 250));
        let mut chosen: Vec<Value> = service.predictions();
        chosen.retain(|body| body["score"] == true);
        chosen.sort_by_key(|body| body["feature_vector"][1].as_f64().unwrap() as u64);
        chosen
    };
    let first = chosen("1");
    assert_eq!(first.len(), 250);
    assert_eq!(first, chosen("1"));
    assert_ne!(first, chosen("2"));
}

#[test]
fn connections_stay_open() {
    let service = StandIn::sound();
    let output = replay(&many_rows(400), &service, &["--concurrency", "2"]);
    assert!(output.status.success());
    // Two for the rows, one for what comes before and after them.
    let connections: HashSet<usize> = service.asked().iter().map(|asked| asked.connection).collect();
    assert!(connections.len() <= 3, "{}", connections.len());
}

#[test]
fn a_shift_moves_its_column_and_no_other() {
    let service = StandIn::sound();
    // The population standard deviation of a is 3, of b 1.
    let rows = folder("a,b\n1,2\n7,4\n");
    let output = replay(&rows, &service, &["--concurrency", "1", "--shift", "a=2", "--shift", "b=-0.5"]);
    assert!(output.status.success());
    let rows: Vec<Value> = service.predictions().into_iter().map(|body| body["feature_vector"].clone()).collect();
    assert_eq!(rows, [json!([7.0, 1.5]), json!([13.0, 3.5])]);
}

#[test]
fn one_failed_request_is_counted_quoted_and_an_exit_status() {
    let service = StandIn::new(|asked| {
        if asked.body["feature_vector"][0] == 7.0 {
            return Some((422, r#"{"error":"expected 3 features, found 2"}"#.into()));
        }
        Some(sound(asked))
    });
    let output = replay(&folder(ROWS), &service, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!((count(&output, "rows answered"), count(&output, "failed")), (2, 1));
    let summary = text(&output.stdout);
    assert!(
        summary.contains(r#"status 422: 1, the first: {"error":"expected 3 features, found 2"}"#),
        "{}",
        text(&output.stdout)
    );
}

#[test]
fn a_failed_question_for_the_model_is_a_failure() {
    let service = StandIn::new(|asked| if asked.path == "/model_information" { None } else { Some(sound(asked)) });
    let output = replay(&folder(ROWS), &service, &[]);
    assert_eq!((output.status.code(), count(&output, "failed")), (Some(1), 0));
    assert!(text(&output.stdout).contains("GET /model_information: no answer"), "{}", text(&output.stdout));
}

#[test]
fn columns_in_another_order_than_the_models_are_a_failure() {
    let output = replay(&folder("b,a\n1,2\n"), &StandIn::sound(), &[]);
    assert_eq!(output.status.code(), Some(1));
    let errors = text(&output.stderr);
    assert!(errors.contains("wants the features a, b in this order, the file has b, a"), "{errors}");
}

#[test]
fn without_a_service_the_message_says_how_to_start_it() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = command(folder(ROWS).path(), &format!("http://{free}"), &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let errors = text(&output.stderr);
    assert!(errors.starts_with(&format!("error: no service answers at http://{free}")), "{errors}");
    assert!(errors.contains("make serve") && errors.contains("--url"), "{errors}");
}

#[test]
fn a_service_without_a_model_and_another_program_are_told_apart() {
    let not_ready = StandIn::new(|_| Some((503, r#"{"error":"no model is loaded"}"#.into())));
    let output = replay(&folder(ROWS), &not_ready, &[]);
    assert!(text(&output.stderr).contains("not ready: {\"error\":\"no model is loaded\"}"));
    let other = StandIn::new(|_| Some((404, "<html>".into())));
    let output = replay(&folder(ROWS), &other, &[]);
    assert!(text(&output.stderr).contains("is not this service"));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_service_that_goes_away_ends_the_run() {
    let service = StandIn::new(|asked| if asked.path == "/prediction" { None } else { Some(sound(asked)) });
    let output = replay(&many_rows(100_000), &service, &["--concurrency", "25"]);
    assert_eq!((output.status.code(), count(&output, "rows answered")), (Some(1), 0));
    let failed = count(&output, "failed");
    assert!((50..1_000).contains(&failed), "{failed}");
}

#[test]
fn ctrl_c_ends_an_endless_run_with_its_summary() {
    let service = StandIn::sound();
    let folder = folder(ROWS);
    let arguments = ["--loop", "--rate", "200", "--score-share", "1"];
    let child = command(folder.path(), &service.url(), &arguments).stdout(Stdio::piped()).spawn().unwrap();
    // More than the file has.
    while service.predictions().len() < 10 {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let answered = count(&output, "rows answered");
    assert_eq!(answered, service.predictions().len() as u64);
    assert_eq!(count(&output, "with score"), answered);
    assert_eq!(service.asked().last().unwrap().path, "/model_information");
}

#[test]
fn without_a_terminal_progress_comes_as_lines() {
    let service = StandIn::sound();
    let folder = folder(ROWS);
    let arguments = ["--loop", "--rate", "100"];
    let mut child = command(folder.path(), &service.url(), &arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains(" rows, ") && line.contains("requests/s, 0 failed"), "{line}");
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_data_folder_is_a_setting() {
    let service = StandIn::sound();
    let here = folder(ROWS);
    let other = folder("a,b\n1,1\n");
    let mut command = command(here.path(), &service.url(), &[]);
    let output = command.env("DATA_DIR", other.path().join("data")).output().unwrap();
    assert_eq!(count(&output, "rows answered"), 1);
}

#[test]
fn a_bad_file_and_a_bad_shift_are_told_before_anything_is_sent() {
    let service = StandIn::sound();
    for (rows, arguments, expected) in [
        ("a,b\n1,lots\n", &[][..], "line 2, column 2"),
        ("a,b\n", &[], "no rows after the header"),
        (ROWS, &["--shift", "z=1"], "no such column; the file has a, b"),
    ] {
        let output = replay(&folder(rows), &service, arguments);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
    }
    assert!(service.asked().is_empty());
}
