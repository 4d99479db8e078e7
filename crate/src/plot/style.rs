//! The look of every figure, in one place: colours, sizes, fonts, margins, and the words that recur.
//!
//! The paper is white and the ink dark whatever the theme of JupyterLab, so that a figure reads the same on a light page,
//! on a dark one, and in an export.

use plotly::common::{Anchor, Font, Label, Line, Marker, MarkerSymbol, Mode, Orientation, Pad, Reference, Title};
use plotly::configuration::ModeBarButtonName;
use plotly::layout::{Annotation, Axis, HAlign, HoverMode, Legend, Margin, ModeBar};
use plotly::{Configuration, Layout, Plot, Scatter};

use super::labels::Labels;
use super::points::Markers;
use super::text::{hover_name, lines, wrap};

/// Axis lines, titles and labels.
pub(super) const INK: &str = "#1f2933";
/// The lines under the title, and the buttons.
pub(super) const MUTED_INK: &str = "#52606d";
pub(super) const PAPER: &str = "#ffffff";
pub(super) const GRID_LINE: &str = "#e4e7eb";
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
/// Red, green and blue of the bands of negative decision values, the lowest first.
pub(super) const BANDS: [[u8; 3]; 7] =
    [[8, 48, 107], [8, 81, 156], [33, 113, 181], [66, 146, 198], [107, 174, 214], [158, 202, 225], [198, 219, 239]];
/// The bands are soft: grid lines and paper shine through.
pub(super) const BAND_OPACITY: f64 = 0.5;

/// Fonts that are on every desktop; nothing is downloaded.
const FONT: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', Arial, sans-serif";
const FONT_SIZE: usize = 13;
const TITLE_SIZE: usize = 17;
const NOTE_SIZE: usize = 12;
/// Letters that fit into a line of the narrowest usual cell (about 650 pixels).
const TITLE_WIDTH: usize = 64;
/// Letters, be they all wide ones, that fit beside plotly.js's buttons there; a longer title begins below the buttons.
const BESIDE_BUTTONS: usize = 40;
/// Height of the buttons in pixels.
const BUTTONS: usize = 26;
pub(super) const NOTE_WIDTH: usize = 90;
/// Letters of an axis title that fit beside an axis of the usual length.
pub(super) const AXIS_WIDTH: usize = 52;

/// Heights in pixels; the width is that of the notebook cell.
pub(super) const HEIGHT: usize = 480;
pub(super) const TALL_HEIGHT: usize = 600;

/// Pixels under the axes.
const BOTTOM: usize = 72;

/// Title and notes as plotly.js reads them, each broken into lines, and the pixels that both need.
fn heading(labels: &Labels, notes: &[String]) -> (String, String, usize) {
    let title = wrap(&labels.title, TITLE_WIDTH);
    let notes: Vec<String> = notes.iter().map(|note| wrap(note, NOTE_WIDTH)).collect();
    let notes = notes.join("<br>");
    let note_lines = if notes.is_empty() { 0 } else { lines(&notes) };
    let top = 28 + below_buttons(&title) + lines(&title) * (TITLE_SIZE + 6) + note_lines * (NOTE_SIZE + 6);
    (title, notes, top)
}

/// Pixels by which a long title makes way for the buttons.
fn below_buttons(title: &str) -> usize {
    let longest = title.split("<br>").map(|line| line.chars().count()).max().unwrap_or(0);
    if longest > BESIDE_BUTTONS { BUTTONS } else { 0 }
}

/// Pixels above and below the axes.
pub(super) fn around_axes(labels: &Labels, notes: &[String]) -> usize {
    heading(labels, notes).2 + BOTTOM
}

