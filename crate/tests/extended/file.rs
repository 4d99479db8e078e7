//! Its model file: whole, and damaged at each of its own fields.

use isoforest::{Detector, LoadError, ModelFile, TrainingProfile, TreeProblem};
use serde_json::{Value, json};

use crate::common::{Recipe, assert_same_bits, small_json};
use crate::{extended, scores};

fn model(level: usize) -> ModelFile {
    let x = Recipe { missing: 0.1, ..Recipe::new(40, 2, 7) }.cook();
    let forest = extended(level).n_estimators(3).fit_named(x.view(), &["mean", "sd"]).unwrap();
    let profile = TrainingProfile::new(&forest, x.view()).unwrap();
    ModelFile::new(forest, profile)
}

fn document() -> Value {
    serde_json::from_str(&model(1).to_json().unwrap()).unwrap()
}

fn load(document: &Value) -> Result<ModelFile, LoadError> {
    ModelFile::from_slice(document.to_string().as_bytes())
}

fn load_with(place: &str, value: Value) -> Result<ModelFile, LoadError> {
    let mut document = document();
    *document.pointer_mut(place).unwrap_or_else(|| panic!("no {place}")) = value;
    load(&document)
}

#[track_caller]
fn assert_field(loaded: Result<ModelFile, LoadError>, name: &str) {
    match loaded {
        Err(LoadError::Field { field, found }) => assert_eq!(field, name, "{found}"),
        other => panic!("expected an error about {name}, got {:?}", other.err()),
    }
}

#[track_caller]
fn problem(loaded: Result<ModelFile, LoadError>) -> TreeProblem {
    match loaded {
        Err(LoadError::Tree { problem, .. }) => problem,
        other => panic!("expected an error about a tree, got {:?}", other.err()),
    }
}

/// The root of tree 0 is an inner node with two terms.
fn root_terms(document: &Value) -> u64 {
    document["trees"][0]["hyperplanes"]["end"][0].as_u64().unwrap()
}

#[test]
fn a_file_reads_back_to_the_last_bit() {
    let x = Recipe { missing: 0.1, ..Recipe::new(500, 2, 8) }.cook();
    for level in [0, 1] {
        let model = model(level);
        let text = model.to_json().unwrap();
        let read = ModelFile::from_slice(text.as_bytes()).unwrap();
        assert_eq!(read.format_version(), 2);
        assert_eq!(read.forest().trees(), model.forest().trees());
        assert_eq!(read.forest().params(), model.forest().params());
        assert_eq!(read.forest().medians(), model.forest().medians());
        assert_same_bits(&scores(read.forest(), x.view()), &scores(model.forest(), x.view()), "scores");
        assert_eq!(read.to_json().unwrap(), text);
    }
}

#[test]
fn a_file_says_its_detector_and_what_a_missing_value_is_read_as() {
    let document = document();
    assert_eq!(document["format_version"], json!(2));
    assert_eq!(document["detector"], json!({"name": "extended", "extension_level": 1}));
    assert_eq!(document["medians"].as_array().unwrap().len(), 2);
    assert_eq!(document["params"].as_object().unwrap().len(), 9);
    assert_eq!(root_terms(&document), 2);
}

#[test]
fn a_detector_in_the_wrong_version_is_an_error() {
    let mut first = small_json();
    first["detector"] = json!({"name": "standard"});
    assert_field(load(&first), "detector");
    first["format_version"] = json!(2);
    assert_field(load(&first), "detector");
    first.as_object_mut().unwrap().remove("detector");
    assert_field(load(&first), "detector");
    assert_field(load_with("/format_version", json!(1)), "detector");
}

#[test]
fn a_detector_that_is_none_is_an_error() {
    for detector in
        [json!({"name": "other"}), json!({}), json!("extended"), json!({"name": "extended", "extension_level": -1})]
    {
        assert!(matches!(load_with("/detector", detector), Err(LoadError::Json(_))));
    }
    let extra = json!({"name": "extended", "extension_level": 1, "more": 1});
    assert!(matches!(load_with("/detector", extra), Err(LoadError::Json(_))));
    let message = |level| load_with("/detector/extension_level", level).err().map(|error| error.to_string());
    let field = "field `detector.extension_level` is ";
    assert_eq!(message(json!(null)), Some(format!("{field}null; expected the level that was used")));
    for level in [2, u64::MAX] {
        let expected = format!("{field}{level}; expected from 0 to the number of columns less one, 1");
        assert_eq!(message(json!(level)), Some(expected));
    }
}

