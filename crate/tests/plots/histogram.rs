use isoforest::plot::{CountAxis, Labels, PlotError, histogram, histogram_with_axis};
use serde_json::{Value, json};

use crate::{axis_title, heading, json, labels};

#[test]
fn a_histogram_has_exactly_n_bins_with_numpys_counts() {
    // numpy.histogram([0, 0.5, 1, 1, 2.5, 3, 4, 10], bins=5): edges 0, 2, 4, 6, 8, 10
    let figure = json(&histogram([0.0, 0.5, 1.0, 1.0, 2.5, 3.0, 4.0, 10.0], 5, &labels()).unwrap());
    let bars = &figure["data"][0];
    assert_eq!(bars["y"], json!([4, 2, 1, 0, 1]));
    assert_eq!(bars["x"], json!([1.0, 3.0, 5.0, 7.0, 9.0]));
    assert_eq!(bars["width"], json!(2.0));
    assert_eq!(bars["hovertext"][1], "[2, 4)");
    assert_eq!(bars["hovertext"][4], "[8, 10]");
    assert_eq!(figure["layout"]["yaxis"]["type"], Value::Null);
}

#[test]
fn a_long_tail_gets_a_log_axis_that_says_so_and_shows_single_rows() {
    let values = || std::iter::repeat_n(0.0, 50_000).chain([100.0]);
    let labels = Labels::new("Tail").x("mean");
    let axis = |figure: &Value| (figure["layout"]["yaxis"]["type"].clone(), axis_title(figure, "yaxis"));
    let readable = json(&histogram(values(), 20, &labels).unwrap());
    assert_eq!(axis(&readable), (json!("log"), "rows (log scale)".to_owned()));
    assert!(readable["layout"]["yaxis"]["range"][0].as_f64().unwrap() < 0.0, "one row is above the axis");
    let linear = json(&histogram_with_axis(values(), 20, CountAxis::Linear, &labels).unwrap());
    assert_eq!(axis(&linear), (Value::Null, "rows".to_owned()));
    let log = json(&histogram_with_axis([1.0, 2.0], 2, CountAxis::Log, &labels).unwrap());
    assert_eq!(axis(&log).0, json!("log"));
}

#[test]
fn histograms_of_nothing_are_errors() {
    assert!(matches!(histogram([1.0], 0, &labels()), Err(PlotError::NoBins)));
    let error = histogram([f64::NAN, f64::NEG_INFINITY], 5, &labels()).err().unwrap();
    assert_eq!(error.to_string(), "nothing to draw: none of the 2 rows has a finite value of mean");
    let figure = json(&histogram([1.0, f64::NAN], 1, &labels()).unwrap());
    assert!(heading(&figure).contains("1 row without a finite value not counted"));
}
