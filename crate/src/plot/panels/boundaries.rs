use std::error::Error;

use ndarray::{Array1, ArrayView2};
use plotly::Plot;
use plotly::common::MarkerSymbol;

use super::{Arrangement, LEGEND, MAX_PANELS, TITLE_WIDTH, axis_name, legend_below_panels, with_axes};
use crate::plot::boundary::{bands, inside_region};
use crate::plot::error::PlotError;
use crate::plot::grid::{Grid, check_two_features};
use crate::plot::labels::Labels;
use crate::plot::points::{MAX_MARKERS, Markers};
use crate::plot::style::{self, MarkerStyle};
use crate::plot::text::rows;

/// One detector's part of a figure of [`boundaries`].
#[derive(Debug, Clone)]
pub struct BoundaryPanel {
    /// Said above the panel.
    pub heading: String,
    /// Which of the points are outliers, one entry a point.
    pub is_outlier: Vec<bool>,
}

/// Draws what each of several detectors calls normal, a panel each, on the same part of the plane and with the same rows.
///
/// `points` has shape `(n_rows, 2)`. `decision` gets a panel's number and the grid points, shape `(grid.n², 2)`, and returns one
/// value for each: above 0 inside. Each panel has seven bands of its own from its lowest value up to 0, as
/// [`decision_boundary`](crate::plot::decision_boundary()) has; detectors count in different units, so the bands of two
/// panels cannot be compared, but their shapes can. The figure's size grows with `grid.n²` and the number of panels: a grid of
/// 60 points will do. No more than [`MAX_PANELS`] panels are drawn.
///
/// # Errors
///
/// Those of [`decision_boundary`](crate::plot::decision_boundary()), and a panel with another number of entries than there are
/// points.
///
/// # Example
///
/// ```
/// use isoforest::plot::{BoundaryPanel, Grid, Labels, boundaries};
/// use ndarray::{Array1, ArrayView2, array};
///
/// let rows = array![[10.0, 10.0], [60.0, 60.0]];
/// let panel = |heading: &str| BoundaryPanel { heading: heading.to_owned(), is_outlier: vec![false, true] };
/// let decision = |panel: usize, x: ArrayView2<'_, f64>| -> Result<Array1<f64>, std::io::Error> {
///     Ok(x.column(panel).mapv(|value| 30.0 - value))
/// };
/// let labels = Labels::new("Left and below").x("mean").y("sd");
/// let figure = boundaries(rows.view(), Grid::default(), &[panel("left"), panel("below")], &labels, decision)?;
/// # assert!(figure.to_json().contains("below"));
/// # Ok::<(), isoforest::plot::PlotError>(())
/// ```
pub fn boundaries<E>(
    points: ArrayView2<'_, f64>,
    grid: Grid,
    panels: &[BoundaryPanel],
    labels: &Labels,
    mut decision: impl FnMut(usize, ArrayView2<'_, f64>) -> Result<Array1<f64>, E>,
) -> Result<Plot, PlotError>
where
    E: Error + Send + Sync + 'static,
{
    check_two_features(points)?;
    grid.check()?;
    let panels = panels.get(..MAX_PANELS).unwrap_or(panels);
    let (x_name, y_name) = (labels.x_or("first feature"), labels.y_or("second feature"));
    let n_columns = panels.len().clamp(1, 2);
    let places = Arrangement { n_rows: panels.len().div_ceil(2), n_columns, head: 34.0, panel: 300.0, foot: 62.0 };
    let seen: Vec<(f64, f64)> = points.rows().into_iter().map(|row| (row[0], row[1])).collect();
    let n_drawn = seen.iter().filter(|&&(x, y)| grid.contains(x, y)).count();

    let (mut traces, mut axes, mut headings) = (Vec::<Box<dyn plotly::Trace>>::new(), Vec::new(), Vec::new());
    for (number, panel) in panels.iter().enumerate() {
        if panel.is_outlier.len() != seen.len() {
            return Err(PlotError::PredictionLength { expected: seen.len(), found: panel.is_outlier.len() });
        }
        let z = grid.decide(|x| decision(number, x))?;
        let (x, y) = (axis_name('x', number), axis_name('y', number));
        if let Some(bands) = bands(&z, grid, x_name, y_name) {
            traces.push(bands.x_axis(&x).y_axis(&y));
        }
        let in_legend = number == 0;
        traces.push(inside_region(&z, grid).name("inside").x_axis(&x).y_axis(&y).show_legend(in_legend));
        let groups = [
            ("inliers", false, MarkerStyle { color: style::INLIER, size: 4, symbol: MarkerSymbol::Circle }),
            ("outliers", true, MarkerStyle { color: style::OUTLIER, size: 7, symbol: MarkerSymbol::Diamond }),
        ];
        for (name, outliers, look) in groups {
            let mine = seen.iter().zip(&panel.is_outlier).filter(|(_, is_outlier)| **is_outlier == outliers);
            let inside = mine.map(|(&point, _)| point).filter(|&(x, y)| grid.contains(x, y));
            // All panels together have as many markers as a figure may have.
            let markers = Markers::new(inside, MAX_MARKERS / (2 * panels.len()));
            traces.push(
                style::marker_trace(&markers, look, x_name, y_name)
                    .name(name)
                    .show_legend(in_legend)
                    .x_axis(&x)
                    .y_axis(&y),
            );
        }
        let (x_domain, y_domain) = (places.columns_domain(number % 2), places.rows_domain(number / 2));
        headings.push(style::panel_heading_at(&panel.heading, x_domain[0], y_domain[1]));
        let of_panel = |name, (from, to)| style::short_axis(name, TITLE_WIDTH).range(vec![from, to]);
        axes.push(((of_panel(x_name, grid.x), of_panel(y_name, grid.y)), (x_domain, y_domain)));
    }

    let mut notes = vec![
        "blue: seven equal bands from 0 down to the lowest value, of each detector by itself; the darker, the lower"
            .to_owned(),
    ];
    if n_drawn < seen.len() {
        notes.push(format!("{} outside this square not drawn", rows(seen.len() - n_drawn)));
    }
    let height = style::around_axes(labels, &notes) + places.height() as usize + LEGEND;
    let (mut plot, mut layout) = style::figure(labels, &notes, height, style::axis(""), style::axis(""));
    for trace in traces {
        plot.add_trace(trace);
    }
    for (panel, (axes, place)) in axes.into_iter().enumerate() {
        layout = with_axes(layout, panel, axes, place);
    }
    plot.set_layout(layout.annotations(headings).show_legend(true).legend(legend_below_panels(places)));
    Ok(plot)
}
