//! How many rows lie in each of `n` equal bins.

use plotly::common::{Line, Marker};
use plotly::layout::{Axis, AxisType};
use plotly::{Bar, Plot};

use super::error::PlotError;
use super::labels::Labels;
use super::numbers::{decimals, drawable, round};
use super::statistics::Bins;
use super::style;
use super::text::{hover_name, rows};

/// A bar lower than this share of the highest is less than two pixels on a linear axis.
const VISIBLE_SHARE: f64 = 1.0 / 200.0;

/// Up to this count, the axis would get halves between its ticks.
const FEW: f64 = 10.0;

/// The axis of the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CountAxis {
    /// Linear, unless that would hide the lowest bars; then logarithmic.
    #[default]
    Readable,
    /// Bar heights proportional to counts.
    Linear,
    /// Bar heights proportional to the logarithm of counts.
    Log,
}

/// Draws a histogram of `n_bins` equal bins from the lowest to the highest value, on the axis that keeps every bar visible.
///
/// The counts are those of `numpy.histogram(values, bins=n_bins)`: a bin holds its left edge and not its right one, but
/// the last bin holds both. Missing and infinite values are left out, and the line under the title says how many.
///
/// # Errors
///
/// [`PlotError::NoBins`] if `n_bins` is 0, [`PlotError::NothingToDraw`] if no value is finite.
///
/// # Example
///
/// ```
/// use isoforest::plot::{Labels, histogram};
///
/// let figure = histogram([0.0, 1.0, 1.5, 4.0], 4, &Labels::new("Mean spent").x("mean"))?;
/// let json: serde_json::Value = serde_json::from_str(&figure.to_json())?;
/// assert_eq!(json["data"][0]["y"], serde_json::json!([1, 2, 0, 1]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn histogram(values: impl IntoIterator<Item = f64>, n_bins: usize, labels: &Labels) -> Result<Plot, PlotError> {
    histogram_with_axis(values, n_bins, CountAxis::Readable, labels)
}

/// Draws a histogram as [`histogram`] does, with a chosen axis for the counts.
///
/// # Errors
///
/// Those of [`histogram`].
///
/// # Example
///
/// ```
/// use isoforest::plot::{CountAxis, Labels, histogram_with_axis};
///
/// let figure = histogram_with_axis([0.0, 1.0], 2, CountAxis::Log, &Labels::new("Two values").x("mean"))?;
/// assert!(figure.to_json().contains("log scale"));
/// # Ok::<(), isoforest::plot::PlotError>(())
/// ```
pub fn histogram_with_axis(
    values: impl IntoIterator<Item = f64>,
    n_bins: usize,
    count_axis: CountAxis,
    labels: &Labels,
) -> Result<Plot, PlotError> {
    let name = labels.x_or("value");
    let counted = labels.y_or("rows");
    let (values, n_rows) = drawable(values);
    if values.is_empty() && n_bins > 0 {
        return Err(PlotError::NothingToDraw { what: name.to_owned(), n_rows });
    }
    let Counted { bars, y_axis, .. } = count(&values, n_bins, count_axis, name, counted)?;
    let mut notes = Vec::new();
    if n_rows > values.len() {
        notes.push(format!("{} without a finite value not counted", rows(n_rows - values.len())));
    }
    let (mut plot, layout) = style::figure(labels, &notes, style::HEIGHT, style::axis(name), y_axis);
    plot.add_trace(bars);
    plot.set_layout(layout.bar_gap(0.0));
    Ok(plot)
}

/// The bars of a column and the axis they stand on.
pub(super) struct Counted {
    pub bars: Box<Bar<f64, usize>>,
    pub y_axis: Axis,
    /// Rows of the highest bar.
    pub highest: f64,
}

/// Counts finite values in `n_bins` bins.
pub(super) fn count(
    values: &[f64],
    n_bins: usize,
    count_axis: CountAxis,
    name: &str,
    counted: &str,
) -> Result<Counted, PlotError> {
    if n_bins == 0 {
        return Err(PlotError::NoBins);
    }
    let bins = Bins::new(values, n_bins);
    let is_log = match count_axis {
        CountAxis::Readable => hides_bars(&bins.counts),
        CountAxis::Linear => false,
        CountAxis::Log => true,
    };
    let highest = bins.counts.iter().copied().max().unwrap_or(0) as f64;
    let y_axis = if is_log {
        // From half a row, so that a bin with one row still has a bar, to a little above the highest.
        style::axis(&format!("{counted} (log scale)"))
            .type_(AxisType::Log)
            .dtick(1.0)
            .range(vec![0.5_f64.log10(), highest.log10() + 0.15])
    } else if highest <= FEW {
        style::axis(counted).dtick(1.0)
    } else {
        style::axis(counted)
    };
    Ok(Counted { bars: bars(&bins, name, counted), y_axis: y_axis.tick_format("~s"), highest })
}

/// Whether a linear axis would leave some bin that has rows without a visible bar.
fn hides_bars(counts: &[usize]) -> bool {
    let highest = counts.iter().copied().max().unwrap_or(0) as f64;
    let lowest = counts.iter().copied().filter(|&count| count > 0).min().unwrap_or(0) as f64;
    lowest < highest * VISIBLE_SHARE
}

fn bars(bins: &Bins, name: &str, counted: &str) -> Box<Bar<f64, usize>> {
    let width = match bins.edges.as_slice() {
        [first, second, ..] => second - first,
        _ => 1.0,
    };
    // Five digits of a bin: enough to read its edges, and bars still meet.
    let places = decimals(width, 5);
    let edges: Vec<f64> = bins.edges.iter().map(|&edge| round(edge, places)).collect();
    let n_bins = bins.counts.len();
    let (mut centres, mut spans) = (Vec::with_capacity(n_bins), Vec::with_capacity(n_bins));
    for (i, pair) in edges.windows(2).enumerate() {
        if let [left, right] = *pair {
            let closing = if i + 1 == n_bins { ']' } else { ')' };
            centres.push(round(left + (right - left) / 2.0, places.map(|places| places + 1)));
            spans.push(format!("[{left}, {right}{closing}"));
        }
    }
    Bar::new(centres, bins.counts.clone())
        .width(width)
        .hover_text_array(spans)
        .marker(Marker::new().color(style::DATA).line(Line::new().color(style::PAPER).width(1.0)))
        .hover_template(format!(
            "{} in %{{hovertext}}<br>{}: %{{y:,}}<extra></extra>",
            hover_name(name),
            hover_name(counted)
        ))
}
