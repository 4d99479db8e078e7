use serde::Serialize;

/// A value as indented JSON text, for a cell to print: parameters, a profile, a tree.
///
/// A value that JSON has no form for gives the reason instead: a cell is read by people.
///
/// ```
/// use isoforest::{IsolationForest, notebook::json};
///
/// let params = IsolationForest::builder().n_estimators(50);
/// assert!(json(&params).contains("\"n_estimators\": 50"));
/// ```
pub fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|error| format!("cannot be written as JSON: {error}"))
}
