//! The model file: what is written, and what reads back. `../schema` holds it to its JSON Schema.

mod common;

use std::fs;
use std::path::Path;

use common::{Recipe, assert_same_bits, bell, small_json, small_model};
use isoforest::{Contamination, FORMAT, IsolationForest, LoadError, ModelFile, SaveError, TrainingProfile};
use serde_json::{Value, json};

#[test]
fn a_written_file_reads_back_as_the_same_model() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    let x = Recipe { missing: 0.1, ..Recipe::new(500, 3, 1) }.cook();
    let params = IsolationForest::builder().contamination(Contamination::Fraction(0.01)).random_state(16);
    let forest = params.fit_named(x.view(), &["a", "b", "ü \"quoted\""]).unwrap();
    let profile = TrainingProfile::new(&forest, x.view()).unwrap();
    let model = ModelFile::new(forest, profile);
    model.write(&path).unwrap();

    let read = ModelFile::read(&path).unwrap();
    assert_eq!(read.forest().trees(), model.forest().trees());
    assert_eq!(read.forest().params(), model.forest().params());
    assert_eq!(read.forest().feature_names(), ["a", "b", "ü \"quoted\""]);
    assert_eq!(read.profile(), model.profile());
    assert_eq!(read.created_at(), model.created_at());
    assert_same_bits([&read.forest().offset()], [&model.forest().offset()], "offset");
    let (before, after) = (model.forest().score_samples(x.view()), read.forest().score_samples(x.view()));
    assert_same_bits(&after.unwrap(), &before.unwrap(), "scores");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a temporary file is left");
}

#[test]
fn every_fixtures_forest_reads_back_as_the_same_trees() {
    for fixture in common::Fixture::all() {
        let (forest, x) = (fixture.fit(), fixture.rows());
        let profile = TrainingProfile::new(&forest, x.view()).unwrap();
        let model = ModelFile::new(forest, profile);
        let read = ModelFile::from_slice(model.to_json().unwrap().as_bytes())
            .unwrap_or_else(|error| panic!("{}: {error}", fixture.name));
        assert_eq!(read.forest().trees(), model.forest().trees(), "{}", fixture.name);
    }
}

#[test]
fn a_file_holds_exactly_the_documented_fields() {
    let document = small_json();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(document["format"], json!(FORMAT));
    assert_eq!(document["format_version"], json!(1));
    let mut found = keys(&document);
    found.sort_unstable();
    let expected = [
        "created_at",
        "feature_names",
        "format",
        "format_version",
        "library_version",
        "max_samples_",
        "n_features",
        "offset_",
        "params",
        "training_profile",
        "trees",
    ];
    assert_eq!(found, expected);
    assert_eq!(document["params"].as_object().unwrap().len(), 9);
    assert_eq!(document["feature_names"], json!(["mean", "sd"]));
    assert_eq!(document["training_profile"]["rows"], json!(40));
    for tree in document["trees"].as_array().unwrap() {
        let mut found = keys(tree);
        found.sort_unstable();
        assert_eq!(found, ["feature", "left", "missing_left", "n_samples", "right", "threshold"]);
    }
}

#[test]
fn the_time_in_a_file_is_the_time_of_making_it() {
    let made = humantime::parse_rfc3339(small_model().created_at()).unwrap();
    assert!(made.elapsed().unwrap().as_secs() < 60);
}

#[test]
fn the_seeds_of_the_fuzz_target_are_models() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/load_model");
    let mut n_seeds = 0;
    for entry in fs::read_dir(seeds).unwrap() {
        let path = entry.unwrap().path();
        ModelFile::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        n_seeds += 1;
    }
    assert!(n_seeds > 0);
}

#[test]
fn a_profile_of_other_data_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    let fit = |features| IsolationForest::builder().n_estimators(2).fit(bell(20, features, 1).view()).unwrap();
    let profile = TrainingProfile::new(&fit(3), bell(20, 3, 1).view()).unwrap();
    let error = ModelFile::new(fit(2), profile).write(&path).unwrap_err();
    assert!(
        matches!(error, SaveError::Unreadable(LoadError::Field { ref field, .. }) if field == "training_profile.features"),
        "{error:?}"
    );
    assert!(!path.exists());
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no such folder").join("model.json");
    let error = small_model().write(&path).unwrap_err();
    assert!(error.to_string().contains("model.json"), "{error}");
}

#[test]
fn a_profile_tells_what_the_training_data_looked_like() {
    let mut x = isoforest::ndarray::Array2::from_shape_fn((101, 2), |(row, _)| row as f64);
    x.column_mut(1).fill(f64::NAN);
    x[(0, 1)] = 3.0;
    let forest =
        IsolationForest::builder().contamination(Contamination::Fraction(0.1)).random_state(1).fit(x.view()).unwrap();
    let profile = TrainingProfile::new(&forest, x.view()).unwrap();
    assert_eq!(profile.rows, 101);
    assert_eq!((profile.features[0].missing, profile.features[1].missing), (0, 100));

    let document = serde_json::to_value(&profile).unwrap();
    let of = |place: &str| document.pointer(place).unwrap_or_else(|| panic!("no {place} in {document}")).clone();
    assert_eq!(of("/features/0/name"), json!("x0"));
    let edges: Vec<f64> = serde_json::from_value(find(&of("/features/0"), "edges")).unwrap();
    assert_eq!(edges, [10., 20., 30., 40., 50., 60., 70., 80., 90.]);
    let shares: Vec<f64> = serde_json::from_value(find(&of("/features/0"), "shares")).unwrap();
    // An edge belongs to the bin below it: 0 to 10 are eleven values, 11 to 20 ten, and so on.
    let expected: Vec<f64> = (0..10).map(|bin| f64::from(10 + u8::from(bin == 0)) / 101.0).collect();
    assert_eq!(shares, expected);
    assert_eq!(find(&of("/features/0"), "min"), json!(0.0));
    assert_eq!(find(&of("/features/0"), "max"), json!(100.0));
    assert_eq!(find(&of("/features/0"), "mean"), json!(50.0));
    let deviation = find(&of("/features/0"), "std").as_f64().unwrap();
    assert!((deviation - 850f64.sqrt()).abs() < 1e-9, "{deviation}");
    assert_eq!(find(&of("/features/1"), "min"), json!(3.0));
    assert_eq!(find(&of("/features/1"), "shares"), json!([1.0]));

    let scores = forest.score_samples(x.view()).unwrap();
    let lowest = scores.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(find(&of("/scores"), "min"), json!(lowest));
}

/// A field of a profile's entry, wherever in it.
fn find(value: &Value, key: &str) -> Value {
    let object = value.as_object().unwrap();
    let nested = || object.values().find_map(|inner| inner.get(key));
    object.get(key).or_else(nested).unwrap_or_else(|| panic!("no {key} in {value}")).clone()
}
