//! One feature over another.

use plotly::Plot;
use plotly::common::MarkerSymbol;

use super::error::PlotError;
use super::labels::Labels;
use super::points::{MAX_MARKERS, Markers};
use super::style::{self, MarkerStyle};

/// Draws `y` over `x`, a marker for each distinct position.
///
/// Rows that coincide are one marker: the hover text gives their number, and the marker grows with it. More than
/// [`MAX_MARKERS`] positions are drawn together with their closest neighbours, and the line under the title says so. Rows
/// with a missing or infinite value are left out, which that line says too.
///
/// # Errors
///
/// [`PlotError::LengthMismatch`] if the columns differ in length, [`PlotError::NothingToDraw`] if no row has two finite
/// values.
///
/// # Example
///
/// ```
/// use isoforest::plot::{Labels, scatter};
///
/// let figure = scatter([0.0, 0.0, 3.0], [1.0, 1.0, 2.0], &Labels::new("Two places").x("mean").y("sd"))?;
/// let json: serde_json::Value = serde_json::from_str(&figure.to_json())?;
/// assert_eq!(json["data"][0]["x"], serde_json::json!([0.0, 3.0]));
/// assert_eq!(json["data"][0]["customdata"], serde_json::json!([2, 1]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn scatter(
    x: impl IntoIterator<Item = f64>,
    y: impl IntoIterator<Item = f64>,
    labels: &Labels,
) -> Result<Plot, PlotError> {
    let (x_name, y_name) = (labels.x_or("x"), labels.y_or("y"));
    let (mut x, mut y) = (x.into_iter(), y.into_iter());
    let rows: Vec<(f64, f64)> = x.by_ref().zip(y.by_ref()).collect();
    let (n_x, n_y) = (rows.len() + x.count(), rows.len() + y.count());
    if n_x != n_y {
        return Err(PlotError::LengthMismatch { x: x_name.to_owned(), y: y_name.to_owned(), n_x, n_y });
    }
    let markers = Markers::new(rows, MAX_MARKERS);
    if markers.n_rows == 0 {
        return Err(PlotError::NothingToDraw { what: format!("both {x_name} and {y_name}"), n_rows: n_x });
    }
    let style = MarkerStyle { color: style::DATA, size: 5, symbol: MarkerSymbol::Circle };
    let (mut plot, layout) =
        style::figure(labels, &markers.notes(), style::HEIGHT, style::axis(x_name), style::axis(y_name));
    plot.add_trace(style::marker_trace(&markers, style, x_name, y_name));
    plot.set_layout(layout);
    Ok(plot)
}
