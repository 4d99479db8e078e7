use isoforest::plot::{MAX_MARKERS, PlotError, scatter};
use serde_json::json;

use crate::{distinct_rows, heading, json, labels, numbers};

#[test]
fn a_scatter_plot_merges_coinciding_rows_and_counts_them() {
    let figure = json(&scatter([1.0, 0.0, 1.0, 1.0, 0.5], [2.0, 0.0, 2.0, 2.0, 0.5], &labels()).unwrap());
    let points = &figure["data"][0];
    assert_eq!((numbers(&points["x"]), numbers(&points["y"])), (vec![1.0, 0.0, 0.5], vec![2.0, 0.0, 0.5]));
    assert_eq!(points["customdata"], json!([3, 1, 1]));
    let sizes = numbers(&points["marker"]["size"]);
    let crowd = json(&scatter(vec![1.0; 10_000], vec![1.0; 10_000], &labels()).unwrap());
    assert!(numbers(&crowd["data"][0]["marker"]["size"])[0] >= sizes[1] + 10.0);
    let hover = points["hovertemplate"].as_str().unwrap();
    assert_eq!(hover, "mean: %{x}<br>sd: %{y}<br>rows here: %{customdata:,}<extra></extra>");
    assert_eq!(heading(&figure), "A title");
}

#[test]
fn a_scatter_plot_of_many_distinct_rows_is_thinned_and_says_so() {
    let rows = distinct_rows(30_000).chain([(9.0, 9.0)]);
    let draw = || json(&scatter(rows.clone().map(|row| row.0), rows.clone().map(|row| row.1), &labels()).unwrap());
    let figure = draw();
    let points = &figure["data"][0];
    let drawn = numbers(&points["x"]).len();
    assert!(drawn <= MAX_MARKERS, "{drawn}");
    assert_eq!(numbers(&points["customdata"]).iter().sum::<f64>(), 30_001.0);
    assert!(numbers(&points["x"]).contains(&9.0), "the lone outlier is drawn");
    assert!(heading(&figure).contains("30,001 rows thinned to"), "{}", heading(&figure));
    assert_eq!(figure, draw());
}

#[test]
fn rows_without_two_values_are_left_out_and_mentioned() {
    let figure = json(&scatter([1.0, f64::NAN, 2.0], [1.0, 1.0, f64::INFINITY], &labels()).unwrap());
    assert_eq!(figure["data"][0]["x"], json!([1.0]));
    assert!(heading(&figure).contains("2 rows without a finite value not drawn"));
    let error = scatter([f64::NAN], [1.0], &labels()).err().unwrap();
    assert_eq!(error.to_string(), "nothing to draw: none of the 1 rows has a finite value of both mean and sd");
}

#[test]
fn columns_of_different_lengths_are_an_error_with_both_lengths() {
    let error = scatter([1.0, 2.0, 3.0], [1.0], &labels()).err().unwrap();
    assert!(matches!(error, PlotError::LengthMismatch { n_x: 3, n_y: 1, .. }), "{error}");
    let error = scatter([1.0], [1.0, 2.0], &labels()).err().unwrap();
    assert_eq!(error.to_string(), "`mean` has 1 values and `sd` has 2: a point needs one of each");
}
