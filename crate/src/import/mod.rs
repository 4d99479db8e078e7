//! Forests that were grown elsewhere.
//!
//! A file from elsewhere is untrusted, as a model file is: whatever is in it, the answer is a forest that can be used, or an error.

/// Rows that a forest was not fitted on.
mod mismatch;
/// scikit-learn's forests, in the JSON that `sklearn_to_json.py`, beside this file, writes.
mod scikit_learn;

pub use mismatch::Mismatch;
pub use scikit_learn::{ImportError, MAX_BYTES, SKLEARN_TO_JSON, ScikitLearnForest};
