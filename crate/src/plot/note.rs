use plotly::Plot;
use plotly::layout::Axis;

use super::labels::Labels;
use super::style;

/// Height of a figure that holds nothing but words, in pixels.
const HEIGHT: usize = 160;

/// A figure's title over a line that says why there is no picture below: what a notebook shows where the data have no such
/// figure, so that the cells after it run all the same.
///
/// # Example
///
/// ```
/// use isoforest::plot::{Labels, note};
///
/// let figure = note("Needs two columns.", &Labels::new("Decision boundary"));
/// assert!(figure.to_json().contains("Needs two columns."));
/// ```
pub fn note(why: &str, labels: &Labels) -> Plot {
    let hidden = || Axis::new().visible(false);
    let (mut plot, layout) = style::figure(labels, &[why.to_owned()], HEIGHT, hidden(), hidden());
    plot.set_layout(layout);
    plot
}
