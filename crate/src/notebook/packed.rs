//! Numbers as packed bytes: Jupyter saves a list with a number a line, which would make a notebook of a few figures megabytes.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use plotly::Plot;
use serde_json::{Value, json};

/// Shorter lists than this stay as they are: they are small, and can be read.
const LONG: usize = 200;

/// Where a trace keeps its lists of numbers, besides its grid.
const LISTS: [&str; 4] = ["/x", "/y", "/customdata", "/marker/size"];

/// The figure as plotly's JSON, with grids and long lists as typed arrays: base64 of little-endian numbers, which plotly.js
/// reads from version 2.28 on (VS Code's viewer has a later one since February 2024).
pub(super) fn packed_json(plot: &Plot) -> String {
    let mut figure = serde_json::to_value(plot).unwrap_or_default();
    let traces = figure.get_mut("data").and_then(Value::as_array_mut);
    for trace in traces.into_iter().flatten() {
        if let Some(grid) = trace.get_mut("z")
            && let Some(packed) = pack_grid(grid)
        {
            *grid = packed;
        }
        for place in LISTS {
            if let Some(list) = trace.pointer_mut(place)
                && let Some(packed) = pack_list(list)
            {
                *list = packed;
            }
        }
    }
    figure.to_string()
}

/// A rectangle of numbers, row after row, as `f32`, whose seven digits are far finer than a shade of colour; nothing for
/// anything else.
fn pack_grid(grid: &Value) -> Option<Value> {
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

/// A long list of numbers in the fewest bytes that show the same: whole numbers exactly, others as `f32` if nobody can see the
/// difference in the range of the list; nothing for a short list or another one.
fn pack_list(list: &Value) -> Option<Value> {
    let list = list.as_array().filter(|list| list.len() >= LONG)?;
    let values: Vec<f64> = list.iter().map(Value::as_f64).collect::<Option<_>>()?;
    let (low, high) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)));
    let whole = low >= 0.0 && values.iter().all(|value| value.fract() == 0.0);
    let visible = 1e-6 * (high - low);
    let (dtype, bytes): (&str, Vec<u8>) = if whole && high <= f64::from(u8::MAX) {
        ("u1", values.iter().map(|&value| value as u8).collect())
    } else if whole && high <= f64::from(u16::MAX) {
        ("u2", values.iter().flat_map(|&value| (value as u16).to_le_bytes()).collect())
    } else if whole && high <= f64::from(u32::MAX) {
        ("u4", values.iter().flat_map(|&value| (value as u32).to_le_bytes()).collect())
    } else if values.iter().all(|&value| (value - f64::from(value as f32)).abs() <= visible) {
        ("f4", values.iter().flat_map(|&value| (value as f32).to_le_bytes()).collect())
    } else {
        ("f8", values.iter().flat_map(|value| value.to_le_bytes()).collect())
    };
    Some(json!({ "dtype": dtype, "bdata": BASE64_STANDARD.encode(bytes) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_is_packed_row_after_row() {
        // numpy: base64.b64encode(numpy.array([[1, -1], [0.5, 2]], "<f4"))
        let packed = pack_grid(&json!([[1.0, -1.0], [0.5, 2.0]])).unwrap();
        assert_eq!(packed, json!({ "dtype": "f4", "bdata": "AACAPwAAgL8AAAA/AAAAQA==", "shape": "2,2" }));
    }

    #[test]
    fn what_is_no_rectangle_of_numbers_stays_as_it_is() {
        for other in [json!([1.0, 2.0]), json!([[1.0], [1.0, 2.0]]), json!([[1.0, null]]), json!([]), json!("z")] {
            assert_eq!(pack_grid(&other), None, "{other}");
        }
    }

    #[test]
    fn a_long_list_takes_the_fewest_bytes_that_show_the_same() {
        let packed = |first: f64, rest: f64| {
            let packed = pack_list(&json!([vec![first], vec![rest; LONG]].concat())).unwrap();
            let bytes = BASE64_STANDARD.decode(packed["bdata"].as_str().unwrap()).unwrap();
            (packed["dtype"].as_str().unwrap().to_owned(), bytes)
        };
        let kinds = [(255.0, 1.0), (256.0, 1.0), (65_536.0, 1.0), (0.5, 1.5), (1e9, 1e9 + 0.25), (-1.0, 2.0)];
        assert_eq!(kinds.map(|(first, rest)| packed(first, rest).0), ["u1", "u2", "u4", "f4", "f8", "f4"]);
        assert_eq!(packed(258.0, 1.0).1[..4], [2, 1, 1, 0]);
        assert_eq!(packed(0.5, 1.5).1[..8], [0, 0, 0, 63, 0, 0, 192, 63]);
    }

    #[test]
    fn a_short_list_and_a_list_of_other_things_stay_as_they_are() {
        for other in [json!([1.0, 2.0]), json!(vec!["a"; LONG]), json!(vec![Value::Null; LONG]), json!(5)] {
            assert_eq!(pack_list(&other), None);
        }
    }
}
