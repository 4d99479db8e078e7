//! Schemas and examples for the model that is served: how many features a row has, and rows that it knows.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::limits::MAX_ROWS;
use crate::model_store::ServedModel;
use crate::routes::MODEL_NAME;

/// Numbers with at most so many digits before and after the point stand for all numbers in the pattern of CSV.
const NUMBER_PATTERN: &str = r"-?[0-9]{1,9}(\.[0-9]{1,9})?";

/// The forest reads numbers as `f32`: from here on, half a step above the largest one, they become infinite and are refused.
const NUMBERS_END: f64 = 3.402_823_567_797_336_6e38;

/// Completes the description.
pub(super) fn complete(api: &mut Value, model: &ServedModel) {
    let rows = Rows::of(model);
    let schemas = "/components/schemas";
    set(api, &format!("{schemas}/PredictionRequest/properties/feature_vector"), &rows.row());
    set(
        api,
        &format!("{schemas}/PredictionsRequest/properties/feature_vectors"),
        &json!({"items": rows.row(), "minItems": 1, "maxItems": MAX_ROWS, "example": [rows.usual, rows.unusual]}),
    );
    let flat: Vec<&Value> = rows.usual.iter().chain(&rows.unusual).collect();
    set(
        api,
        &format!("{schemas}/InferInput/properties/shape"),
        &json!({
            "prefixItems": [{"type": "integer", "minimum": 1, "maximum": MAX_ROWS}, {"const": rows.n_features}],
            "items": {"type": "integer", "minimum": 1},
            "minItems": 2, "maxItems": 2, "example": [2, rows.n_features],
        }),
    );
    set(api, &format!("{schemas}/TensorData"), &json!({"example": flat}));
    set(api, "/paths/~1predictions/post/requestBody/content/text~1csv", &rows.csv(model.forest().feature_names()));
    let names = [("name", MODEL_NAME), ("version", model.version())];
    for path in api.get_mut("paths").and_then(Value::as_object_mut).into_iter().flat_map(serde_json::Map::values_mut) {
        for operation in path.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
            for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some((_, only)) =
                    names.iter().find(|(name, _)| parameter["name"] == *name && parameter["in"] == "path")
                {
                    parameter["schema"] = json!({"type": "string", "enum": [only]});
                    parameter["example"] = json!(only);
                }
            }
        }
    }
}

/// Adds fields to the object at `pointer`, or replaces them.
fn set(api: &mut Value, pointer: &str, fields: &Value) {
    if let (Some(Value::Object(object)), Value::Object(fields)) = (api.pointer_mut(pointer), fields) {
        object.extend(fields.clone());
    }
}

/// Rows of the model's features.
struct Rows {
    n_features: usize,
    /// The medians of the training data.
    usual: Vec<Value>,
    /// The largest values of the training data.
    unusual: Vec<Value>,
}

impl Rows {
    fn of(model: &ServedModel) -> Self {
        let features = &model.file().profile().features;
        Self {
            n_features: features.len(),
            usual: model.medians().iter().map(|median| json!(median)).collect(),
            unusual: features.iter().map(|feature| json!(feature.distribution.max)).collect(),
        }
    }

    /// Schema of a row.
    fn row(&self) -> Value {
        json!({
            "type": "array",
            "items": {
                "type": ["number", "null"], "format": "double",
                "exclusiveMinimum": -NUMBERS_END, "exclusiveMaximum": NUMBERS_END,
            },
            "minItems": self.n_features, "maxItems": self.n_features, "example": self.usual,
        })
    }

    /// Schema and example of CSV.
    fn csv(&self, names: &[String]) -> Value {
        let header: Vec<String> = names.iter().map(|name| escape(name)).collect();
        let cells = vec![NUMBER_PATTERN; self.n_features].join(",");
        let mut example = names.join(",");
        for row in [&self.usual, &self.unusual] {
            let cells: Vec<String> =
                row.iter().map(|cell| if cell.is_null() { String::new() } else { cell.to_string() }).collect();
            // Writing to a string cannot fail.
            let _ = write!(example, "\n{}", cells.join(","));
        }
        let pattern = format!("^{}(\\n{cells}){{1,{MAX_ROWS}}}\\n?$", header.join(","));
        json!({"schema": {"type": "string", "pattern": pattern}, "example": example + "\n"})
    }
}

/// A column's name inside of a pattern, quoted where CSV demands it.
fn escape(name: &str) -> String {
    let quoted = if name.contains([',', '"']) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name.to_owned() };
    let special =
        |character: char| character.is_ascii_punctuation() && character != '_' && character != '"' && character != ',';
    quoted.chars().flat_map(|character| special(character).then_some('\\').into_iter().chain([character])).collect()
}

#[cfg(test)]
mod tests {
    use super::NUMBERS_END;

    #[test]
    fn numbers_end_where_they_become_infinite() {
        assert!((NUMBERS_END as f32).is_infinite());
        assert_eq!(NUMBERS_END.next_down() as f32, f32::MAX);
    }
}
