//! What each threshold would flag.

use plotly::common::{Line, Marker, MarkerSymbol, Mode};
use plotly::layout::AxisType;
use plotly::{Plot, Scatter};

use super::labels::Labels;
use super::numbers::round;
use super::style;
use super::text::thousands;
use crate::explain::short;
use crate::threshold::{Threshold, ThresholdCurve};

/// Points of the line: more than twice as many as can be told apart.
const MAX_POINTS: usize = 400;

/// Draws the scores of the training rows, the most anomalous first, over the share of rows that a threshold there flags, with
/// the threshold `chosen`, such as [`IsolationForest::offset`](crate::IsolationForest::offset), and the one that the
/// curve [suggests](ThresholdCurve::elbow).
///
/// The share is on a logarithmic scale. The line under the title says what both thresholds flag.
///
/// # Example
///
/// ```
/// use isoforest::plot::{Labels, threshold_curve};
/// use isoforest::threshold::ThresholdCurve;
///
/// let scores = (0..1_000).map(|i| if i < 9 { -0.8 } else { -0.5 + f64::from(i) * 1e-4 });
/// let curve = ThresholdCurve::new(scores)?;
/// let figure = threshold_curve(&curve, -0.45, &Labels::new("Where to draw the line?"));
/// assert!(figure.to_json().contains("suggested: 9 rows"));
/// # Ok::<(), isoforest::threshold::ThresholdError>(())
/// ```
pub fn threshold_curve(curve: &ThresholdCurve, chosen: f64, labels: &Labels) -> Plot {
    let percent = |rows: usize| 100.0 * rows as f64 / curve.n_rows() as f64;
    let points = curve.points(MAX_POINTS);
    let (lowest, highest) = (percent(1).log10(), 2.0);
    let x_axis = style::axis(&format!("{} (log scale)", labels.x_or("% of rows flagged")))
        .type_(AxisType::Log)
        .dtick(1.0)
        .tick_format("~g")
        .range(vec![lowest - 0.1, highest + 0.1]);
    let y_axis = style::axis(labels.y_or("score_samples"));

    let chosen = curve.at_offset(chosen);
    let elbow = curve.elbow();
    let mut notes = vec![format!("The model flags {}.", told(&chosen))];
    notes.push(match elbow {
        None => "The scores have no elbow, so nothing is suggested.".to_owned(),
        Some(elbow) => format!(
            "Suggested by the elbow: contamination {}, {}.",
            short(elbow.threshold.contamination),
            told(&elbow.threshold),
        ),
    });
    let (mut plot, layout) = style::figure(labels, &notes, style::HEIGHT, x_axis, y_axis);
    plot.add_trace(
        Scatter::new(
            points.iter().map(|&(_, rows)| round(percent(rows), Some(6))).collect(),
            points.iter().map(|&(score, _)| round(score, Some(5))).collect(),
        )
        .mode(Mode::Lines)
        .name("score of the last row flagged")
        .line(Line::new().color(style::DATA).width(2.0))
        // The key of the still picture shows this.
        .marker(Marker::new().color(style::DATA))
        .custom_data(points.iter().map(|&(_, rows)| rows).collect())
        .hover_template("rows flagged: %{customdata:,} (%{x} %)<br>score_samples: %{y}<extra></extra>")
        .show_legend(true),
    );
    // A threshold that flags nothing has no place on a logarithmic axis; it stands at its left end.
    let mark = |name: &str, threshold: &Threshold, color: &'static str, symbol: MarkerSymbol| {
        Scatter::new(vec![percent(threshold.rows_flagged.max(1))], vec![round(threshold.offset, Some(5))])
            .mode(Mode::Markers)
            .name(format!("{name}: {} rows", thousands(threshold.rows_flagged)))
            .marker(Marker::new().color(color).size_array(vec![11]).symbol(symbol))
            .hover_template(format!("{name}<br>offset: %{{y}}<br>rows flagged: %{{x}} %<extra></extra>"))
            .show_legend(true)
    };
    plot.add_trace(mark("the model's", &chosen, style::BOUNDARY, MarkerSymbol::Circle));
    if let Some(elbow) = elbow {
        plot.add_trace(mark("suggested", &elbow.threshold, style::INLIER, MarkerSymbol::Diamond));
    }
    plot.set_layout(layout.show_legend(true).legend(style::legend_below("")));
    plot
}

/// What a threshold flags, in words.
fn told(threshold: &Threshold) -> String {
    let rows = super::text::rows(threshold.rows_flagged);
    format!("{rows} ({} %)", short(100.0 * threshold.share_flagged))
}
