use std::{fmt, ops::Deref};

use isoforest::{
    notebook::{self, columns, frames},
    plotly,
};

use crate::{Error, IsolationForest, Rows, Title};

/// A plotly figure. A cell that ends with one draws it.
#[derive(Clone)]
pub struct Plot(Box<plotly::Plot>);

impl Plot {
    /// Draws the figure in the cell's output, once a cell: a second figure would take the place of the first.
    pub fn evcxr_display(&self) {
        notebook::show(&self.0);
    }

    /// The figure as plotly's JSON.
    pub fn json(&self) -> String {
        self.0.to_json()
    }
}

impl From<plotly::Plot> for Plot {
    fn from(plot: plotly::Plot) -> Self {
        Self(Box::new(plot))
    }
}

impl Deref for Plot {
    type Target = plotly::Plot;

    fn deref(&self) -> &plotly::Plot {
        &self.0
    }
}

impl fmt::Debug for Plot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plot({} bytes of plotly JSON)", self.json().len())
    }
}

/// Column `y` over column `x`, a marker for each distinct place: see `isoforest::plot::scatter`.
///
/// The last argument is a title, [`Labels`](crate::Labels), or `()`.
///
/// # Errors
///
/// No such column, or nothing to draw.
pub fn scatter(rows: &impl Rows, x: &str, y: &str, title: impl Title) -> Result<Plot, Error> {
    let labels = title.labels().for_axes(&format!("{y} over {x}"), x, Some(y));
    Ok(Plot::from(frames::scatter(rows.frame()?, x, y, &labels)?))
}

/// The number of rows in each of `n_bins` equal bins of a column: see `isoforest::plot::histogram`.
///
/// # Errors
///
/// No such column, no bins, or nothing to draw.
pub fn histogram(rows: &impl Rows, column: &str, n_bins: usize, title: impl Title) -> Result<Plot, Error> {
    let labels = title.labels().for_axes(&format!("Distribution of {column}"), column, None);
    Ok(Plot::from(frames::histogram(rows.frame()?, column, n_bins, &labels)?))
}

/// A [`histogram`] for each column, in one figure: see `isoforest::plot::histograms`.
///
/// # Errors
///
/// No bins, nothing to draw, or a column that is not of numbers.
pub fn histograms(rows: &impl Rows, n_bins: usize, title: impl Title) -> Result<Plot, Error> {
    let labels = title.labels().for_panels("Distribution of each column");
    Ok(Plot::from(columns::histograms(rows.frame()?, n_bins, &labels)?))
}

/// Quartiles, fences and outliers of a column: see `isoforest::plot::box_plot`.
///
/// # Errors
///
/// No such column, or nothing to draw.
pub fn box_plot(rows: &impl Rows, column: &str, title: impl Title) -> Result<Plot, Error> {
    let labels = title.labels().for_axes(&format!("Quartiles and outliers of {column}"), column, None);
    Ok(Plot::from(frames::box_plot(rows.frame()?, column, &labels)?))
}

/// A [`box_plot`] for each column, in one figure: see `isoforest::plot::box_plots`.
///
/// # Errors
///
/// Nothing to draw, or a column that is not of numbers.
pub fn box_plots(rows: &impl Rows, title: impl Title) -> Result<Plot, Error> {
    let labels = title.labels().for_panels("Quartiles and outliers of each column");
    Ok(Plot::from(columns::box_plots(rows.frame()?, &labels)?))
}

/// Where the forest's decision is above 0, on 100×100 points over [-2, 70]² or, if that square does not suit them, over the
/// rows, which are drawn on top: see `isoforest::plot::decision_boundary`. A forest of more features, or of one, has no such
/// figure; a line says so.
///
/// # Errors
///
/// Other features than the forest's.
pub fn decision_boundary(forest: &IsolationForest, rows: &impl Rows, title: impl Title) -> Result<Plot, Error> {
    let labels = of_features(forest, title, "Decision boundary");
    Ok(Plot::from(frames::decision_boundary(forest.model(), rows.frame()?, &labels)?))
}

/// The plane of [`decision_boundary`] with rows as inliers and outliers, as the forest predicts them: see
/// `isoforest::plot::predictions`.
///
/// # Errors
///
/// Other features than the forest's.
pub fn predictions(forest: &IsolationForest, rows: &impl Rows, title: impl Title) -> Result<Plot, Error> {
    let labels = of_features(forest, title, "Inliers and outliers");
    Ok(Plot::from(frames::predictions(forest.model(), rows.frame()?, &labels)?))
}

/// The library's labels, with the forest's features for the axes that have no name.
fn of_features(forest: &IsolationForest, title: impl Title, default: &str) -> isoforest::plot::Labels {
    let names = forest.model().feature_names();
    let x = names.first().map_or("x", String::as_str);
    title.labels().for_axes(default, x, names.get(1).map(String::as_str))
}
