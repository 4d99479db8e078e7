//! Bytes as a model file: each is an error, or a model that scores any row and survives its own file.
//!
//! ```sh
//! cargo install cargo-fuzz --locked
//! cd crate
//! mkdir -p fuzz/corpus/load_model
//! cargo +nightly fuzz run load_model fuzz/corpus/load_model fuzz/seeds/load_model -- -dict=fuzz/load_model.dict -max_total_time=600
//! ```
#![no_main]

use isoforest::ModelFile;
use isoforest::ndarray::Array2;
use libfuzzer_sys::fuzz_target;

/// Far out, in the middle, missing.
const VALUES: [f32; 5] = [f32::NAN, f32::MIN, -0.5, 0.5, f32::MAX];

/// More columns than this would only make every input slow.
const MAX_FEATURES: usize = 1_000;

fuzz_target!(|bytes: &[u8]| {
    let Ok(model) = ModelFile::from_slice(bytes) else { return };
    let forest = model.forest();
    assert!((-1.0..0.0).contains(&forest.offset()));

    let features = forest.n_features().min(MAX_FEATURES);
    // One row alone, then enough for the walk of many rows together.
    for rows in [1, 17] {
        let x = Array2::from_shape_fn((rows, features), |(row, column)| VALUES[(row * 3 + column) % VALUES.len()]);
        match forest.score_samples(x.view()) {
            Ok(scores) => assert!(scores.iter().all(|score| (-1.0..0.0).contains(score)), "{scores}"),
            Err(error) => assert!(forest.n_features() > MAX_FEATURES, "{error}"),
        }
    }

    let text = model.to_json().expect("a loaded model can be written");
    let again = ModelFile::from_slice(text.as_bytes()).expect("a written model can be read");
    assert_eq!(again.forest().trees(), forest.trees());
});
