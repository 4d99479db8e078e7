//! `isoforest import` and `isoforest export` as their user meets them; what is written is scored by `tests_external`.
#![cfg(feature = "cli")]

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

fn run(folder: &TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_isoforest")).current_dir(folder.path()).args(arguments).output().unwrap()
}

fn with_model() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(&folder, &["generate", "--output", ".", "--train-rows", "300", "--test-rows", "20"]).status.success());
    assert!(run(&folder, &["train", "train.csv", "--output", "model.json", "--random-state", "16"]).status.success());
    folder
}

fn text(folder: &TempDir, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn each_form_goes_to_standard_output_or_to_a_file() {
    let folder = with_model();
    assert!(text(&folder, &["export", "model.json", "--dot", "--tree", "3"]).starts_with("digraph \"tree 3\" {"));
    let sql = text(&folder, &["export", "model.json", "--sql", "--table", "public.users"]);
    assert!(sql.contains("FROM \"public\".\"users\" AS isoforest_row"), "{sql}");
    // One query, which a view can hold: whatever stands before it is a comment.
    let first = sql.lines().find(|line| !line.starts_with("--"));
    assert!(first.is_some_and(|line| line.starts_with("SELECT ")) && sql.trim_end().ends_with(';'), "{sql}");
    assert_eq!(sql.lines().filter(|line| !line.starts_with("--") && line.contains(';')).count(), 1);
    assert_eq!(text(&folder, &["export", "model.json", "--onnx", "--output", "model.onnx"]), "");
    assert!(fs::metadata(folder.path().join("model.onnx")).unwrap().len() > 10_000);
}

#[test]
fn a_command_that_says_no_form_or_two_or_half_of_one_is_not_understood() {
    let folder = with_model();
    let wrong: [&[&str]; 6] = [
        &[],
        &["--onnx", "--dot"],
        &["--sql"],
        &["--dot", "--table", "users"],
        &["--onnx", "--tree", "1"],
        &["--dot", "--tree", "-1"],
    ];
    for options in wrong {
        let output = run(&folder, &[&["export", "model.json"], options].concat());
        assert_eq!(output.status.code(), Some(2), "{options:?}");
    }
    assert_eq!(run(&folder, &["import"]).status.code(), Some(2));
    assert_eq!(run(&folder, &["import", "forest.json"]).status.code(), Some(2));
}

#[test]
fn what_cannot_be_done_is_one_line_and_leaves_no_file() {
    let folder = with_model();
    let cases: [(&[&str], &str); 5] = [
        (&["export", "model.json", "--dot", "--tree", "100"], "expected a tree from 0 to 99, found 100"),
        (&["export", "model.json", "--sql", "--table", "a..b", "--output", "o"], "is no name of a table"),
        (&["export", "train.csv", "--onnx", "--output", "o"], "not a model file"),
        (&["import", "model.json", "--output", "o"], "expected \"scikit-learn IsolationForest\""),
        (&["import", "nowhere.json", "--output", "o"], "cannot read nowhere.json"),
    ];
    for (arguments, words) in cases {
        let output = run(&folder, arguments);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(message.contains(words) && message.lines().count() == 1, "{message}");
        assert!(!folder.path().join("o").exists());
    }
}

#[test]
fn the_script_for_python_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(text(&folder, &["import", "--script"]), isoforest::import::SKLEARN_TO_JSON);
}

#[test]
fn a_forest_of_hyperplanes_is_trained_shown_and_drawn_but_not_written_as_onnx_or_sql() {
    let folder = with_model();
    let train = ["train", "train.csv", "--output", "extended.json", "--detector", "extended", "--random-state", "16"];
    text(&folder, &train);
    let facts = text(&folder, &["inspect", "extended.json"]);
    assert!(
        facts.contains("format            isoforest, version 2") && facts.contains("extension_level   1"),
        "{facts}"
    );
    let tree = text(&folder, &["inspect", "extended.json", "--tree", "0"]);
    assert!(tree.contains(" * mean") && tree.contains(" * sd <= "), "{tree}");
    let picture = text(&folder, &["export", "extended.json", "--dot"]);
    assert!(picture.contains(" * sd <= ") && !picture.contains("missing"), "{picture}");
    for form in [&["--onnx"][..], &["--sql", "--table", "users"]] {
        let output = run(&folder, &[&["export", "extended.json", "--output", "o"], form].concat());
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && message.contains("extension_level 0"), "{message}");
        assert!(!folder.path().join("o").exists());
    }
    // Cuts along the axes are trees like any others.
    text(&folder, &[&train[..], &["--extension-level", "0"]].concat());
    assert!(text(&folder, &["export", "extended.json", "--sql", "--table", "users"]).contains("CASE WHEN f0"));

    let output = run(&folder, &["train", "train.csv", "--output", "o", "--extension-level", "1"]);
    assert_eq!(output.status.code(), Some(2), "a level without the detector");
}
