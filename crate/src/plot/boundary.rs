//! What a forest calls normal, in the plane of two features.

use std::error::Error;

use ndarray::{Array1, Array2, ArrayView2};
use plotly::common::{ColorBar, ColorScale, ColorScaleElement, HoverInfo, Line, Marker, MarkerSymbol, Mode, Title};
use plotly::contour::{Coloring, Contours, ContoursType, Operation};
use plotly::{Contour, Plot, Scatter};

use super::error::PlotError;
use super::grid::{Grid, check_two_features};
use super::labels::Labels;
use super::numbers::{decimals, range, round};
use super::points::{MAX_MARKERS, Markers};
use super::style::{self, MarkerStyle};
use super::text::{hover_name, rows};

/// Draws where `decision` is above 0, how far below 0 it is elsewhere, and the rows of `points` on top.
///
/// Seven soft bands of equal height lead from the lowest decision value on the grid up to 0, the lower the darker blue; a
/// dark red line is at 0; the region of the inliers, above 0, is pale violet red. `points` has shape `(n_rows, 2)` and
/// is usually the training set. `decision` gets the grid points, shape `(grid.n², 2)`, and returns one value for each, such
/// as `|x| forest.decision_function(x)`. Rows outside the grid, and rows with a missing value, are not drawn; the line
/// under the title says how many.
///
/// # Errors
///
/// [`PlotError::NotTwoFeatures`] unless `points` has two columns, [`PlotError::GridRange`] and [`PlotError::GridSize`] for
/// a grid that cannot be drawn, [`PlotError::Decision`] if `decision` fails, [`PlotError::DecisionLength`] and
/// [`PlotError::DecisionNotFinite`] if it returns something that cannot be drawn.
///
/// # Example
///
/// ```
/// use isoforest::plot::{Grid, Labels, decision_boundary};
/// use ndarray::{Array1, ArrayView2, array};
///
/// // Inside a circle of radius 30 around (10, 10).
/// let decision = |x: ArrayView2<'_, f64>| -> Result<Array1<f64>, std::io::Error> {
///     Ok(x.rows().into_iter().map(|row| 30.0 - (row[0] - 10.0).hypot(row[1] - 10.0)).collect())
/// };
/// let rows = array![[10.0, 10.0], [60.0, 60.0]];
/// let labels = Labels::new("A circle").x("mean").y("sd");
/// let figure = decision_boundary(rows.view(), Grid::default(), &labels, decision)?;
/// # assert!(figure.to_json().contains("palevioletred"));
/// # Ok::<(), isoforest::plot::PlotError>(())
/// ```
pub fn decision_boundary<E>(
    points: ArrayView2<'_, f64>,
    grid: Grid,
    labels: &Labels,
    decision: impl FnOnce(ArrayView2<'_, f64>) -> Result<Array1<f64>, E>,
) -> Result<Plot, PlotError>
where
    E: Error + Send + Sync + 'static,
{
    let group = RowGroup {
        name: "training rows",
        style: MarkerStyle { color: style::INK, size: 4, symbol: MarkerSymbol::Circle },
        members: Box::new(|_| true),
    };
    plane(points, grid, labels, decision, &[group])
}

/// Rows that look alike and have one line in the legend.
pub(super) struct RowGroup<'a> {
    pub name: &'a str,
    pub style: MarkerStyle,
    /// Which rows, by their index.
    pub members: Box<dyn Fn(usize) -> bool + 'a>,
}

