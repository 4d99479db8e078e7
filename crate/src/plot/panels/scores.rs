use plotly::common::{DashType, HoverInfo, Line, Mode};
use plotly::{Plot, Scatter};

use super::histograms::{Panel, of_columns};
use super::{Column, axis_name};
use crate::plot::error::PlotError;
use crate::plot::labels::Labels;
use crate::plot::style;

/// Draws a histogram of `n_bins` bins for the scores of each of several detectors, as [`histograms`](crate::plot::histograms()) does, with a
/// dashed line at the score below which a row is an outlier.
///
/// `scores` are detectors' names with a score a row and the threshold.
///
/// # Errors
///
/// Those of [`histograms`](crate::plot::histograms()).
///
/// # Example
///
/// ```
/// use isoforest::plot::{Labels, score_histograms};
///
/// let figure = score_histograms(&[("standard", &[-0.4, -0.4, -0.7], -0.5)], 3, &Labels::new("Scores"))?;
/// let json: serde_json::Value = serde_json::from_str(&figure.to_json())?;
/// assert_eq!(json["data"][1]["x"], serde_json::json!([-0.5, -0.5]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn score_histograms(scores: &[(&str, &[f64], f64)], n_bins: usize, labels: &Labels) -> Result<Plot, PlotError> {
    let columns: Vec<Column<'_>> = scores.iter().map(|&(name, scores, _)| (name, scores)).collect();
    of_columns(&columns, n_bins, labels, |Panel { number, name, highest }| {
        let threshold = scores.iter().find(|(of, ..)| *of == name).map_or(f64::NAN, |&(.., threshold)| threshold);
        // On a logarithmic axis no bar begins at 0.
        let line = Scatter::new(vec![threshold; 2], vec![0.5, 1.3 * highest])
            .mode(Mode::Lines)
            .line(Line::new().color(style::BOUNDARY).width(2.0).dash(DashType::Dash))
            .name("threshold: outliers are on its left")
            .hover_info(HoverInfo::Skip)
            .show_legend(number == 0);
        Some(line.x_axis(axis_name('x', number)).y_axis(axis_name('y', number)))
    })
}