/// An empty figure with title, notes under it, and nothing but style.
pub(super) fn figure(labels: &Labels, notes: &[String], height: usize, x_axis: Axis, y_axis: Axis) -> (Plot, Layout) {
    let (title, notes, top) = heading(labels, notes);
    let text = if notes.is_empty() {
        title.clone()
    } else {
        format!("{title}<br><span style=\"font-size:{NOTE_SIZE}px;color:{MUTED_INK}\">{notes}</span>")
    };
    // plotly.js puts the first of several lines higher than a single one.
    let above = below_buttons(&title) + if text.contains("<br>") { 28 } else { 16 };
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
                .pad(Pad::new(above, 0, 0)),
        )
        .font(Font::new().family(FONT).size(FONT_SIZE).color(INK))
        .paper_background_color(PAPER)
        .plot_background_color(PAPER)
        .height(height)
        .margin(Margin::new().left(70).right(30).top(top).bottom(BOTTOM))
        .hover_mode(HoverMode::Closest)
        .hover_label(
            Label::new()
                .background_color(PAPER)
                .border_color(MUTED_INK)
                .font(Font::new().family(FONT).size(FONT_SIZE).color(INK))
                .align("left"),
        )
        .mode_bar(ModeBar::new().background_color(PAPER).color(MUTED_INK).active_color(DATA))
        .show_legend(false)
        .x_axis(x_axis)
        .y_axis(y_axis);
    let mut plot = Plot::new();
    plot.set_configuration(
        Configuration::new()
            .responsive(true)
            .display_logo(false)
            // plotly.js 4 has a button that sends the figure's data to a server, unless it is told not to.
            .show_send_to_cloud(false)
            .plotly_server_url("")
            // What is left fits beside the title: save, zoom, pan, reset.
            .mode_bar_buttons_to_remove(vec![
                ModeBarButtonName::Select2d,
                ModeBarButtonName::Lasso2d,
                ModeBarButtonName::ZoomIn2d,
                ModeBarButtonName::ZoomOut2d,
                ModeBarButtonName::AutoScale2d,
            ]),
    );
    (plot, layout)
}

/// An axis with its title, grid lines and a frame line.
pub(super) fn axis(title: &str) -> Axis {
    short_axis(title, AXIS_WIDTH)
}

/// An axis with room for a title of fewer letters a line.
pub(super) fn short_axis(title: &str, width: usize) -> Axis {
    Axis::new()
        .title(Title::with_text(wrap(title, width)))
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
pub(super) fn legend_below(axis_title: &str) -> Legend {
    let more_lines = lines(&wrap(axis_title, AXIS_WIDTH)) as f64 - 1.0;
    let y = -0.14 - 0.045 * more_lines;
    Legend::new().orientation(Orientation::Horizontal).x(0.0).x_anchor(Anchor::Left).y(y).y_anchor(Anchor::Top)
}

/// Words above a panel of a figure that has several, from the left end of the panels on.
pub(super) fn panel_heading(text: &str, top: f64) -> Annotation {
    panel_heading_at(text, 0.0, top)
}

/// Words above the left end of a panel.
pub(super) fn panel_heading_at(text: &str, left: f64, top: f64) -> Annotation {
    Annotation::new()
        .text(text)
        .show_arrow(false)
        .x_ref("paper")
        .y_ref("paper")
        .x(left)
        .y(top)
        .x_anchor(Anchor::Left)
        .y_anchor(Anchor::Bottom)
        .align(HAlign::Left)
        .font(Font::new().size(NOTE_SIZE).color(MUTED_INK))
}

/// A colour as plotly.js reads it.
pub(super) fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// What a soft band looks like on white paper.
pub(super) fn on_paper(color: [u8; 3]) -> [u8; 3] {
    color.map(|part| (255.0 - BAND_OPACITY * (255.0 - f64::from(part))).round() as u8)
}

/// How the markers of one kind of row look.
#[derive(Debug, Clone)]
pub(super) struct MarkerStyle {
    pub color: &'static str,
    /// Diameter of the smallest marker, in pixels.
    pub size: usize,
    pub symbol: MarkerSymbol,
}

/// Markers with their number of rows in size and hover text.
pub(super) fn marker_trace(
    markers: &Markers,
    style: MarkerStyle,
    x_name: &str,
    y_name: &str,
) -> Box<Scatter<f64, f64>> {
    let (x, y, counts) = markers.columns();
    let typical = markers.typical_count();
    let sizes = counts.iter().map(|&count| style.size + growth(count, typical)).collect();
    Scatter::new(x, y)
        .mode(Mode::Markers)
        .custom_data(counts)
        .marker(
            Marker::new()
                .color(style.color)
                .size_array(sizes)
                .opacity(0.7)
                .symbol(style.symbol)
                .line(Line::new().width(0.0)),
        )
        .hover_template(marker_hover(&[(x_name, "x"), (y_name, "y")]))
}

/// Hover text of a marker: each name with its coordinate, and the number of rows.
pub(super) fn marker_hover(coordinates: &[(&str, &str)]) -> String {
    let values: Vec<String> =
        coordinates.iter().map(|(name, coordinate)| format!("{}: %{{{coordinate}}}<br>", hover_name(name))).collect();
    values.concat() + "rows here: %{customdata:,}<extra></extra>"
}

/// Pixels that a marker for `count` rows is wider than the smallest: three for each power of ten above the `typical`
/// count, so that a crowd stands out and a single row is still seen.
fn growth(count: usize, typical: usize) -> usize {
    let times = count as f64 / typical.max(1) as f64;
    (3.0 * times.log10().max(0.0)).round() as usize
}

#[cfg(test)]
mod tests;