/// The decision function's plane with groups of rows on top, the last group uppermost.
pub(super) fn plane<E>(
    points: ArrayView2<'_, f64>,
    grid: Grid,
    labels: &Labels,
    decision: impl FnOnce(ArrayView2<'_, f64>) -> Result<Array1<f64>, E>,
    groups: &[RowGroup<'_>],
) -> Result<Plot, PlotError>
where
    E: Error + Send + Sync + 'static,
{
    check_two_features(points)?;
    grid.check()?;
    let z = grid.decide(decision)?;
    let (x_name, y_name) = (labels.x_or("first feature"), labels.y_or("second feature"));

    let mut traces = Vec::new();
    let mut notes = Vec::new();
    let mut n_not_drawn = 0;
    for group in groups {
        let rows_of_group = points.rows().into_iter().enumerate().filter(|(row, _)| (group.members)(*row));
        let coordinates = rows_of_group.filter_map(|(_, row)| Some((*row.first()?, *row.last()?)));
        let seen: Vec<(f64, f64)> = coordinates.collect();
        let n_rows = seen.len();
        let inside = seen.into_iter().filter(|&(x, y)| grid.contains(x, y));
        let markers = Markers::new(inside, MAX_MARKERS);
        n_not_drawn += n_rows - markers.n_rows;
        notes.extend(markers.notes());
        let trace = style::marker_trace(&markers, group.style.clone(), x_name, y_name)
            .name(format!("{} ({})", group.name, super::text::thousands(n_rows)))
            .show_legend(true);
        traces.push(trace);
    }
    if n_not_drawn > 0 {
        notes.push(format!("{} outside this square not drawn", rows(n_not_drawn)));
    }

    let (mut plot, layout) = style::figure(
        labels,
        &notes,
        style::TALL_HEIGHT,
        style::axis(x_name).range(vec![grid.x.0, grid.x.1]),
        style::axis(y_name).range(vec![grid.y.0, grid.y.1]),
    );
    if let (Some(bands), Some(key)) = (bands(&z, grid, x_name, y_name), band_key(&z)) {
        plot.add_trace(bands);
        plot.add_trace(key);
    }
    plot.add_trace(inside_region(&z, grid));
    for trace in traces {
        plot.add_trace(trace);
    }
    plot.set_layout(layout.show_legend(true).legend(style::legend_below(x_name)));
    Ok(plot)
}

/// Seven bands from the lowest value up to 0; none if no value is below 0.
pub(super) fn bands(z: &Array2<f64>, grid: Grid, x_name: &str, y_name: &str) -> Option<Box<Contour<Vec<f64>>>> {
    let (lowest, _) = range(z.iter().copied());
    let band = band_width(z)?;
    // A few hundred steps a band: the lines do not move by a visible amount, and the file is a third of its size.
    let places = decimals(band, 3);
    let rows = z.rows().into_iter().map(|row| row.iter().map(|&value| round(value, places)).collect()).collect();
    let (dx, dy) = grid.step();
    let trace = Contour::new_z(rows)
        .x0(grid.x.0)
        .dx(dx)
        .y0(grid.y.0)
        .dy(dy)
        .name("decision value")
        // The first line is between the first and the second band, the last one at 0.
        .contours(Contours::new().start(lowest + band).end(0.0).size(band).coloring(Coloring::Fill).show_lines(false))
        .auto_contour(false)
        .line(Line::new().smoothing(0.0))
        .color_scale(band_colors())
        .opacity(style::BAND_OPACITY)
        .show_legend(false)
        .show_scale(false)
        .hover_template(&format!(
            "{}: %{{x}}<br>{}: %{{y}}<br>decision value: %{{z}}<extra></extra>",
            hover_name(x_name),
            hover_name(y_name)
        ));
    Some(trace)
}

/// One colour a band, and that of the inlier region above the last line. plotly.js takes the colours at equal distances.
fn band_colors() -> ColorScale {
    let colors = style::BANDS.iter().map(|&color| style::hex(color)).chain([style::PAPER.to_owned()]);
    let last = style::BANDS.len() as f64;
    ColorScale::Vector(colors.enumerate().map(|(i, color)| ColorScaleElement(i as f64 / last, color)).collect())
}

/// The key of the bands. The one of the contour trace would show them without their opacity and cut the lowest in half, so
/// this is the key of a trace that draws nothing else.
fn band_key(z: &Array2<f64>) -> Option<Box<Scatter<f64, f64>>> {
    let (lowest, _) = range(z.iter().copied());
    let (n_bands, band) = (style::BANDS.len() as f64, band_width(z)?);
    let mut stops = Vec::new();
    for (i, &color) in style::BANDS.iter().enumerate() {
        let color = style::hex(style::on_paper(color));
        stops.push(ColorScaleElement(i as f64 / n_bands, color.clone()));
        stops.push(ColorScaleElement((i as f64 + 1.0) / n_bands, color));
    }
    let ticks: Vec<f64> = (0..style::BANDS.len()).map(|i| lowest + band * i as f64).chain([0.0]).collect();
    let places = decimals(band, 2);
    let texts = ticks.iter().map(|&tick| round(tick, places).to_string()).collect();
    let marker = Marker::new()
        .color_array(vec![lowest])
        .cmin(lowest)
        .cmax(0.0)
        .color_scale(ColorScale::Vector(stops))
        .show_scale(true)
        .color_bar(
            ColorBar::new()
                .title(Title::with_text("decision<br>value<br>&nbsp;"))
                .thickness(14)
                .outline_width(0)
                .tick_vals(ticks)
                .tick_text(texts),
        );
    // One place far outside the plane: plotly.js draws no key for a trace without any.
    Some(
        Scatter::new(vec![f64::NAN], vec![f64::NAN])
            .mode(Mode::Markers)
            .marker(marker)
            .hover_info(HoverInfo::Skip)
            .show_legend(false),
    )
}

/// Height of a band: a seventh of the way from the lowest value up to 0; `None` if no value is below 0.
fn band_width(z: &Array2<f64>) -> Option<f64> {
    let (lowest, _) = range(z.iter().copied());
    (lowest < 0.0).then(|| -lowest / style::BANDS.len() as f64)
}

/// The region above 0 with its boundary line.
pub(super) fn inside_region(z: &Array2<f64>, grid: Grid) -> Box<Contour<Vec<f64>>> {
    let (dx, dy) = grid.step();
    Contour::new_z(near_zero(z))
        .x0(grid.x.0)
        .dx(dx)
        .y0(grid.y.0)
        .dy(dy)
        .name("inliers: decision value above 0")
        .contours(
            Contours::new()
                .type_(ContoursType::Constraint)
                // plotly.js fills where the constraint does *not* hold.
                .operation(Operation::LessThan)
                .value(0.0),
        )
        .fill_color(style::INSIDE)
        .line(Line::new().color(style::BOUNDARY).width(2.0).smoothing(0.0))
        .show_legend(true)
        .hover_info(HoverInfo::Skip)
}

/// Decision values next to the boundary; elsewhere only their sign, which draws the same line from a much smaller file.
fn near_zero(z: &Array2<f64>) -> Vec<Vec<f64>> {
    let (lowest, highest) = range(z.iter().copied());
    let places = decimals(highest.max(-lowest), 5);
    let (n_rows, n_columns) = z.dim();
    let is_inside = |i: usize, j: usize| z.get((i, j)).is_some_and(|&value| value > 0.0);
    (0..n_rows)
        .map(|i| {
            (0..n_columns)
                .map(|j| {
                    let here = is_inside(i, j);
                    let mut around = (i.saturating_sub(1)..=i + 1)
                        .flat_map(|i| (j.saturating_sub(1)..=j + 1).map(move |j| (i, j)))
                        .filter(|&(i, j)| i < n_rows && j < n_columns);
                    let is_near = around.any(|(i, j)| is_inside(i, j) != here);
                    match z.get((i, j)) {
                        Some(&value) if is_near => round(value, places),
                        _ if here => 1.0,
                        _ => -1.0,
                    }
                })
                .collect()
        })
        .collect()
}
