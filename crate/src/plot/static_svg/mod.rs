//! A figure as a still picture, for viewers that do not run plotly.js: a notebook on GitHub, a page printed to paper.

/// Axes: from values to pixels, ticks, grid lines.
mod axis;
/// Title, legend and key of colours.
mod frame;
/// Pieces of SVG.
mod markup;
/// Markers, bars, boxes and contours.
mod traces;

use plotly::Plot;
use serde_json::Value;

use self::{axis::Panel, markup::Svg};

/// Width of a picture in pixels; the height is the figure's.
const WIDTH: f64 = 800.0;

/// What the names of the axes end with, panel by panel.
const SUFFIXES: [&str; crate::plot::MAX_PANELS] = ["", "2", "3", "4", "5", "6", "7", "8"];

/// Draws a figure as SVG, without scripts and with no more than the fonts at hand.
///
/// Drawn are the kinds of trace that this module's builders use: markers, bars, precomputed boxes, and contours (as cells, not
/// as smooth lines). `None` if the figure has a trace of another kind or nothing on it that can be drawn.
///
/// ```
/// use isoforest::plot::{Labels, histogram, static_svg};
///
/// let figure = histogram([1.0, 2.0, 2.5], 3, &Labels::new("Three values").x("mean"))?;
/// let picture = static_svg(&figure).unwrap_or_default();
/// assert!(picture.starts_with("<svg ") && picture.contains("Three values"));
/// # Ok::<(), isoforest::plot::PlotError>(())
/// ```
pub fn static_svg(plot: &Plot) -> Option<String> {
    let figure: Value = serde_json::from_str(&plot.to_json()).ok()?;
    let (layout, traces) = (figure.get("layout")?, figure.get("data")?.as_array()?);
    let height = markup::number(layout, "/height").unwrap_or(480.0);
    let mut svg = Svg::default();
    let room = frame::draw(&mut svg, layout, traces, (WIDTH, height));
    for suffix in SUFFIXES {
        if let Some(panel) = Panel::new(layout, traces, suffix, room) {
            panel.draw_grid(&mut svg);
            let mine = traces.iter().filter(|trace| axis::is_on(trace, suffix));
            panel.clip(&mut svg, |svg| {
                mine.map(|trace| traces::draw(svg, &panel, trace)).collect::<Option<Vec<()>>>()?;
                traces::draw_lines(svg, &panel, layout, suffix);
                Some(())
            })?;
            panel.draw_axes(&mut svg);
        }
    }
    frame::annotations(&mut svg, layout, room);
    Some(svg.finish(WIDTH, height))
}
