//! The schema accepts what the library writes, and nothing else.

use std::fs;
use std::path::Path;

use isoforest::{
    ColumnWeights, Contamination, Detector, Guided, GuidedScore, IsolationForest, LoadError, ModelFile, TrainingProfile,
};
use jsonschema::Validator;
use model::small_json;
use recipe::Recipe;
use serde_json::{Value, json};

/// A small model, shared with the library's own tests.
#[allow(dead_code, reason = "the library's tests use the rest")]
#[path = "../../tests/common/model.rs"]
mod model;
/// Data, shared with the library's own tests.
#[allow(dead_code, reason = "the library's tests use the rest")]
#[path = "../../tests/common/recipe.rs"]
mod recipe;

fn schema() -> Validator {
    validator(isoforest_schema::MODEL_V1)
}

fn validator(schema: &str) -> Validator {
    let schema: Value = serde_json::from_str(schema).unwrap();
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
}

#[track_caller]
fn assert_valid(document: &Value) {
    let schema = match document["format_version"].as_u64() {
        Some(2) => validator(isoforest_schema::MODEL_V2),
        _ => schema(),
    };
    let errors: Vec<String> =
        schema.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
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
            let failed = ModelFile::from_slice(document.to_string().as_bytes()).err();
            assert!(matches!(failed, Some(LoadError::Json(_))), "{object}/{field} taken away: {failed:?}");
        }
        let mut document = small_json();
        document.pointer_mut(object).and_then(Value::as_object_mut).unwrap().insert("extra".into(), json!(1));
        assert!(!schema.is_valid(&document), "{object}/extra");
        let failed = ModelFile::from_slice(document.to_string().as_bytes()).err();
        assert!(matches!(failed, Some(LoadError::Json(_))), "{object}/extra: {failed:?}");
    }
}

fn extended_json(extension_level: usize) -> Value {
    json_of(Detector::Extended { extension_level: Some(extension_level) })
}

fn guided_json(guided: Guided) -> Value {
    json_of(Detector::Guided(guided))
}

/// A forest of another detector than the standard one.
fn json_of(detector: Detector) -> Value {
    let x = Recipe { missing: 0.1, ..Recipe::new(40, 3, 7) }.cook();
    let forest = IsolationForest::builder().detector(detector).n_estimators(3).random_state(16).fit(x.view()).unwrap();
    let profile = TrainingProfile::new(&forest, x.view()).unwrap();
    serde_json::from_str(&ModelFile::new(forest, profile).to_json().unwrap()).unwrap()
}

#[test]
fn files_of_other_detectors_are_valid_against_the_schema_of_version_2_only() {
    for level in [0, 1, 2] {
        assert_valid(&extended_json(level));
        assert!(!schema().is_valid(&extended_json(level)));
    }
    for column_weights in [ColumnWeights::Equal, ColumnWeights::Kurtosis, ColumnWeights::RootKurtosis] {
        for score in [GuidedScore::Depth, GuidedScore::AdjustedDepth, GuidedScore::Density] {
            let document = guided_json(Guided { column_weights, score, ..Guided::default() });
            assert_valid(&document);
            assert!(!schema().is_valid(&document));
        }
    }
    assert!(!validator(isoforest_schema::MODEL_V2).is_valid(&small_json()));
}

#[test]
fn the_schema_of_version_2_refuses_damaged_detectors_and_hyperplanes() {
    let schema = validator(isoforest_schema::MODEL_V2);
    let changes: [(&str, Value); 13] = [
        ("/format_version", json!(1)),
        ("/detector", json!("extended")),
        ("/detector/name", json!("other")),
        ("/detector/name", json!("standard")),
        ("/detector/extension_level", json!(-1)),
        ("/detector/extension_level", json!(null)),
        ("/medians", json!([])),
        ("/medians/0", json!(1e39)),
        ("/trees/0/hyperplanes/end/0", json!(-1)),
        ("/trees/0/hyperplanes/feature/0", json!(0.5)),
        ("/trees/0/hyperplanes/weight/0", json!(1e39)),
        ("/trees/0/hyperplanes/point/0", json!(null)),
        ("/trees/0/n_samples/0", json!(-1)),
    ];
    for (place, value) in changes {
        let mut document = extended_json(1);
        *document.pointer_mut(place).unwrap_or_else(|| panic!("no {place}")) = value;
        assert!(!schema.is_valid(&document), "{place}");
        assert!(ModelFile::from_slice(document.to_string().as_bytes()).is_err(), "{place}");
    }
    for object in ["/detector", "/trees/0/hyperplanes"] {
        let mut document = extended_json(1);
        document.pointer_mut(object).and_then(Value::as_object_mut).unwrap().insert("extra".into(), json!(1));
        assert!(!schema.is_valid(&document), "{object}/extra");
        let failed = ModelFile::from_slice(document.to_string().as_bytes()).err();
        assert!(matches!(failed, Some(LoadError::Json(_))), "{object}/extra: {failed:?}");
    }
}

#[test]
fn the_schema_of_version_2_refuses_damaged_guided_forests() {
    let schema = validator(isoforest_schema::MODEL_V2);
    let changes: [(&str, Value); 8] = [
        ("/detector/pooled_gain", json!(-0.1)),
        ("/detector/average_gain", json!(1.1)),
        ("/detector/column_weights", json!("Kurtosis")),
        ("/detector/score", json!(null)),
        ("/detector/name", json!("extended")),
        ("/trees/0/leaf_value", json!([])),
        ("/trees/0/leaf_value/0", json!(-1.0)),
        ("/trees/0/leaf_value/0", json!(652.0)),
    ];
    for (place, value) in changes {
        let mut document = guided_json(Guided::default());
        *document.pointer_mut(place).unwrap_or_else(|| panic!("no {place}")) = value;
        assert!(!schema.is_valid(&document), "{place}");
        assert!(ModelFile::from_slice(document.to_string().as_bytes()).is_err(), "{place}");
    }
}

#[test]
fn the_seeds_of_the_fuzz_target_are_valid_against_the_schema() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/load_model");
    let mut n_seeds = 0;
    for entry in fs::read_dir(seeds).unwrap() {
        let path = entry.unwrap().path();
        assert_valid(&serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap());
        n_seeds += 1;
    }
    assert!(n_seeds > 0);
}
