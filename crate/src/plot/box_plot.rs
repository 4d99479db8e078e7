//! Quartiles, fences, and the rows beyond them.

use plotly::common::MarkerSymbol;
use plotly::layout::{Axis, Shape, ShapeLine, ShapeType};
use plotly::{Plot, Trace};
use serde::Serialize;

use super::error::PlotError;
use super::labels::Labels;
use super::numbers::{decimals, drawable, range, round};
use super::points::{MAX_MARKERS, Markers};
use super::statistics::BoxNumbers;
use super::style::{self, MarkerStyle};
use super::text::{escape, rows, thousands};

/// A box narrower than this share of the axis gets a second panel that shows it up close.
const READABLE_SHARE: f64 = 0.05;

/// Draws a box from the first to the third quartile with its median, whiskers, and the outliers as points.
///
/// Quartiles are numpy's (linear interpolation). The fences are at Q1 - 1.5·IQR and Q3 + 1.5·IQR; the whiskers reach the
/// lowest and highest value inside them, and every value beyond is an outlier. The lines under the title give all these
/// numbers. If the outliers lie so far out that the box itself would be a sliver, a second panel shows it up close, with
/// the fences as dotted lines. Outliers that coincide are one larger point, as in [`scatter`](super::scatter()); missing
/// and infinite values are left out, which the line under the title says.
///
/// # Errors
///
/// [`PlotError::NothingToDraw`] if no value is finite.
///
/// # Example
///
/// ```
/// use isoforest::plot::{Labels, box_plot};
///
/// let figure = box_plot([1.0, 2.0, 3.0, 4.0, 5.0, 50.0], &Labels::new("One far away").x("mean"))?;
/// let json: serde_json::Value = serde_json::from_str(&figure.to_json())?;
/// assert_eq!(json["data"][0]["median"], serde_json::json!([3.5]));
/// assert_eq!(json["data"][1]["x"], serde_json::json!([50.0]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn box_plot(values: impl IntoIterator<Item = f64>, labels: &Labels) -> Result<Plot, PlotError> {
    let name = labels.x_or("value");
    let column = BoxColumn::new(values, name)?;
    let markers = strip(&column.outliers, MAX_MARKERS);
    let mut notes = column.notes();
    notes.extend(markers.notes());

    let close_up = column.is_sliver();
    let height = if close_up { style::TALL_HEIGHT } else { style::HEIGHT - 120 };
    let (mut plot, layout) = style::figure(labels, &notes, height, style::axis(name), strip_axis());
    for trace in column.traces(name, &markers, "x", "y") {
        plot.add_trace(trace);
    }
    if close_up {
        for trace in column.close_up(name, MAX_MARKERS, "x2", "y2") {
            plot.add_trace(trace);
        }
        let layout = layout
            .y_axis(strip_axis().domain(&[0.62, 1.0]))
            .x_axis2(column.close_up_axis(name, style::AXIS_WIDTH).anchor("y2"))
            .y_axis2(strip_axis().domain(&[0.0, 0.38]).anchor("x2"))
            .shapes(column.fences("x2", "y2"));
        plot.set_layout(layout);
    } else {
        plot.set_layout(layout);
    }
    Ok(plot)
}

/// A column as a box with its outliers.
pub(super) struct BoxColumn {
    numbers: BoxNumbers,
    pub outliers: Vec<f64>,
    /// Lowest and highest value.
    ends: (f64, f64),
    n_values: usize,
    /// Missing and infinite ones.
    n_left_out: usize,
}

impl BoxColumn {
    pub fn new(values: impl IntoIterator<Item = f64>, name: &str) -> Result<Self, PlotError> {
        let (mut values, n_rows) = drawable(values);
        values.sort_by(f64::total_cmp);
        let Some(numbers) = BoxNumbers::new(&values) else {
            return Err(PlotError::NothingToDraw { what: name.to_owned(), n_rows });
        };
        let outliers = values.iter().copied().filter(|&value| numbers.is_outlier(value)).collect();
        let ends = range(values.iter().copied());
        Ok(Self { numbers, outliers, ends, n_values: values.len(), n_left_out: n_rows - values.len() })
    }

    /// Whether the box is too thin to be seen beside its outliers.
    pub fn is_sliver(&self) -> bool {
        let width = self.numbers.q3 - self.numbers.q1;
        width > 0.0 && width < READABLE_SHARE * (self.ends.1 - self.ends.0)
    }

    /// Quartiles and fences, how many rows are beyond them, and how many could not be drawn.
    pub fn notes(&self) -> Vec<String> {
        let share = 100.0 * self.outliers.len() as f64 / self.n_values as f64;
        let beyond =
            format!("{} of {} ({share:.1} %) beyond the fences", thousands(self.outliers.len()), rows(self.n_values));
        let mut notes = vec![describe(&self.numbers), beyond];
        if self.n_left_out > 0 {
            notes.push(format!("{} without a finite value left out", rows(self.n_left_out)));
        }
        notes
    }

