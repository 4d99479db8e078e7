//! `isoforest train --detector guided` as its user meets it: the library's forest, in a file that every command takes.
#![cfg(feature = "cli")]

use std::process::{Command, Output};

use isoforest::{ColumnWeights, Detector, Guided, GuidedScore, IsolationForest, ModelFile};
use tempfile::TempDir;

fn run(folder: &TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_isoforest")).current_dir(folder.path()).args(arguments).output().unwrap()
}

fn text(folder: &TempDir, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn with_data() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    text(&folder, &["generate", "--output", ".", "--train-rows", "300", "--test-rows", "20"]);
    folder
}

const TRAIN: [&str; 8] =
    ["train", "train.csv", "--output", "model.json", "--random-state", "16", "--detector", "guided"];

#[test]
fn it_trains_the_librarys_forest_with_the_options_defaults_or_others() {
    let folder = with_data();
    let x = isoforest::data::read_csv(folder.path().join("train.csv")).unwrap();
    let other = Guided {
        pooled_gain: 0.25,
        average_gain: 0.5,
        column_weights: ColumnWeights::RootKurtosis,
        score: GuidedScore::Density,
    };
    let options = "--pooled-gain 0.25 --average-gain 0.5 --column-weights root-kurtosis --leaf-score density";
    for (guided, options) in [(Guided::default(), ""), (other, options)] {
        text(&folder, &[&TRAIN[..], &options.split_whitespace().collect::<Vec<_>>()].concat());
        let model = ModelFile::read(folder.path().join("model.json")).unwrap();
        let params = IsolationForest::builder().detector(Detector::Guided(guided)).random_state(16);
        assert_eq!(model.forest().trees(), params.fit(x.values.view()).unwrap().trees());
        assert_eq!(model.forest().params().detector, Detector::Guided(guided));
    }
}

#[test]
fn a_pooled_gain_alone_leaves_the_average_gain_what_is_left_of_1() {
    let folder = with_data();
    for (pooled, average) in [("0", 0.5), ("0.3", 0.5), ("0.6", 0.4), ("1", 0.0)] {
        text(&folder, &[&TRAIN[..], &["--pooled-gain", pooled, "--n-estimators", "2"]].concat());
        match ModelFile::read(folder.path().join("model.json")).unwrap().forest().params().detector {
            Detector::Guided(guided) => assert_eq!(guided.average_gain, average, "{pooled}"),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn what_no_threshold_can_tell_apart_is_a_warning() {
    let folder = with_data();
    let warned = |arguments: &[&str]| {
        let output = run(&folder, &[&TRAIN[..], arguments].concat());
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stderr).lines().filter(|line| line.contains("warning: ")).count()
    };
    assert_eq!(warned(&["--leaf-score", "density"]), 1);
    assert_eq!(warned(&["--leaf-score", "density", "--contamination", "0.01"]), 0);
    std::fs::write(folder.path().join("train.csv"), "a,b\n1,2\n1,2\n1,2\n").unwrap();
    assert_eq!(warned(&[]), 1);
}

#[test]
fn every_command_takes_its_file() {
    let folder = with_data();
    text(&folder, &[&TRAIN[..], &["--leaf-score", "density", "--contamination", "0.01"]].concat());
    assert_eq!(text(&folder, &["score", "model.json", "test.csv"]).lines().count(), 21);
    let facts = text(&folder, &["inspect", "model.json"]);
    for line in
        ["detector          guided", "average_gain      0.5", "column_weights    kurtosis", "score             density"]
    {
        assert!(facts.contains(line), "{line}: {facts}");
    }
    let tree = text(&folder, &["inspect", "model.json", "--tree", "0"]);
    assert!(tree.contains(", value ") && !tree.contains("path length"), "{tree}");
    text(&folder, &["threshold", "model.json", "train.csv"]);
    assert!(text(&folder, &["export", "model.json", "--dot", "--tree", "0"]).contains("value "));
    assert!(text(&folder, &["export", "model.json", "--sql", "--table", "users"]).contains("::float8"));
    text(&folder, &["export", "model.json", "--onnx", "--output", "model.onnx"]);
}

#[test]
fn an_option_of_another_detector_or_out_of_its_range_is_not_understood() {
    let folder = with_data();
    let wrong: [(&[&str], &str); 9] = [
        (&["--average-gain", "1.5"], "average_gain must be a probability in [0, 1]"),
        (
            &["--pooled-gain", "0.6", "--average-gain", "0.6"],
            "pooled_gain + average_gain must be at most 1, got 0.6 + 0.6",
        ),
        (&["--pooled-gain", "-0.5"], "pooled_gain must be a probability in [0, 1], got -0.5"),
        (&["--average-gain", "-1"], "average_gain must be a probability in [0, 1], got -1"),
        (
            &["--detector", "extended", "--extension-level", "-1"],
            "expected an integer from 0 to the number of columns less one",
        ),
        (&["--extension-level", "1"], "extension_level must be left out unless the detector is extended, got 1"),
        (
            &["--detector", "standard", "--pooled-gain", "1"],
            "pooled_gain must be left out unless the detector is guided, got 1",
        ),
        (
            &["--detector", "extended", "--leaf-score", "depth"],
            "leaf_score must be left out unless the detector is guided, got depth",
        ),
        (&["--column-weights", "other"], "invalid value 'other'"),
    ];
    for (options, message) in wrong {
        let first = if options[0] == "--detector" { &TRAIN[..6] } else { &TRAIN[..] };
        let output = run(&folder, &[first, options].concat());
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{options:?}: {text}");
        assert!(text.contains(message), "{options:?}: {text}");
        assert!(!folder.path().join("model.json").exists());
    }
}
