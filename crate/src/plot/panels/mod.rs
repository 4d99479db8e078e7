//! Several columns in one figure, a panel for each: a notebook cell keeps one figure only.

/// A decision boundary a detector.
mod boundaries;
/// A box a column.
mod box_plots;
/// A histogram a column.
mod histograms;
/// A histogram of scores a detector.
mod scores;

use plotly::Layout;
use plotly::layout::{Axis, Legend};

pub use self::{
    boundaries::{BoundaryPanel, boundaries},
    box_plots::box_plots,
    histograms::histograms,
    scores::score_histograms,
};
use super::error::PlotError;
use super::numbers::is_drawable;
use super::style;

/// The greatest number of panels in a figure: as many pairs of axes as the plotly crate has.
pub const MAX_PANELS: usize = 8;

/// Letters of an axis title under a panel of half the width.
const TITLE_WIDTH: usize = 34;

/// A column's name and numbers.
type Column<'a> = (&'a str, &'a [f64]);

/// The columns that get a panel, and what there is to say about the others.
fn choose<'a>(columns: &[Column<'a>]) -> Result<(Vec<Column<'a>>, Vec<String>), PlotError> {
    let (mut with_numbers, without): (Vec<Column<'_>>, Vec<Column<'_>>) =
        columns.iter().partition(|(_, values)| values.iter().any(|&value| is_drawable(value)));
    if with_numbers.is_empty() {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let n_rows = columns.first().map_or(0, |(_, values)| values.len());
        return Err(PlotError::NothingToDraw { what: names.join(", "), n_rows });
    }
    let mut notes = Vec::new();
    if with_numbers.len() > MAX_PANELS {
        notes.push(format!("the first {MAX_PANELS} of {} columns are drawn", with_numbers.len()));
        with_numbers.truncate(MAX_PANELS);
    }
    if !without.is_empty() {
        let names: Vec<&str> = without.iter().map(|(name, _)| *name).collect();
        notes.push(format!("without a finite value: {}", names.join(", ")));
    }
    Ok((with_numbers, notes))
}

/// Panels in rows, from the upper left one on; lengths in pixels.
#[derive(Debug, Clone, Copy)]
struct Arrangement {
    n_rows: usize,
    n_columns: usize,
    /// Room above each panel, its height, and the room below it for the axis.
    head: f64,
    panel: f64,
    foot: f64,
}

impl Arrangement {
    /// Height of all rows; what is below the last panel is the figure's margin.
    fn height(&self) -> f64 {
        self.n_rows as f64 * (self.head + self.panel + self.foot) - self.foot
    }

    /// Lower and upper end of a row's panels, in [0, 1] from the bottom.
    fn rows_domain(&self, row: usize) -> [f64; 2] {
        let top = row as f64 * (self.head + self.panel + self.foot) + self.head;
        [top + self.panel, top].map(|from_top| (1.0 - from_top / self.height()).clamp(0.0, 1.0))
    }

    /// Left and right end of a column of panels, in [0, 1].
    fn columns_domain(&self, column: usize) -> [f64; 2] {
        // The room between panels is for the labels of the vertical axis.
        let gap = if self.n_columns > 1 { 0.13 } else { 0.0 };
        let width = (1.0 - gap * (self.n_columns as f64 - 1.0)) / self.n_columns as f64;
        let left = column as f64 * (width + gap);
        [left, (left + width).min(1.0)]
    }
}

/// Pixels for a legend below the axes of the last panels, and from the panels to it.
const LEGEND: usize = 20;
const ABOVE_LEGEND: f64 = 62.0;

/// A legend in a row under all panels.
fn legend_below_panels(places: Arrangement) -> Legend {
    style::legend_below("").y(-ABOVE_LEGEND / places.height())
}

/// The name of a panel's axis in a trace: `x`, `x2`, `x3`, …
fn axis_name(letter: char, panel: usize) -> String {
    if panel == 0 { letter.to_string() } else { format!("{letter}{}", panel + 1) }
}

/// Gives a panel its axes and its place.
fn with_axes(layout: Layout, panel: usize, (x, y): (Axis, Axis), (x_domain, y_domain): ([f64; 2], [f64; 2])) -> Layout {
    let x = x.domain(&x_domain).anchor(axis_name('y', panel));
    let y = y.domain(&y_domain).anchor(axis_name('x', panel));
    match panel {
        0 => layout.x_axis(x).y_axis(y),
        1 => layout.x_axis2(x).y_axis2(y),
        2 => layout.x_axis3(x).y_axis3(y),
        3 => layout.x_axis4(x).y_axis4(y),
        4 => layout.x_axis5(x).y_axis5(y),
        5 => layout.x_axis6(x).y_axis6(y),
        6 => layout.x_axis7(x).y_axis7(y),
        _ => layout.x_axis8(x).y_axis8(y),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_fill_the_figure_without_touching() {
        let places = Arrangement { n_rows: 3, n_columns: 2, head: 10.0, panel: 100.0, foot: 40.0 };
        assert_eq!(places.height(), 410.0);
        assert_eq!(places.rows_domain(2)[0], 0.0);
        for row in 1..3 {
            assert!(places.rows_domain(row)[1] < places.rows_domain(row - 1)[0]);
        }
        let [left, right] = [places.columns_domain(0), places.columns_domain(1)];
        assert!(left[0] == 0.0 && left[1] < right[0] && right[1] > 0.999);
    }
}
