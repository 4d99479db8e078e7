//! Forests of scikit-learn's: those of the fixtures, and documents that are none.

mod common;

use std::sync::LazyLock;

use common::{Fixture, ulps_apart};
use isoforest::data::Table;
use isoforest::import::{ImportError, Mismatch, SKLEARN_TO_JSON, ScikitLearnForest};
use isoforest::{Contamination, ModelFile, TrainingProfile};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What `sklearn_to_json.py` would write of a fixture's forest.
fn document(fixture: &Fixture) -> Value {
    json!({
        "format": "scikit-learn IsolationForest",
        "format_version": 1,
        "sklearn_version": "1.9.1",
        "params": fixture.params,
        "feature_names": null,
        "n_features": fixture.data.features,
        "max_samples_": fixture.max_samples_,
        "offset_": fixture.offset_,
        "trees": fixture.trees,
    })
}

/// Read once: the property tests ask for it at every case.
fn small() -> &'static Fixture {
    static SMALL: LazyLock<Fixture> = LazyLock::new(|| {
        Fixture::all().into_iter().find(|fixture| fixture.name == "missing_with_max_features").unwrap()
    });
    &SMALL
}

/// A percentile is lowered by what scores may differ.
fn offset(fixture: &Fixture) -> f64 {
    let is_percentile = matches!(fixture.fit().params().contamination, Contamination::Fraction(_));
    if is_percentile { fixture.offset_.next_down().next_down() } else { fixture.offset_ }
}

fn import(document: &Value) -> Result<ScikitLearnForest, ImportError> {
    ScikitLearnForest::from_slice(document.to_string().as_bytes(), None)
}

fn message(document: &Value) -> String {
    import(document).unwrap_err().to_string()
}

#[test]
fn every_forest_of_the_fixtures_scores_as_scikit_learn_did() {
    for fixture in Fixture::all() {
        let found = import(&document(&fixture)).unwrap();
        let forest = found.forest();
        assert_eq!((forest.trees(), forest.offset()), (&fixture.trees[..], offset(&fixture)), "{}", fixture.name);
        let rows = fixture.rows();
        let scores = forest.score_samples(rows.view()).unwrap();
        assert!(scores.iter().zip(&fixture.score_samples).all(|(&a, &b)| ulps_apart(a, b) <= 2), "{}", fixture.name);
        assert_eq!(forest.predict(rows.view()).unwrap().to_vec(), fixture.predict, "{}", fixture.name);
    }
}

#[test]
fn rows_whose_score_is_the_offset_are_inliers_wherever_the_last_bits_are() {
    let fixture = Fixture::all().into_iter().find(|fixture| fixture.name == "contamination_01_ties").unwrap();
    let x = fixture.data.cook();
    let labels = |offset: f64| {
        let mut document = document(&fixture);
        document["offset_"] = json!(offset);
        import(&document).unwrap().forest().predict(x.view()).unwrap()
    };
    let scores = import(&document(&fixture)).unwrap().forest().score_samples(x.view()).unwrap();
    let mut distinct = scores.to_vec();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup_by(|a, b| ulps_apart(*a, *b) < 1_000);
    assert!(distinct.len() > 20 && distinct.len() < scores.len(), "{}", distinct.len());
    for &tied in &distinct[1..20] {
        let is_outlier = scores.mapv(|score| if score < tied && ulps_apart(score, tied) > 2 { -1 } else { 1 });
        // scikit-learn's score of these rows, and so its offset, may be above ours or below.
        for offset in [tied.next_down(), tied, tied.next_up(), tied.next_up().next_up()] {
            assert_eq!(labels(offset), is_outlier, "{offset:?}");
        }
        assert_ne!(labels(tied.next_up().next_up().next_up()), is_outlier);
    }
}

