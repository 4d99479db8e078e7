//! Files that are damaged outside the trees: cut off, of another kind, with fields that cannot be.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use isoforest::{LoadError, ModelFile};
use serde_json::json;

use crate::common::small_json;
use crate::{Loaded, assert_json, load, load_changed, load_with};

/// Fails unless loading ended in an error about this field.
#[track_caller]
fn assert_field(loaded: Loaded, name: &str) {
    match loaded {
        Err(LoadError::Field { field, found }) => {
            assert_eq!(field, name, "{found}");
            assert!(!found.is_empty());
        }
        other => panic!("expected an error about {name}, got {other:?}"),
    }
}

#[test]
fn the_undamaged_file_loads() {
    load_changed(|_| ()).unwrap();
}

#[test]
fn an_empty_file_is_an_error() {
    for bytes in [&b""[..], b" ", b"\n\n\t"] {
        assert!(matches!(load(bytes), Err(LoadError::Empty)));
    }
}

#[test]
fn a_file_cut_off_anywhere_is_an_error() {
    let text = small_json().to_string();
    for end in 0..text.len() {
        let loaded = load(&text.as_bytes()[..end]);
        assert!(matches!(loaded, Err(LoadError::Json(_) | LoadError::Empty)), "cut at {end}: {loaded:?}");
    }
}

#[test]
fn anything_after_the_document_is_an_error() {
    let text = small_json().to_string();
    assert_json(load(format!("{text}{text}").as_bytes()), "trailing");
    load(format!(" {text}\n").as_bytes()).unwrap();
}

#[test]
fn other_json_is_an_error() {
    for text in ["null", "[]", "{}", "1", "\"isoforest\"", "{\"format\":\"isoforest\"}", "not json", "\u{feff}{}"] {
        assert_json(load(text.as_bytes()), "");
    }
    assert_json(load(&b"[".repeat(1_000_000)), "");
    assert_json(load(&b"{\"trees\":".repeat(200_000)), "");
    assert_json(load(&[0xFF; 100]), "");
}

#[test]
fn what_the_json_should_be_is_told_in_plain_words() {
    let told = [
        load(b"null"),
        load(b"[]"),
        load(b"mean,sd"),
        load(&b"{\"format\":\"isoforest\""[..]),
        load_with("/n_features", json!("two")),
    ];
    let expected = [
        "expected an object at line 1 column 4, found null",
        "expected an object at line 1 column 2, found a list of 0",
        "it is not JSON at line 1 column 1: expected value",
        "the document ends too early, at line 1 column 21; it may have been cut short",
        ", found string \"two\"",
    ];
    for (told, expected) in told.into_iter().zip(expected) {
        let told = told.unwrap_err().to_string();
        assert!(told.starts_with("not a model file: ") && told.ends_with(expected), "{told}");
    }
}

