//! The look of every figure, in one place: colours, sizes, fonts, margins, and the words that recur.
//!
//! The paper is white and the ink dark whatever the theme of JupyterLab, so that a figure reads the same on a light page,
//! on a dark one, and in an export.

use plotly::common::{Anchor, Font, Label, Line, Marker, MarkerSymbol, Mode, Orientation, Pad, Reference, Title};
use plotly::layout::{Axis, HoverMode, Legend, Margin};
use plotly::{Configuration, Layout, Plot, Scatter};

use super::labels::Labels;
use super::points::Markers;
use super::text::{escape, hover_name, lines, wrap};

/// Axis lines, titles and labels.
pub(super) const INK: &str = "#1f2933";
/// The line under the title.
const MUTED_INK: &str = "#52606d";
pub(super) const PAPER: &str = "#ffffff";
const GRID_LINE: &str = "#e4e7eb";
/// Rows, bars and boxes where colour carries no meaning.
pub(super) const DATA: &str = "#1f6fb4";
/// The same, for areas behind lines.
pub(super) const DATA_FILL: &str = "#a9cbe8";
/// Rows predicted as inliers.
pub(super) const INLIER: &str = "#1648c8";
/// Rows predicted as outliers.
pub(super) const OUTLIER: &str = "#d60000";
/// Where the decision value is 0.
pub(super) const BOUNDARY: &str = "darkred";
/// Where the decision value is above 0.
pub(super) const INSIDE: &str = "palevioletred";
/// Bands of negative decision values, the lowest first.
pub(super) const BANDS: [&str; 7] = [
    "#08306b", "#08519c", "#2171b5", "#4292c6", "#6baed6", "#9ecae1", "#c6dbef",
];
/// The bands are soft: rows and grid lines shine through.
pub(super) const BAND_OPACITY: f64 = 0.5;

/// Fonts that are on every desktop; nothing is downloaded.
const FONT: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', Arial, sans-serif";
const FONT_SIZE: usize = 13;
const TITLE_SIZE: usize = 17;
const NOTE_SIZE: usize = 12;
/// Letters that fit into a line of the narrowest usual cell (about 650 pixels).
const TITLE_WIDTH: usize = 68;
const NOTE_WIDTH: usize = 100;

/// Heights in pixels; the width is that of the notebook cell.
pub(super) const HEIGHT: usize = 480;
pub(super) const TALL_HEIGHT: usize = 600;

/// An empty figure with title, notes under it, and nothing but style.
pub(super) fn figure(labels: &Labels, notes: &[String], height: usize, x_axis: Axis, y_axis: Axis) -> (Plot, Layout) {
    let title = wrap(&labels.title, TITLE_WIDTH);
    let notes = wrap(&notes.join(" · "), NOTE_WIDTH);
    let note_lines = if notes.is_empty() { 0 } else { lines(&notes) };
    let top = 24 + lines(&title) * (TITLE_SIZE + 6) + note_lines * (NOTE_SIZE + 6);
    let text = if notes.is_empty() {
        title
    } else {
        format!("{title}<br><span style=\"font-size:{NOTE_SIZE}px;color:{MUTED_INK}\">{notes}</span>")
    };
    let layout = Layout::new()
        .title(
            Title::with_text(text)
                .font(Font::new().size(TITLE_SIZE).color(INK))
                .x_ref(Reference::Paper)
                .x(0.0)
                .x_anchor(Anchor::Left)
                .y_ref(Reference::Container)
                .y(1.0)
                .y_anchor(Anchor::Top)
                .pad(Pad::new(14, 0, 0)),
        )
        .font(Font::new().family(FONT).size(FONT_SIZE).color(INK))
        .paper_background_color(PAPER)
        .plot_background_color(PAPER)
        .height(height)
        .margin(Margin::new().left(70).right(30).top(top).bottom(60))
        .hover_mode(HoverMode::Closest)
        .hover_label(
            Label::new()
                .background_color(PAPER)
                .font(Font::new().family(FONT).size(FONT_SIZE).color(INK))
                .align("left"),
        )
        .show_legend(false)
        .x_axis(x_axis)
        .y_axis(y_axis);
    let mut plot = Plot::new();
    plot.set_configuration(Configuration::new().responsive(true).display_logo(false));
    (plot, layout)
}

/// An axis with its title, grid lines and a frame line.
pub(super) fn axis(title: &str) -> Axis {
    Axis::new()
        .title(Title::with_text(escape(title)))
        .auto_margin(true)
        .show_grid(true)
        .grid_color(GRID_LINE)
        .zero_line(false)
        .show_line(true)
        .line_color(INK)
        .tick_color(INK)
        .hover_format(".7~g")
}

/// A legend in a row under the figure, clear of the axis title.
pub(super) fn legend_below() -> Legend {
    Legend::new()
        .orientation(Orientation::Horizontal)
        .x(0.0)
        .x_anchor(Anchor::Left)
        .y(-0.14)
        .y_anchor(Anchor::Top)
}

/// How the markers of one kind of row look.
#[derive(Debug, Clone)]
pub(super) struct MarkerStyle {
    pub color: &'static str,
    /// Diameter of a marker for one row, in pixels.
    pub size: usize,
    pub symbol: MarkerSymbol,
}

/// Markers with their number of rows in size and hover text.
pub(super) fn marker_trace(markers: &Markers, style: MarkerStyle, x_name: &str, y_name: &str) -> Box<Scatter<f64, f64>> {
    let (x, y, counts) = markers.columns();
    let sizes = counts.iter().map(|&count| marker_size(style.size, count)).collect();
    Scatter::new(x, y)
        .mode(Mode::Markers)
        .custom_data(counts)
        .marker(
            Marker::new()
                .color(style.color)
                .size_array(sizes)
                .opacity(0.75)
                .symbol(style.symbol)
                .line(Line::new().color(PAPER).width(0.5)),
        )
        .hover_template(marker_hover(&[(x_name, "x"), (y_name, "y")]))
}

/// Hover text of a marker: each name with its coordinate, and the number of rows.
pub(super) fn marker_hover(coordinates: &[(&str, &str)]) -> String {
    let mut hover = String::new();
    for (name, coordinate) in coordinates {
        hover.push_str(&format!("{}: %{{{coordinate}}}<br>", hover_name(name)));
    }
    hover + "rows here: %{customdata:,}<extra></extra>"
}

/// Diameter for `count` rows: three pixels more for each power of ten, so that ten thousand rows stand out and one is seen.
fn marker_size(single: usize, count: usize) -> usize {
    single + (3.0 * (count as f64).log10()).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_grows_with_its_rows_but_slowly() {
        assert_eq!([1, 10, 1_000, 30_000].map(|count| marker_size(5, count)), [5, 8, 14, 18]);
    }
}