#[test]
fn rows_that_a_forest_was_not_fitted_on_are_told_from_those_it_was() {
    for fixture in Fixture::all() {
        let found = import(&document(&fixture)).unwrap();
        assert_eq!(found.mismatch(fixture.data.cook().view()).unwrap(), None, "{}", fixture.name);
    }
    let fixture = Fixture::all().into_iter().find(|fixture| fixture.name == "contamination_01_ties").unwrap();
    let found = import(&document(&fixture)).unwrap();
    let x = fixture.data.cook();
    let mismatch = |x: ndarray::ArrayView2<'_, f64>| found.mismatch(x).unwrap().unwrap();
    let few = mismatch(x.slice(ndarray::s![..100, ..]));
    assert_eq!(few.to_string(), "of its 100 rows a tree would be grown from 100, and the forest's trees were from 256");
    let mut other = x.clone();
    other.column_mut(1).mapv_inplace(|value| value + 1e6);
    let other = mismatch(other.view());
    assert!(matches!(&other, Mismatch::Range { name, .. } if name == "x1"), "{other}");
    let mut missing = x.clone();
    missing.column_mut(0).fill(f64::NAN);
    assert!(mismatch(missing.view()).to_string().ends_with("in the feature \"x0\", whose values are all missing"));
    // All values are there, but most rows are others.
    let mut other = x.clone();
    let usual = x.row(0).to_owned();
    (0..x.nrows() / 2).for_each(|row| other.row_mut(row).assign(&usual));
    let ends = [x.fold(f64::INFINITY, |a, &b| a.min(b)), x.fold(f64::NEG_INFINITY, |a, &b| a.max(b))];
    (0..2).for_each(|row| other.row_mut(row).fill(ends[row]));
    let told = mismatch(other.view());
    assert!(matches!(told, Mismatch::Offset { .. }), "{told}");
}

#[test]
fn names_that_no_column_has_are_refused() {
    let mut document = document(small());
    for (names, column) in [
        (["a", "", "c", "d", "e", "f"], 1),
        (["a", "b", " ", "d", "e", "f"], 2),
        (["a", "b", "c", "d\ne", "e", "f"], 3),
        (["a", "b", "c", "d", " a", "f"], 4),
    ] {
        document["feature_names"] = json!(names);
        assert!(
            message(&document).starts_with(&format!("feature {column} has the name {:?}; expected", names[column]))
        );
    }
}

#[cfg(feature = "cli")]
#[test]
fn names_with_blanks_around_them_are_found_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut document = document(small());
    document["feature_names"] = json!([" a", "b ", "c", "d", "e", "f"]);
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("forest.json"), document.to_string()).unwrap();
    let table = Table {
        feature_names: ["a", "b", "c", "d", "e", "f"].map(str::to_owned).to_vec(),
        values: small().data.cook(),
    };
    table.write_csv(std::fs::File::create(at("train.csv")).unwrap()).unwrap();
    let run = |arguments: &[&str]| {
        let program = env!("CARGO_BIN_EXE_isoforest");
        std::process::Command::new(program).current_dir(folder.path()).args(arguments).output().unwrap()
    };
    let output = run(&["import", "forest.json", "--output", "model.json", "--train", "train.csv"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.starts_with("6 trees of 6 features"), "{said}");
    let output = run(&["score", "model.json", "train.csv"]);
    assert!(output.status.success() && String::from_utf8(output.stdout).unwrap().lines().count() > 100);

    let whole = std::fs::read_to_string(at("train.csv")).unwrap();
    let halves: String = whole.split_inclusive('\n').take(60).collect();
    std::fs::write(at("train.csv"), halves).unwrap();
    let output = run(&["import", "forest.json", "--output", "model.json", "--train", "train.csv"]);
    let said = String::from_utf8(output.stderr).unwrap();
    let warning =
        "warning: train.csv is not what the forest was fitted on: of its 59 rows a tree would be grown from 59, ";
    assert!(output.status.success() && said.starts_with(warning), "{said}");
}

#[test]
fn a_model_file_is_that_of_training_here_with_the_profile_or_without() {
    let fixture = small();
    let x = fixture.data.cook();
    let ours = fixture.fit();
    let model = import(&document(fixture)).unwrap().into_model(x.view()).unwrap();
    assert_eq!(model.profile(), &TrainingProfile::new(&ours, x.view()).unwrap());
    assert_eq!(model.forest().trees(), ours.trees());

    let model = import(&document(fixture)).unwrap().into_model_without_profile();
    let read = ModelFile::from_slice(model.to_json().unwrap().as_bytes()).unwrap();
    assert_eq!(read.profile().rows, fixture.max_samples_ as u64);
    assert_eq!(read.profile().medians(), vec![None; 6]);
    assert_eq!(read.forest().offset(), offset(fixture));
}

#[cfg(feature = "cli")]
#[test]
fn inspect_says_that_an_import_without_its_data_has_no_profile() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    let model = import(&document(small())).unwrap().into_model_without_profile();
    std::fs::write(&path, model.to_json().unwrap()).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_isoforest")).arg("inspect").arg(path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let end = "training profile\n  none: imported without --train, so nothing is known of the training data\n";
    assert!(output.status.success() && text.ends_with(end), "{text}");
}