    /// Box and outliers.
    pub fn traces(&self, name: &str, markers: &Markers, x: &str, y: &str) -> [Box<dyn Trace>; 2] {
        [Box::new(BoxTrace::new(&self.numbers, name, x, y)), outlier_trace(markers, name).x_axis(x).y_axis(y)]
    }

    /// Box and nearest outliers.
    pub fn close_up(&self, name: &str, max_markers: usize, x: &str, y: &str) -> [Box<dyn Trace>; 2] {
        let (from, to) = close_up_range(&self.numbers);
        let near: Vec<f64> = self.outliers.iter().copied().filter(|value| (from..=to).contains(value)).collect();
        self.traces(name, &strip(&near, max_markers), x, y)
    }

    /// The axis under the box up close.
    pub fn close_up_axis(&self, name: &str, title_width: usize) -> Axis {
        let (from, to) = close_up_range(&self.numbers);
        style::short_axis(&format!("{name}, the box up close"), title_width).range(vec![from, to])
    }

    /// Both fences as lines.
    pub fn fences(&self, x: &str, y: &str) -> Vec<Shape> {
        vec![fence_line(self.numbers.lower_fence, x, y), fence_line(self.numbers.upper_fence, x, y)]
    }
}

/// Outliers on one line.
pub(super) fn strip(outliers: &[f64], max_markers: usize) -> Markers {
    Markers::new(outliers.iter().map(|&value| (value, 0.0)), max_markers)
}

fn outlier_trace(markers: &Markers, name: &str) -> Box<plotly::Scatter<f64, f64>> {
    let style = MarkerStyle { color: style::DATA, size: 5, symbol: MarkerSymbol::Circle };
    style::marker_trace(markers, style, name, "").hover_template(style::marker_hover(&[(name, "x")])).name("outliers")
}

/// The vertical axis has no meaning here: the box and its outliers share one line.
pub(super) fn strip_axis() -> Axis {
    Axis::new().range(vec![-0.6, 0.6]).fixed_range(true).show_tick_labels(false).show_grid(false).zero_line(false)
}

/// Box, whiskers and fences with some air around them.
fn close_up_range(numbers: &BoxNumbers) -> (f64, f64) {
    let air = 0.08 * (numbers.upper_fence - numbers.lower_fence);
    (numbers.lower_fence - air, numbers.upper_fence + air)
}

fn fence_line(at: f64, x: &str, y: &str) -> Shape {
    Shape::new()
        .shape_type(ShapeType::Line)
        .x_ref(x)
        .y_ref(y)
        .x0(at)
        .x1(at)
        .y0(-0.45)
        .y1(0.45)
        .line(ShapeLine::new().color(style::INK).width(1.0).dash(plotly::common::DashType::Dot))
}

/// Quartiles and fences in one line.
fn describe(numbers: &BoxNumbers) -> String {
    // A box of no width gives no measure of what can be told apart; its place on the axis does.
    let places = decimals(numbers.upper_fence - numbers.lower_fence, 3).or_else(|| decimals(numbers.median.abs(), 4));
    let shown = |value: f64| round(value, places);
    format!(
        "Q1 {}, median {}, Q3 {}; fences {} and {}",
        shown(numbers.q1),
        shown(numbers.median),
        shown(numbers.q3),
        shown(numbers.lower_fence),
        shown(numbers.upper_fence),
    )
}

/// A box whose numbers are given: plotly.js can draw it without the rows, but the plotly crate has no type for it.
#[derive(Debug, Clone, Serialize)]
struct BoxTrace {
    r#type: &'static str,
    name: String,
    orientation: &'static str,
    y: [f64; 1],
    q1: [f64; 1],
    median: [f64; 1],
    q3: [f64; 1],
    /// plotly.js calls the ends of the whiskers fences.
    lowerfence: [f64; 1],
    upperfence: [f64; 1],
    boxpoints: bool,
    width: f64,
    fillcolor: &'static str,
    line: BoxLine,
    xaxis: String,
    yaxis: String,
    hoverinfo: &'static str,
    showlegend: bool,
}

#[derive(Debug, Clone, Serialize)]
struct BoxLine {
    color: &'static str,
    width: f64,
}

impl BoxTrace {
    fn new(numbers: &BoxNumbers, name: &str, xaxis: &str, yaxis: &str) -> Self {
        Self {
            r#type: "box",
            name: escape(name),
            orientation: "h",
            y: [0.0],
            q1: [numbers.q1],
            median: [numbers.median],
            q3: [numbers.q3],
            lowerfence: [numbers.lower_whisker],
            upperfence: [numbers.upper_whisker],
            boxpoints: false,
            width: 0.5,
            fillcolor: style::DATA_FILL,
            line: BoxLine { color: style::INK, width: 1.5 },
            xaxis: xaxis.to_owned(),
            yaxis: yaxis.to_owned(),
            hoverinfo: "x",
            showlegend: false,
        }
    }
}

impl Trace for BoxTrace {
    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
