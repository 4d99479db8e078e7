//! Grids as packed bytes: Jupyter saves a list with a number a line, which would make a boundary plot a megabyte.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use plotly::Plot;
use serde_json::{Value, json};

/// The figure as plotly's JSON, with each trace's grid `z` as a typed array: base64 of little-endian `f32`, row after row
/// (plotly.js reads it from version 2.28 on). Seven digits are far finer than a shade of colour.
pub(super) fn packed_json(plot: &Plot) -> String {
    let mut figure = serde_json::to_value(plot).unwrap_or_default();
    let traces = figure.get_mut("data").and_then(Value::as_array_mut);
    for trace in traces.into_iter().flatten() {
        if let Some(grid) = trace.get_mut("z")
            && let Some(packed) = pack(grid)
        {
            *grid = packed;
        }
    }
    figure.to_string()
}

/// A rectangle of numbers as a typed array; nothing for anything else.
fn pack(grid: &Value) -> Option<Value> {
    let rows = grid.as_array()?;
    let n_columns = rows.first()?.as_array()?.len();
    let mut bytes = Vec::with_capacity(rows.len() * n_columns * size_of::<f32>());
    for row in rows {
        let row = row.as_array().filter(|row| row.len() == n_columns)?;
        for value in row {
            bytes.extend((value.as_f64()? as f32).to_le_bytes());
        }
    }
    Some(
        json!({ "dtype": "f4", "bdata": BASE64_STANDARD.encode(bytes), "shape": format!("{},{n_columns}", rows.len()) }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_is_packed_row_after_row() {
        // numpy: base64.b64encode(numpy.array([[1, -1], [0.5, 2]], "<f4"))
        let packed = pack(&json!([[1.0, -1.0], [0.5, 2.0]])).unwrap();
        assert_eq!(packed, json!({ "dtype": "f4", "bdata": "AACAPwAAgL8AAAA/AAAAQA==", "shape": "2,2" }));
    }

    #[test]
    fn what_is_no_rectangle_of_numbers_stays_as_it_is() {
        for other in [json!([1.0, 2.0]), json!([[1.0], [1.0, 2.0]]), json!([[1.0, null]]), json!([]), json!("z")] {
            assert_eq!(pack(&other), None, "{other}");
        }
    }
}