#[test]
fn names_and_seed_are_told_from_those_made_up_here() {
    let mut document = document(small());
    let found = import(&document).unwrap();
    assert!(!found.has_names() && found.has_seed() && found.sklearn_version() == "1.9.1");
    assert_eq!(found.forest().feature_names()[5], "x5");
    document["feature_names"] = json!(["a", "b", "c", "d", "e", "f"]);
    document["params"]["random_state"] = Value::Null;
    let found = import(&document).unwrap();
    assert!(found.has_names() && !found.has_seed());
    assert_eq!((found.forest().feature_names()[5].as_str(), found.forest().params().random_state), ("f", Some(0)));
    let names = |n: usize| Some((0..n).map(|i| format!("n{i}")).collect());
    let bytes = document.to_string();
    let found = ScikitLearnForest::from_slice(bytes.as_bytes(), names(6)).unwrap();
    assert_eq!(found.forest().feature_names()[0], "n0");
    let error = ScikitLearnForest::from_slice(bytes.as_bytes(), names(2)).unwrap_err();
    assert_eq!(error.to_string(), "expected 6 feature names, one for each feature of the forest, found 2");
}

#[test]
fn documents_that_are_no_forest_are_errors_that_say_what_is_wrong() {
    let good = document(small());
    let with = |field: &str, value: Value| {
        let mut document = good.clone();
        document[field] = value;
        message(&document)
    };
    assert!(with("format", json!("isoforest")).contains("field `format` is \"isoforest\"; expected"));
    assert!(with("format_version", json!(2)).contains("field `format_version` is 2"));
    assert!(with("offset_", json!(0.5)).contains("offset_"));
    assert!(with("n_features", json!(2)).contains("feature"));
    assert!(with("n_features", json!(0)).contains("n_features"));
    assert!(with("n_features", json!(1_u64 << 40)).contains("above 1000000 features"));
    assert!(with("max_samples_", json!(0)).contains("max_samples_"));
    assert!(with("trees", json!([])).contains("0 trees"));
    assert!(with("surprise", json!(1)).contains("unknown field"));
    let mut tree = good.clone();
    tree["trees"][0]["left"][0] = json!(0);
    assert!(message(&tree).contains("tree 0, node 0: child 0 is not above"), "{}", message(&tree));
    for text in ["", "{", "null", "[]", "{\"format\": 1}"] {
        assert!(ScikitLearnForest::from_slice(text.as_bytes(), None).is_err(), "{text}");
    }
}

#[test]
fn a_tree_that_max_samples_is_too_small_for_is_told_from_a_damaged_one() {
    let mut document = document(small());
    document["max_samples_"] = json!(2);
    let told = message(&document);
    let expected = "tree 0 has more rows or levels than max_samples_ = 2 allows, as after a warm_start with a smaller \
                    max_samples; fit the forest again, all trees with one max_samples";
    assert_eq!(told, expected);
}

