use std::{fmt, ops::Deref};

use isoforest::{
    notebook::{self, frames},
    plot, plotly,
};

use crate::{DataFrame, Error, IsolationForest};

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

/// The words on a figure: a title and, unless the columns' names will do, the axes' titles.
#[derive(Clone, Debug)]
pub struct Labels {
    title: String,
    x: Option<String>,
    y: Option<String>,
}

impl Labels {
    /// A title.
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), x: None, y: None }
    }

    /// Names the horizontal axis.
    #[must_use]
    pub fn x(mut self, name: &str) -> Self {
        self.x = Some(name.to_owned());
        self
    }

    /// Names the vertical axis.
    #[must_use]
    pub fn y(mut self, name: &str) -> Self {
        self.y = Some(name.to_owned());
        self
    }

    /// The library's labels, with names for the axes that have none.
    fn or(&self, x: &str, y: Option<&str>) -> plot::Labels {
        let labels = plot::Labels::new(&self.title).x(self.x.as_deref().unwrap_or(x));
        match self.y.as_deref().or(y) {
            Some(y) => labels.y(y),
            None => labels,
        }
    }
}

/// Column `y` over column `x`, a marker for each distinct place: see `isoforest::plot::scatter`.
///
/// # Errors
///
/// No such column, or nothing to draw.
pub fn scatter(rows: &DataFrame, x: &str, y: &str, labels: &Labels) -> Result<Plot, Error> {
    Ok(Plot::from(frames::scatter(rows, x, y, &labels.or(x, Some(y)))?))
}

/// The number of rows in each of `n_bins` equal bins of a column: see `isoforest::plot::histogram`.
///
/// # Errors
///
/// No such column, no bins, or nothing to draw.
pub fn histogram(rows: &DataFrame, column: &str, n_bins: usize, labels: &Labels) -> Result<Plot, Error> {
    Ok(Plot::from(frames::histogram(rows, column, n_bins, &labels.or(column, None))?))
}

/// Quartiles, fences and outliers of a column: see `isoforest::plot::box_plot`.
///
/// # Errors
///
/// No such column, or nothing to draw.
pub fn box_plot(rows: &DataFrame, column: &str, labels: &Labels) -> Result<Plot, Error> {
    Ok(Plot::from(frames::box_plot(rows, column, &labels.or(column, None))?))
}

/// Where the forest's decision is above 0, on 100×100 points over [-2, 70]² or, if that square does not suit them, over the
/// rows, which are drawn on top: see `isoforest::plot::decision_boundary`. A forest of more features, or of one, has no such
/// figure; a line says so.
///
/// # Errors
///
/// Other features than the forest's.
pub fn decision_boundary(forest: &IsolationForest, rows: &DataFrame, labels: &Labels) -> Result<Plot, Error> {
    Ok(Plot::from(frames::decision_boundary(forest.model(), rows, &labels.or_features(forest))?))
}

/// The plane of [`decision_boundary`] with rows as inliers and outliers, as the forest predicts them: see
/// `isoforest::plot::predictions`.
///
/// # Errors
///
/// Other features than the forest's.
pub fn predictions(forest: &IsolationForest, rows: &DataFrame, labels: &Labels) -> Result<Plot, Error> {
    Ok(Plot::from(frames::predictions(forest.model(), rows, &labels.or_features(forest))?))
}

impl Labels {
    /// The library's labels, with the forest's features for the axes that have no name.
    fn or_features(&self, forest: &IsolationForest) -> plot::Labels {
        let names = forest.model().feature_names();
        self.or(names.first().map_or("x", String::as_str), names.get(1).map(String::as_str))
    }
}
