//! Damaged model files: each damage is a typed error that names the tree and the node, never a panic, never a hang.

#[path = "../common/mod.rs"]
mod common;

/// Files that are damaged outside the trees.
mod document;
/// Trees that are none.
mod trees;

use common::small_json;
use isoforest::{LoadError, ModelFile};
use serde_json::Value;

/// What loading gave; a model's own text would fill the screen.
type Loaded = Result<(), LoadError>;

fn load(bytes: &[u8]) -> Loaded {
    ModelFile::from_slice(bytes).map(drop)
}

/// Loads a document that was changed at one place.
fn load_with(place: &str, value: Value) -> Loaded {
    load_changed(|document| *document.pointer_mut(place).unwrap_or_else(|| panic!("no {place}")) = value)
}

fn load_changed(change: impl FnOnce(&mut Value)) -> Loaded {
    let mut document = small_json();
    change(&mut document);
    load(document.to_string().as_bytes())
}

/// Fails unless loading ended in an error about the JSON whose text has this part.
#[track_caller]
fn assert_json(loaded: Loaded, part: &str) {
    match loaded {
        Err(LoadError::Json(error)) => assert!(error.to_string().contains(part), "{error}"),
        other => panic!("expected an error about the JSON, got {other:?}"),
    }
}