#[test]
fn what_is_wrong_with_the_json_is_told_in_plain_words_and_with_its_place() {
    let good = document(small());
    let with = |path: &str, value: Value| {
        let mut document = good.clone();
        *document.pointer_mut(path).unwrap() = value;
        let told = message(&document);
        let rest =
            told.strip_prefix("not a forest that sklearn_to_json.py wrote: ").unwrap_or_else(|| panic!("{told}"));
        let (what, place) = rest.split_once(" at line 1 column ").unwrap_or_else(|| panic!("{told}"));
        let after = place.trim_start_matches(|digit: char| digit.is_ascii_digit());
        assert!(after.len() < place.len(), "{told}");
        format!("{what}{after}")
    };
    let found = [
        with("/n_features", json!("six")),
        with("/n_features", json!(-1)),
        with("/n_features", json!(6.5)),
        with("/offset_", json!([])),
        with("/params", json!(5)),
        with("/params", json!([true])),
        with("/params/n_jobs", json!(1_u64 << 40)),
        with("/params/bootstrap", json!(1)),
        with("/params/max_samples", json!("all")),
        with("/params/max_samples", json!({})),
        with("/trees", json!({})),
        with("/trees/0", Value::Null),
        with("/trees/0/threshold/0", json!("x")),
        with("/trees/0/left/0", json!(0.5)),
        with("/sklearn_version", json!(1)),
        with("/trees/0/n_samples", json!("y".repeat(100_000))),
    ];
    let expected = [
        "expected an integer of at least 0, found string \"six\"",
        "expected an integer of at least 0, found integer `-1`",
        "expected an integer of at least 0, found number `6.5`",
        "expected a number, found a list",
        "expected an object, found integer `5`",
        "expected an object, found a list of 1",
        "expected an integer, found integer `1099511627776`",
        "expected a boolean, found integer `1`",
        "expected \"auto\", an integer or a fraction",
        "expected \"auto\", an integer or a fraction",
        "expected a list, found an object",
        "expected an object, found null",
        "expected a number, found string \"x\"",
        "expected an integer, found number `0.5`",
        "expected a string, found integer `1`",
    ];
    assert_eq!(found[..expected.len()], expected);
    assert!(found[expected.len()].starts_with("expected a list, found string \"yyy"));
    assert!(found[expected.len()].len() < 200, "{}", found[expected.len()]);

    // Whoever prints all causes prints nothing more.
    assert!(std::error::Error::source(&import(&json!(5)).unwrap_err()).is_none());
    assert!(message(&json!({"format": "scikit-learn IsolationForest", "format_version": 1, "surprise": 1})).contains(
        "unknown field `surprise`, expected one of `format`, `format_version`, `sklearn_version`, `params`, `feature_names`, \
         `n_features`, `max_samples_`, `offset_`, `trees`, at line 1 column "
    ));

    let text = good.to_string();
    let told = |text: &str| ScikitLearnForest::from_slice(text.as_bytes(), None).unwrap_err().to_string();
    let ends = [
        (told(""), "not a forest that sklearn_to_json.py wrote: the document is empty"),
        (told(&text[..300]), "the document ends too early, at line 1 column 300; it may have been cut short"),
        (told("mean,sd"), "it is not JSON at line 1 column 1: expected value"),
        (told("{\"format\": \"x\"}"), "missing field `format_version` at line 1 column 15"),
    ];
    for (told, expected) in ends {
        assert!(told.ends_with(expected), "{told}");
    }
}

#[test]
fn the_script_writes_the_format_that_is_read() {
    assert!(SKLEARN_TO_JSON.contains("\"format\": \"scikit-learn IsolationForest\",\n        \"format_version\": 1,"));
}

/// Paths to the values of a document.
fn places(value: &Value, path: &str, places: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| self::places(value, &format!("{path}/{name}"), places));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, value)| self::places(value, &format!("{path}/{i}"), places));
        }
        _ => {}
    }
    places.push(path.to_owned());
}

fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(vec![0.0, -1.0, 1.0, -0.5, 0.25, 1e300, -1e300, 4_294_967_296.0, 1e-320])
            .prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-2..300_i64).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
        "[a-z]{0,8}".prop_map(Value::from),
    ]
}

proptest! {
    #[test]
    fn a_damaged_document_is_an_error_or_a_forest_that_scores(
        damage in prop::collection::vec((any::<prop::sample::Index>(), anything()), 1..4),
    ) {
        let fixture = small();
        let mut document = document(fixture);
        let mut all = Vec::new();
        places(&document, "", &mut all);
        for (index, value) in damage {
            let path: &String = index.get(&all);
            // The place may be gone with a larger one.
            if let Some(place) = document.pointer_mut(path) {
                *place = value;
            }
        }
        if let Ok(found) = import(&document) {
            let rows = fixture.rows();
            if found.forest().n_features() == rows.ncols() {
                let scores = found.forest().score_samples(rows.view()).unwrap();
                prop_assert!(scores.iter().all(|score| (-1.0..=0.0).contains(score)));
            }
            let _ = isoforest::export::to_sql(found.forest(), "users");
            let _ = isoforest::export::tree_to_dot(found.forest(), 0);
            #[cfg(feature = "onnx")]
            let _ = isoforest::export::to_onnx(found.forest());
            let model = found.into_model_without_profile();
            prop_assert!(ModelFile::from_slice(model.to_json().unwrap().as_bytes()).is_ok());
        }
    }

    #[test]
    fn cut_and_flipped_bytes_are_no_panic(cut in any::<prop::sample::Index>(), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6)) {
        let mut bytes = document(small()).to_string().into_bytes();
        for (index, byte) in flips {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = ScikitLearnForest::from_slice(&bytes, None);
        bytes.truncate(cut.index(bytes.len()));
        prop_assert!(ScikitLearnForest::from_slice(&bytes, None).is_err());
    }
}