#[test]
fn medians_that_are_not_one_finite_number_a_feature_are_errors() {
    for medians in [json!([]), json!([1.0]), json!([1.0, 2.0, 3.0]), json!([1.0, 1e39])] {
        match load_with("/medians", medians) {
            Err(LoadError::Field { field, .. }) => assert_eq!(field, "medians"),
            Err(LoadError::Json(error)) => assert!(error.to_string().contains("number"), "{error}"),
            other => panic!("{:?}", other.err()),
        }
    }
    let mut first = small_json();
    first["medians"] = json!([1.0, 2.0]);
    assert_field(load(&first), "medians");
}

#[test]
fn a_file_of_version_1_has_no_field_of_version_2_not_even_an_empty_one() {
    for (object, field, value) in [
        ("", "detector", json!(null)),
        ("", "medians", json!([])),
        ("", "medians", json!(null)),
        ("/trees/1", "leaf_value", json!([])),
        ("/trees/1", "leaf_value", json!(null)),
        ("/trees/1", "hyperplanes", json!(null)),
    ] {
        let mut first = small_json();
        first.pointer_mut(object).unwrap()[field] = value.clone();
        match load(&first) {
            Err(LoadError::Json(error)) => assert!(error.to_string().contains("invalid"), "{field} {value}: {error}"),
            other => panic!("{field} {value}: {:?}", other.err()),
        }
    }
}

#[test]
fn a_hyperplane_of_more_features_than_the_level_has_is_an_error() {
    let x = Recipe::new(40, 3, 7).cook();
    let forest = extended(2).n_estimators(3).fit(x.view()).unwrap();
    let profile = TrainingProfile::new(&forest, x.view()).unwrap();
    let mut document: Value = serde_json::from_str(&ModelFile::new(forest, profile).to_json().unwrap()).unwrap();
    assert_eq!(root_terms(&document), 3);
    document["detector"]["extension_level"] = json!(1);
    let found = problem(load(&document));
    assert!(matches!(found, TreeProblem::Hyperplane(what) if what.contains("more features")), "{found}");
}

#[test]
fn a_missing_value_of_a_cut_along_an_axis_goes_where_its_median_goes() {
    let document: Value = serde_json::from_str(&model(0).to_json().unwrap()).unwrap();
    let side = document["trees"][0]["missing_left"][0].as_bool().unwrap();
    let mut changed = document.clone();
    changed["trees"][0]["missing_left"][0] = json!(!side);
    assert!(matches!(problem(load(&changed)), TreeProblem::MissingSide { found, .. } if found != side));

    // The threshold itself is the left side's.
    let feature = document["trees"][0]["feature"][0].as_u64().unwrap() as usize;
    let median = document["medians"][feature].as_f64().unwrap() as f32;
    for (threshold, side) in [(median, true), (median.next_down(), false)] {
        let mut changed = document.clone();
        changed["trees"][0]["threshold"][0] = json!(threshold);
        changed["trees"][0]["missing_left"][0] = json!(side);
        assert!(load(&changed).is_ok());
        changed["trees"][0]["missing_left"][0] = json!(!side);
        assert!(matches!(problem(load(&changed)), TreeProblem::MissingSide { .. }));
    }
}

#[test]
fn parts_that_a_detectors_trees_do_not_have_or_need_are_errors() {
    let mut first = small_json();
    first["trees"][1]["hyperplanes"] = document()["trees"][1]["hyperplanes"].clone();
    assert!(matches!(problem(load(&first)), TreeProblem::Part { part: "hyperplanes", is_there: true, .. }));

    let mut first = small_json();
    first["trees"][1]["leaf_value"] = json!([1.0]);
    assert!(matches!(problem(load(&first)), TreeProblem::Part { part: "leaf_value", is_there: true, .. }));

    let mut none = document();
    none["trees"][1].as_object_mut().unwrap().remove("hyperplanes");
    let found = problem(load(&none));
    assert!(matches!(found, TreeProblem::Part { part: "hyperplanes", is_there: false, .. }));
    assert_eq!(found.to_string(), "hyperplanes is not there, which trees of the detector extended need");

    assert!(matches!(
        problem(load_with("/detector/extension_level", json!(0))),
        TreeProblem::Part { part: "hyperplanes", is_there: true, .. }
    ));
}

#[test]
fn arrays_of_hyperplanes_of_another_length_are_errors() {
    for array in ["end", "feature", "weight", "point"] {
        let mut document = document();
        document["trees"][0]["hyperplanes"][array].as_array_mut().unwrap().pop();
        let found = problem(load(&document));
        let expected = matches!(found, TreeProblem::ArrayLength { .. } | TreeProblem::HyperplaneEnds { .. });
        assert!(expected, "{array}: {found}");
    }
    assert!(matches!(
        problem(load_with("/trees/0/hyperplanes/end/0", json!(4_000_000_000_u32))),
        TreeProblem::HyperplaneEnds { .. }
    ));
}

