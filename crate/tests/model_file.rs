//! The model file: what is written, what reads back, and its JSON Schema.

mod common;

use std::fs;
use std::path::Path;

use common::{Recipe, assert_same_bits, bell, small_json, small_model};
use isoforest::{
    Contamination, FORMAT, FORMAT_VERSION, IsolationForest, LoadError, ModelFile, SaveError, TrainingProfile,
};
use jsonschema::Validator;
use serde_json::{Value, json};

/// Fields that may be null.
const MAY_BE_NULL: [&str; 6] = ["n_jobs", "random_state", "min", "max", "mean", "std"];

fn schema() -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/model.v1.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
}

#[track_caller]
fn assert_valid(document: &Value) {
    let errors: Vec<String> =
        schema().iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

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
    assert_eq!(document["format_version"], json!(FORMAT_VERSION));
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
fn a_written_file_is_valid_against_its_schema() {
    assert_valid(&small_json());
}

#[test]
fn files_of_other_kinds_are_valid_against_the_schema() {
    for recipe in [
        Recipe::new(1, 1, 1),
        Recipe { constant: vec![0], ..Recipe::new(30, 2, 2) },
        Recipe { all_missing: vec![1], missing: 0.5, ..Recipe::new(30, 3, 3) },
    ] {
        for contamination in [Contamination::Auto, Contamination::Fraction(0.1)] {
            let x = recipe.cook();
            let forest = IsolationForest::builder().n_estimators(2).contamination(contamination).fit(x.view()).unwrap();
            let profile = TrainingProfile::new(&forest, x.view()).unwrap();
            let text = ModelFile::new(forest, profile).to_json().unwrap();
            assert_valid(&serde_json::from_str(&text).unwrap());
        }
    }
}

#[test]
fn the_schema_refuses_damaged_files() {
    let schema = schema();
    let changes: [(&str, Value); 22] = [
        ("/format", json!("other")),
        ("/format_version", json!(2)),
        ("/created_at", json!("yesterday")),
        ("/library_version", json!(1)),
        ("/n_features", json!(0)),
        ("/feature_names", json!([])),
        ("/max_samples_", json!(0)),
        ("/offset_", json!(0.0)),
        ("/offset_", json!(-1.1)),
        ("/params/contamination", json!(0.6)),
        ("/params/n_estimators", json!(0)),
        ("/params/max_samples", json!("all")),
        ("/params/max_features", json!(1.5)),
        ("/params/random_state", json!(4_294_967_296_u64)),
        ("/params/bootstrap", json!("no")),
        ("/trees", json!([])),
        ("/trees/0/n_samples/0", json!(0)),
        ("/trees/0/left/0", json!(0)),
        ("/trees/0/threshold/0", json!(null)),
        ("/trees/0/missing_left/0", json!(1)),
        ("/training_profile/rows", json!(0)),
        ("/training_profile/scores/shares/0", json!(1.5)),
    ];
    for (place, value) in changes {
        let mut document = small_json();
        *document.pointer_mut(place).unwrap_or_else(|| panic!("no {place}")) = value;
        assert!(!schema.is_valid(&document), "{place}");
    }
}

#[test]
fn the_schema_refuses_files_with_a_field_missing_or_unknown() {
    let schema = schema();
    let profile = ["/training_profile", "/training_profile/features/0", "/training_profile/scores"];
    for object in ["", "/params", "/trees/0"].into_iter().chain(profile) {
        let fields: Vec<String> =
            small_json().pointer(object).and_then(Value::as_object).unwrap().keys().cloned().collect();
        for field in fields {
            let mut document = small_json();
            document.pointer_mut(object).and_then(Value::as_object_mut).unwrap().remove(&field);
            assert!(!schema.is_valid(&document), "{object}/{field} taken away");
            // A field that may be null reads as null when it is not there; what that means is checked as for null.
            if !MAY_BE_NULL.contains(&field.as_str()) {
                let failed = ModelFile::from_slice(document.to_string().as_bytes()).err();
                assert!(matches!(failed, Some(LoadError::Json(_))), "{object}/{field} taken away: {failed:?}");
            }
        }
        let mut document = small_json();
        document.pointer_mut(object).and_then(Value::as_object_mut).unwrap().insert("extra".into(), json!(1));
        assert!(!schema.is_valid(&document), "{object}/extra");
        let failed = ModelFile::from_slice(document.to_string().as_bytes()).err();
        assert!(matches!(failed, Some(LoadError::Json(_))), "{object}/extra: {failed:?}");
    }
}

#[test]
fn the_seeds_of_the_fuzz_target_are_models() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/load_model");
    let mut n_seeds = 0;
    for entry in fs::read_dir(seeds).unwrap() {
        let path = entry.unwrap().path();
        ModelFile::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_valid(&serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap());
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
    assert!(matches!(error, SaveError::Profile { expected: 2, found: 3 }), "{error:?}");
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
