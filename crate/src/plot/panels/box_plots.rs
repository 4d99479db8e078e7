use plotly::Plot;

use super::{Arrangement, Column, MAX_PANELS, TITLE_WIDTH, axis_name, choose, with_axes};
use crate::plot::box_plot::{BoxColumn, strip, strip_axis};
use crate::plot::error::PlotError;
use crate::plot::labels::Labels;
use crate::plot::points::MAX_MARKERS;
use crate::plot::style;
use crate::plot::text::wrap;

/// Draws a box with whiskers and outliers for each column, as [`box_plot`](crate::plot::box_plot()) does for one.
///
/// `columns` are names with their values; a line above each box has its numbers. Where a box would be a sliver, a second
/// panel on its right shows it up close, as long as there are no more than four columns. No more than
/// [`MAX_PANELS`] columns are drawn, the first ones; the line under the title says so, and which columns have no finite
/// value.
///
/// # Errors
///
/// [`PlotError::NothingToDraw`] if no column has a finite value.
///
/// # Example
///
/// ```
/// use isoforest::plot::{Labels, box_plots};
///
/// let columns: [(&str, &[f64]); 2] = [("mean", &[0.0, 1.0, 4.0]), ("sd", &[2.0, 2.0, 3.0])];
/// let figure = box_plots(&columns, &Labels::new("Both columns").unit("z-score"))?;
/// let json: serde_json::Value = serde_json::from_str(&figure.to_json())?;
/// assert_eq!(json["data"][2]["median"], serde_json::json!([2.0]));
/// assert_eq!(json["layout"]["xaxis2"]["title"]["text"], "sd (z-score)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn box_plots(columns: &[Column<'_>], labels: &Labels) -> Result<Plot, PlotError> {
    let (columns, mut notes) = choose(columns)?;
    let n = columns.len();
    let mut boxes = Vec::with_capacity(n);
    for (name, values) in columns {
        boxes.push((name, BoxColumn::new(values.iter().copied(), name)?));
    }
    let close_ups = 2 * n <= MAX_PANELS && boxes.iter().any(|(_, column)| column.is_sliver());
    let n_columns = if close_ups { 2 } else { 1 };
    let places = Arrangement { n_rows: n, n_columns, head: 40.0, panel: 110.0, foot: 66.0 };
    // All columns together have as many markers as a figure may have.
    let max_markers = MAX_MARKERS / n;

    let (mut traces, mut axes, mut headings, mut fences) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (row, (name, column)) in boxes.iter().enumerate() {
        let y_domain = places.rows_domain(row);
        let heading = wrap(&format!("{name}: {}", column.notes().join("; ")), style::NOTE_WIDTH);
        headings.push(style::panel_heading(&heading, y_domain[1]));
        let markers = strip(&column.outliers, max_markers);
        notes.extend(markers.notes().into_iter().map(|note| format!("{name}: {note}")));
        let close_up = close_ups && column.is_sliver();
        // Without a close-up beside it, a panel has the whole width.
        let (title_width, x_domain) =
            if close_up { (TITLE_WIDTH, places.columns_domain(0)) } else { (style::AXIS_WIDTH, [0.0, 1.0]) };
        let (x, y) = (axis_name('x', axes.len()), axis_name('y', axes.len()));
        traces.extend(column.traces(name, &markers, &x, &y));
        axes.push((style::short_axis(&labels.with_unit(name), title_width), x_domain, y_domain));
        if close_up {
            let (x, y) = (axis_name('x', axes.len()), axis_name('y', axes.len()));
            traces.extend(column.close_up(name, max_markers, &x, &y));
            axes.push((column.close_up_axis(name, title_width), places.columns_domain(1), y_domain));
            fences.extend(column.fences(&x, &y));
        }
    }

    let height = style::around_axes(labels, &notes) + places.height() as usize;
    let (mut plot, mut layout) = style::figure(labels, &notes, height, style::axis(""), strip_axis());
    for trace in traces {
        plot.add_trace(trace);
    }
    for (panel, (x_axis, x_domain, y_domain)) in axes.into_iter().enumerate() {
        layout = with_axes(layout, panel, (x_axis, strip_axis()), (x_domain, y_domain));
    }
    plot.set_layout(layout.annotations(headings).shapes(fences));
    Ok(plot)
}