#[test]
fn hyperplanes_that_are_none_are_errors() {
    let found = |place: &str, value| match problem(load_with(&format!("/trees/0/hyperplanes/{place}"), value)) {
        TreeProblem::Hyperplane(what) => what,
        other => panic!("{place}: {other}"),
    };
    assert!(found("end/0", json!(0)).contains("begin"));
    assert!(found("feature/0", json!(1)).contains("begin"));
    assert!(found("feature/1", json!(0)).contains("rise"));
    assert!(found("feature/1", json!(2)).contains("feature that the model does not"));
    assert!(found("feature/1", json!(u32::MAX)).contains("feature that the model does not"));
    assert!(found("weight/0", json!(0.125)).contains("threshold"));
    assert!(found("point/1", json!(123.0)).contains("threshold"));

    let mut at_leaf = document();
    let tree = &mut at_leaf["trees"][0];
    let ends = tree["hyperplanes"]["end"].as_array_mut().unwrap();
    let terms = ends.last().unwrap().as_u64().unwrap();
    *ends.last_mut().unwrap() = json!(terms + 1);
    for (array, value) in [("feature", json!(0)), ("weight", json!(1.0)), ("point", json!(0.0))] {
        tree["hyperplanes"][array].as_array_mut().unwrap().push(value);
    }
    assert!(matches!(problem(load(&at_leaf)), TreeProblem::Hyperplane(what) if what.contains("leaf")));

    let missing = problem(load_with("/trees/0/missing_left/0", json!(true)));
    assert!(matches!(missing, TreeProblem::Hyperplane(what) if what.contains("missing_left")));
    let threshold = problem(load_with("/trees/0/threshold/0", json!(77.5)));
    assert!(matches!(threshold, TreeProblem::Hyperplane(what) if what.contains("threshold")));
}

#[test]
fn a_node_without_rows_is_an_error_unless_it_is_a_leaf_below_the_root() {
    let document = document();
    let tree = &document["trees"][0];
    let place = |what: &str, node: usize| format!("/trees/0/{what}/{node}");
    assert!(tree["n_samples"].as_array().unwrap().iter().any(|rows| rows == 0), "no empty leaf in the example");
    assert!(matches!(problem(load_with(&place("n_samples", 0), json!(0))), TreeProblem::NoSamples));
    let inner = (1..10).find(|&node| tree["left"][node] != -1).unwrap();
    assert!(matches!(
        problem(load_with(&place("n_samples", inner), json!(0))),
        TreeProblem::NoSamples | TreeProblem::SampleSum { .. }
    ));
}

#[test]
fn numbers_that_no_f32_can_hold_are_errors() {
    for array in ["weight", "point"] {
        let loaded = load_with(&format!("/trees/0/hyperplanes/{array}/0"), json!(1e39));
        match loaded {
            Err(LoadError::Tree { problem: TreeProblem::Hyperplane(what), .. }) => assert!(what.contains("finite")),
            Err(LoadError::Json(_)) => {}
            other => panic!("{:?}", other.err()),
        }
    }
}

#[test]
fn a_byte_changed_or_taken_away_is_an_error_or_a_model_that_scores() {
    let text = model(1).to_json().unwrap().into_bytes();
    let rows = isoforest::ndarray::array![[f64::NAN, 0.0], [3e38, -3e38], [0.1, 0.2]];
    let check = |bytes: &[u8]| {
        if let Ok(model) = ModelFile::from_slice(bytes) {
            assert!(scores(model.forest(), rows.view()).iter().all(|score| (-1.0..0.0).contains(score)));
            let explained = isoforest::Explainer::new(model.forest()).explain(rows.view()).unwrap();
            assert!(explained.iter().all(|value| value.is_finite()));
        }
    };
    for place in 0..text.len() {
        for byte in *b"019-.e,\"} " {
            let mut bytes = text.clone();
            bytes[place] = byte;
            check(&bytes);
        }
        let mut bytes = text.clone();
        bytes.remove(place);
        check(&bytes);
    }
}

#[test]
fn a_model_without_a_detector_in_its_builder_is_written_as_before() {
    assert_eq!(Detector::default(), Detector::Standard);
    assert_eq!(small_json()["format_version"], json!(1));
    assert!(small_json().get("detector").is_none() && small_json().get("medians").is_none());
}
