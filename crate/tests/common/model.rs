//! A small fitted model and its file, to be damaged.

use isoforest::{IsolationForest, MaxSamples, ModelFile, TrainingProfile};
use serde_json::Value;

use super::recipe::Recipe;

/// Three trees of up to sixteen rows on two features, some values missing.
pub fn small_model() -> ModelFile {
    let x = Recipe { missing: 0.1, ..Recipe::new(40, 2, 7) }.cook();
    let forest = IsolationForest::builder()
        .n_estimators(3)
        .max_samples(MaxSamples::Count(16))
        .random_state(16)
        .fit_named(x.view(), &["mean", "sd"])
        .unwrap();
    let profile = TrainingProfile::new(&forest, x.view()).unwrap();
    ModelFile::new(forest, profile)
}

/// Its document.
pub fn small_json() -> Value {
    serde_json::from_str(&small_model().to_json().unwrap()).unwrap()
}