#[test]
fn another_format_is_an_error_that_names_it() {
    match load_with("/format", json!("onnx")) {
        Err(error @ LoadError::Format(_)) => assert!(error.to_string().contains("onnx"), "{error}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn another_version_is_an_error_that_names_it_even_if_its_fields_are_others() {
    for version in [0, 3, 4_000_000_000_u32] {
        let loaded = load_with("/format_version", json!(version));
        assert!(matches!(&loaded, Err(LoadError::Version(found)) if *found == version), "{loaded:?}");
        let text = loaded.unwrap_err().to_string();
        assert!(text.contains(&version.to_string()), "{text}");
    }
    let other_fields = r#"{"format": "isoforest", "format_version": 3, "forest": {"trees": []}}"#;
    assert!(matches!(load(other_fields.as_bytes()), Err(LoadError::Version(3))));
}

#[test]
fn parameters_out_of_range_are_errors_that_name_them() {
    for (name, value) in [
        ("n_estimators", json!(0)),
        ("max_samples", json!(0)),
        ("max_samples", json!(1.5)),
        ("contamination", json!(0.7)),
        ("max_features", json!(-0.5)),
        ("n_jobs", json!(0)),
    ] {
        match load_with(&format!("/params/{name}"), value) {
            Err(LoadError::Params(error)) => assert_eq!(error.name, name),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn parameters_of_another_kind_are_errors() {
    for (name, value) in [
        ("n_estimators", json!("100")),
        ("max_samples", json!("all")),
        ("contamination", json!(true)),
        ("max_features", json!("auto")),
        ("bootstrap", json!(0)),
        ("random_state", json!(-1)),
        ("random_state", json!(4_294_967_296_u64)),
        ("verbose", json!(-1)),
    ] {
        assert_json(load_with(&format!("/params/{name}"), value), "");
    }
}

#[test]
fn a_number_of_trees_other_than_n_estimators_is_an_error() {
    assert_field(load_with("/params/n_estimators", json!(4)), "trees");
    assert_field(load_with("/trees", json!([])), "trees");
    assert_field(load_changed(|document| drop(document["trees"].as_array_mut().unwrap().pop())), "trees");
}

#[test]
fn sizes_that_disagree_are_errors() {
    assert_field(load_with("/n_features", json!(3)), "feature_names");
    assert_field(load_with("/n_features", json!(0)), "n_features");
    assert_field(load_with("/feature_names", json!(["mean"])), "feature_names");
    assert_field(load_with("/feature_names", json!(["mean", "other"])), "training_profile.features");
}

#[test]
fn max_samples_out_of_range_is_an_error() {
    for value in [json!(0), json!(1_u64 << 31), json!(u64::MAX)] {
        assert_field(load_with("/max_samples_", value), "max_samples_");
    }
    assert_json(load_with("/max_samples_", json!(-1)), "");
}

#[test]
fn an_offset_outside_minus_one_to_zero_is_an_error() {
    for offset in [0.0, 0.1, -1.000_000_1, -5.0, 1e300, -1e300] {
        assert_field(load_with("/offset_", json!(offset)), "offset_");
    }
    load_with("/offset_", json!(-1.0)).unwrap();
    assert_json(load_with("/offset_", json!(null)), "");
}

#[test]
fn a_time_that_is_none_is_an_error() {
    for time in ["", "yesterday", "2026-13-01T00:00:00Z", "2026-01-01"] {
        assert_field(load_with("/created_at", json!(time)), "created_at");
    }
}

#[test]
fn a_file_without_the_seed_is_an_error() {
    assert_field(load_with("/params/random_state", json!(null)), "params.random_state");
}

#[test]
fn a_profile_that_cannot_be_is_an_error() {
    for (place, value) in [
        ("/rows", json!(0)),
        ("/features", json!([])),
        ("/scores/min", json!(null)),
        ("/scores/shares", json!([1.0])),
        ("/scores/shares/0", json!(1.5)),
        ("/scores/edges/0", json!(1e9)),
        ("/scores/edges", json!([])),
    ] {
        let loaded = load_with(&format!("/training_profile{place}"), value);
        let Err(LoadError::Field { field, .. }) = loaded else { panic!("{place}: {loaded:?}") };
        assert!(field.starts_with("training_profile"), "{field}");
    }
    let loaded = load_with("/training_profile/features/1/missing", json!(41));
    let Err(LoadError::Field { field, .. }) = loaded else { panic!("{loaded:?}") };
    assert_eq!(field, "training_profile.features[1]");
}

#[test]
fn a_field_given_twice_is_an_error() {
    let text = small_json().to_string().replacen("{\"created_at\"", "{\"offset_\":-0.5,\"created_at\"", 1);
    assert_json(load(text.as_bytes()), "duplicate field");
}

#[test]
fn a_file_that_is_not_there_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let error = ModelFile::read(folder.path().join("absent.json")).unwrap_err();
    assert!(matches!(error, LoadError::Io { .. }));
    assert!(error.to_string().contains("absent.json"), "{error}");
    assert!(matches!(ModelFile::read(folder.path()), Err(LoadError::Io { .. })), "a folder");
}

#[test]
fn a_file_of_two_gigabytes_is_an_error_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.json");
    let mut file = File::create(&path).unwrap();
    // A hole: nothing of it is on the disk.
    file.seek(SeekFrom::Start((2 << 30) - 1)).unwrap();
    file.write_all(b"}").unwrap();
    drop(file);
    let start = std::time::Instant::now();
    assert!(matches!(ModelFile::read(&path), Err(LoadError::TooLarge)));
    assert!(start.elapsed().as_secs() < 2);
}
