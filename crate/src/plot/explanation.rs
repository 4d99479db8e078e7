//! Why a row is unusual: a bar a feature.

use plotly::common::{Marker, Orientation};
use plotly::layout::{Axis, BarMode};
use plotly::{Bar, Plot};

use super::error::PlotError;
use super::labels::Labels;
use super::numbers::{decimals, range, round};
use super::style;
use super::text::{escape, hover_name};
use crate::explain::{Direction, FeatureContribution, short};

/// More bars than this are hard to read; the smallest are then drawn as one.
const MOST_BARS: usize = 15;
/// Letters of a feature's name beside its bar.
const NAME_WIDTH: usize = 24;
/// Height of a bar with the gap below it, of all that is around the bars, and of what of that lies between the axes, in pixels.
const BAR_HEIGHT: usize = 30;
const FRAME_HEIGHT: usize = 200;
const FRAME_INSIDE: usize = 40;
/// From the axis down to the legend: clear of the axis title, however few bars there are.
const LEGEND_BELOW: f64 = 70.0;

/// A bar to be drawn.
struct Entry {
    label: String,
    hover: String,
    contribution: f64,
}

/// Draws one horizontal bar a feature, the largest contribution on top: to the right and red where the feature makes the row
/// more anomalous, to the left and blue where it makes it less so.
///
/// `contributions` are one row's, as [`Explainer::contributions`](crate::Explainer::contributions) gives them. Of more than 15
/// features the 14 with the largest contributions are drawn, and the others together as one bar.
///
/// # Errors
///
/// [`PlotError::NoContributions`] of no features.
///
/// # Example
///
/// ```
/// use isoforest::explain::{Direction, FeatureContribution};
/// use isoforest::plot::{Labels, explanation};
///
/// let entry = |name: &str, contribution| {
///     FeatureContribution { name: name.into(), value: Some(66.3), contribution, direction: Some(Direction::High) }
/// };
/// let figure = explanation(&[entry("mean", -0.5), entry("sd", 3.5)], &Labels::new("Why is row 4711 unusual?"))?;
/// let json: serde_json::Value = serde_json::from_str(&figure.to_json())?;
/// assert_eq!(json["layout"]["yaxis"]["ticktext"], serde_json::json!(["sd = 66.3", "mean = 66.3"]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn explanation(contributions: &[FeatureContribution], labels: &Labels) -> Result<Plot, PlotError> {
    if contributions.is_empty() {
        return Err(PlotError::NoContributions);
    }
    let entries = entries(contributions);
    let n = entries.len();
    // The first entry is the topmost.
    let places: Vec<f64> = (0..n).rev().map(|place| place as f64).collect();
    let y_axis = style::axis(labels.y.as_deref().unwrap_or_default())
        .tick_values(places.clone())
        .tick_text(entries.iter().map(|entry| escape(&entry.label)).collect())
        .range(vec![-0.6, n as f64 - 0.4])
        .show_grid(false);
    let x_axis: Axis = style::axis(labels.x_or("splits that the feature saves"))
        .zero_line(true)
        .zero_line_color(style::INK)
        .zero_line_width(1);
    let total = contributions.iter().map(|entry| entry.contribution).sum();
    let (mut plot, layout) = style::figure(labels, &[summary(total)], FRAME_HEIGHT + n * BAR_HEIGHT, x_axis, y_axis);
    let kinds = [("more anomalous", style::OUTLIER, true), ("less anomalous", style::INLIER, false)];
    for (name, color, above_zero) in kinds {
        plot.add_trace(bars(&entries, &places, above_zero).name(name).marker(Marker::new().color(color)));
    }
    let legend = style::legend_below("").y(-LEGEND_BELOW / (FRAME_INSIDE + n * BAR_HEIGHT) as f64);
    plot.set_layout(layout.bar_mode(BarMode::Overlay).show_legend(true).legend(legend));
    Ok(plot)
}

/// The features in the order of their bars, and the others as one if there are too many.
fn entries(contributions: &[FeatureContribution]) -> Vec<Entry> {
    let mut sorted: Vec<&FeatureContribution> = contributions.iter().collect();
    sorted.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
    let n_shown = if sorted.len() > MOST_BARS { MOST_BARS - 1 } else { sorted.len() };
    let (shown, others) = sorted.split_at(n_shown);
    let places = decimals(range(shown.iter().map(|entry| entry.contribution.abs())).1, 4);
    let entry = |label: String, told: &str, contribution| {
        let contribution = round(contribution, places);
        let hover = format!("{}<br>splits saved: {contribution}", hover_name(told));
        Entry { label, hover, contribution }
    };
    let mut entries: Vec<Entry> = shown
        .iter()
        .map(|one| {
            let value = one.value.map_or("missing".to_owned(), short);
            let direction = match one.direction {
                Some(Direction::High) => ", above the training median",
                Some(Direction::Low) => ", below the training median",
                None => "",
            };
            let told = format!("{} = {value}{direction}", one.name);
            entry(format!("{} = {value}", cut(&one.name)), &told, one.contribution)
        })
        .collect();
    if !others.is_empty() {
        let label = format!("{} others", others.len());
        let sum = others.iter().map(|one| one.contribution).sum();
        entries.push(entry(label.clone(), &label, sum));
    }
    entries
}

/// The beginning of a long name.
fn cut(name: &str) -> String {
    match name.char_indices().nth(NAME_WIDTH) {
        Some((end, _)) => format!("{}…", name[..end].trim_end()),
        None => name.to_owned(),
    }
}

/// What all contributions say together.
fn summary(total: f64) -> String {
    let (splits, than) = (short(total.abs()), if total < 0.0 { "more" } else { "fewer" });
    format!("Alone after {splits} splits {than} than the average row.")
}

/// The bars on one side of zero.
fn bars(entries: &[Entry], places: &[f64], above_zero: bool) -> Box<Bar<f64, f64>> {
    let mine = || entries.iter().zip(places).filter(|(entry, _)| (entry.contribution > 0.0) == above_zero);
    Bar::new(mine().map(|(entry, _)| entry.contribution).collect(), mine().map(|(_, place)| *place).collect())
        .orientation(Orientation::Horizontal)
        .width(0.7)
        .hover_text_array(mine().map(|(entry, _)| entry.hover.clone()).collect())
        .hover_template("%{hovertext}<extra></extra>")
        .show_legend(true)
}
