//! Figures, checked through the JSON that JupyterLab gets.
#![cfg(feature = "plot")]

/// Decision boundaries, with training rows or predictions.
mod boundary;
/// Box plots.
mod box_plot;
/// What all figures have.
mod every_figure;
/// Explanations as bars.
mod explanation;
/// Histograms.
mod histogram;
/// Scatter plots.
mod scatter;
/// The picture for readers without scripts.
mod still_picture;
/// Threshold curves.
mod threshold_curve;

use isoforest::explain::{Direction, FeatureContribution};
use isoforest::plot::{Grid, Labels, decision_boundary};
use isoforest::plotly::Plot;
use ndarray::{Array1, ArrayView2, array};
use serde_json::Value;
use std::io;

fn json(plot: &Plot) -> Value {
    serde_json::from_str(&plot.to_json()).unwrap()
}

fn labels() -> Labels {
    Labels::new("A title").x("mean").y("sd")
}

/// The text over the figure: title and notes.
fn heading(figure: &Value) -> String {
    figure["layout"]["title"]["text"].as_str().unwrap().to_owned()
}

fn axis_title(figure: &Value, axis: &str) -> String {
    figure["layout"][axis]["title"]["text"].as_str().unwrap().to_owned()
}

/// Positive inside a circle of radius 20 around (20, 20): 20 there, about -50.7 in the farthest corner of the default grid.
#[expect(clippy::unnecessary_wraps, reason = "a decision function may fail")]
fn circle(points: ArrayView2<'_, f64>) -> io::Result<Array1<f64>> {
    Ok(points.rows().into_iter().map(|row| 20.0 - (row[0] - 20.0).hypot(row[1] - 20.0)).collect())
}

fn boundary_figure() -> Value {
    let rows = array![[20.0, 20.0], [20.0, 20.0], [60.0, 60.0]];
    json(&decision_boundary(rows.view(), Grid::default(), &labels(), circle).unwrap())
}

fn trace<'a>(figure: &'a Value, name: &str) -> &'a Value {
    let traces = figure["data"].as_array().unwrap();
    traces.iter().find(|trace| trace["name"].as_str().is_some_and(|found| found.starts_with(name))).unwrap()
}

fn numbers(values: &Value) -> Vec<f64> {
    values.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

/// A feature whose value 66.3 is high.
fn feature(name: &str, contribution: f64) -> FeatureContribution {
    FeatureContribution { name: name.to_owned(), value: Some(66.3), contribution, direction: Some(Direction::High) }
}

/// Many distinct rows, the same at every call.
fn distinct_rows(n: u32) -> impl Iterator<Item = (f64, f64)> + Clone {
    (0..n).map(|i| (f64::from(i) * 0.618_034 % 1.0, f64::from(i) * 0.754_878 % 1.0))
}
