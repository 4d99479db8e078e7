use plotly::{Plot, Scatter};

use super::{Arrangement, Column, LEGEND, TITLE_WIDTH, axis_name, choose, legend_below_panels, with_axes};
use crate::plot::error::PlotError;
use crate::plot::histogram::{CountAxis, Counted, count};
use crate::plot::labels::Labels;
use crate::plot::numbers::drawable;
use crate::plot::style;
use crate::plot::text::rows;

/// Draws a histogram of `n_bins` equal bins for each column, as [`histogram`](crate::plot::histogram()) does for one.
///
/// `columns` are names with their values. Each axis has the column's name, with [`Labels::unit`] behind it. No more than
/// [`MAX_PANELS`](crate::plot::MAX_PANELS) columns are drawn, the first ones; the line under the title says so, and which
/// columns have no finite value.
///
/// # Errors
///
/// [`PlotError::NoBins`] if `n_bins` is 0, [`PlotError::NothingToDraw`] if no column has a finite value.
///
/// # Example
///
/// ```
/// use isoforest::plot::{Labels, histograms};
///
/// let columns: [(&str, &[f64]); 2] = [("mean", &[0.0, 1.0, 4.0]), ("sd", &[2.0, 2.0, 3.0])];
/// let figure = histograms(&columns, 2, &Labels::new("Both columns").unit("z-score"))?;
/// let json: serde_json::Value = serde_json::from_str(&figure.to_json())?;
/// assert_eq!(json["data"][1]["y"], serde_json::json!([2, 1]));
/// assert_eq!(json["layout"]["xaxis2"]["title"]["text"], "sd (z-score)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn histograms(columns: &[Column<'_>], n_bins: usize, labels: &Labels) -> Result<Plot, PlotError> {
    of_columns(columns, n_bins, labels, |_| None)
}

/// A panel that has its bars.
pub(super) struct Panel<'a> {
    pub number: usize,
    pub name: &'a str,
    /// Rows of the highest bar.
    pub highest: f64,
}

/// The figure of [`histograms`], with another trace on a panel's axes where `more` has one.
pub(super) fn of_columns(
    columns: &[Column<'_>],
    n_bins: usize,
    labels: &Labels,
    more: impl Fn(Panel<'_>) -> Option<Box<Scatter<f64, f64>>>,
) -> Result<Plot, PlotError> {
    let (columns, mut notes) = choose(columns)?;
    let n_columns = columns.len().min(2);
    let places = Arrangement { n_rows: columns.len().div_ceil(2), n_columns, head: 14.0, panel: 260.0, foot: 82.0 };
    let counted = labels.y_or("rows");

    let (mut panels, mut others) = (Vec::new(), Vec::new());
    for (panel, (name, values)) in columns.iter().enumerate() {
        let (drawn, n_rows) = drawable(values.iter().copied());
        if n_rows > drawn.len() {
            notes.push(format!("{name}: {} without a finite value not counted", rows(n_rows - drawn.len())));
        }
        let Counted { bars, y_axis, highest } = count(&drawn, n_bins, CountAxis::Readable, name, counted)?;
        let x_axis = style::short_axis(&labels.with_unit(name), TITLE_WIDTH);
        let place = (places.columns_domain(panel % 2), places.rows_domain(panel / 2));
        panels.push((bars.x_axis(axis_name('x', panel)).y_axis(axis_name('y', panel)), (x_axis, y_axis), place));
        others.extend(more(Panel { number: panel, name, highest }));
    }

    let room_for_legend = if others.is_empty() { 0 } else { LEGEND };
    let height = style::around_axes(labels, &notes) + places.height() as usize + room_for_legend;
    let (mut plot, mut layout) = style::figure(labels, &notes, height, style::axis(""), style::axis(""));
    for (panel, (bars, axes, place)) in panels.into_iter().enumerate() {
        plot.add_trace(bars.show_legend(false));
        layout = with_axes(layout, panel, axes, place);
    }
    if !others.is_empty() {
        layout = layout.show_legend(true).legend(legend_below_panels(places));
    }
    for trace in others {
        plot.add_trace(trace);
    }
    plot.set_layout(layout.bar_gap(0.0));
    Ok(plot)
}
