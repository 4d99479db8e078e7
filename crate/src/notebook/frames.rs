//! What a notebook does with data frames, without a generic parameter.
//!
//! The compiler builds a generic function where it is called, and a cell is built anew each time, without optimisation.
//! These functions are built once, with the library, at its full speed. `jupyter/prelude` gives them their notebook names.

use std::collections::HashMap;
use std::path::Path;

use ndarray::{Array2, ArrayView2};
use plotly::Plot;
use polars::prelude::DataFrame;

use crate::adapt::polars::{FrameError, feature_matrix, feature_matrix_of, values};
use crate::compare::CompareError;
use crate::neighbours::NeighbourError;
use crate::plot::{self, Grid, Labels, PlotError};
use crate::threshold::ThresholdError;
use crate::{
    FitError, IsolationForest, IsolationForestParams, LoadError, ModelFile, SaveError, ScoreError, TrainingProfile,
};

/// Why a cell could not do what it says.
#[derive(Debug, thiserror::Error)]
pub enum CellError {
    /// The data frame is not what was expected.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The forest cannot be fitted.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// The rows cannot be scored.
    #[error(transparent)]
    Score(#[from] ScoreError),
    /// The figure cannot be drawn.
    #[error(transparent)]
    Plot(#[from] PlotError),
    /// The model file cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The model file cannot be written.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// The scores have no curve.
    #[error(transparent)]
    Threshold(#[from] ThresholdError),
    /// Detectors cannot be compared.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// No distance can be measured.
    #[error(transparent)]
    Neighbour(#[from] NeighbourError),
    /// A share that is none.
    #[error("q must be in [0, 1], got {0}")]
    Quantile(f64),
    /// A row that the frame does not have.
    #[error("there is no row {row}: the data frame has {n_rows} rows, counted from 0")]
    Row {
        /// The row asked for.
        row: usize,
        /// Rows of the frame.
        n_rows: usize,
    },
    /// Nothing to tell about.
    #[error("{0} has no numbers")]
    Empty(String),
    /// Nothing to compare a row with.
    #[error("no inlier of the training rows has a value in each column in which the row has one")]
    NothingAlike,
}

/// The columns that a forest was fitted on, in its order: shape `(height, n_features)`.
pub(super) fn features(forest: &IsolationForest, frame: &DataFrame) -> Result<Array2<f64>, FrameError> {
    feature_matrix_of(frame, forest.feature_names())
}

/// [`adapt::polars::read_csv`](crate::adapt::polars::read_csv).
///
/// # Errors
///
/// Those of that function.
pub fn read_csv(path: &Path) -> Result<DataFrame, CellError> {
    Ok(crate::adapt::polars::read_csv(path)?)
}

/// [`IsolationForest::score_samples`] of a frame, which may have other columns besides the forest's.
///
/// # Errors
///
/// A column that is missing or not numbers, or an infinite value.
///
/// # Example
///
/// ```
/// use isoforest::{IsolationForest, notebook::frames};
/// use isoforest::polars::prelude::*;
///
/// let frame = df!("mean" => [0.1, 0.2, 0.1, 9.0])?;
/// let forest = IsolationForest::builder().random_state(16).fit_frame(&frame)?;
/// assert_eq!(frames::score_samples(&forest, &frame)?.len(), 4);
/// assert_eq!(frames::predict(&forest, &frame)?, [1, 1, 1, -1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn score_samples(forest: &IsolationForest, frame: &DataFrame) -> Result<Vec<f64>, CellError> {
    Ok(forest.score_samples(features(forest, frame)?.view())?.to_vec())
}

/// [`IsolationForest::decision_function`] of a frame.
///
/// # Errors
///
/// As [`score_samples`].
pub fn decision_function(forest: &IsolationForest, frame: &DataFrame) -> Result<Vec<f64>, CellError> {
    Ok(forest.decision_function(features(forest, frame)?.view())?.to_vec())
}

/// [`IsolationForest::predict`] of a frame.
///
/// # Errors
///
/// As [`score_samples`].
pub fn predict(forest: &IsolationForest, frame: &DataFrame) -> Result<Vec<i8>, CellError> {
    Ok(forest.predict(features(forest, frame)?.view())?.to_vec())
}

/// [`IsolationForestParams::fit_frame`].
///
/// # Errors
///
/// Those of that function.
pub fn fit(params: &IsolationForestParams, frame: &DataFrame) -> Result<IsolationForest, CellError> {
    Ok(params.fit_frame(frame)?)
}

/// [`IsolationForestParams::fit_warm`] on a frame.
///
/// # Errors
///
/// As [`score_samples`], and those of that function.
pub fn fit_warm(
    params: &IsolationForestParams,
    forest: &IsolationForest,
    frame: &DataFrame,
) -> Result<IsolationForest, CellError> {
    Ok(params.fit_warm(forest.clone(), features(forest, frame)?.view())?)
}

/// Writes a model file with a profile of the frame the forest was trained on.
///
/// # Errors
///
/// As [`score_samples`], or a file that cannot be written.
pub fn save(forest: &IsolationForest, frame: &DataFrame, path: &Path) -> Result<(), CellError> {
    let profile = TrainingProfile::new(forest, features(forest, frame)?.view())?;
    Ok(ModelFile::new(forest.clone(), profile).write(path)?)
}

/// Reads the forest of a model file.
///
/// # Errors
///
/// Those of [`ModelFile::read`].
pub fn load(path: &Path) -> Result<IsolationForest, CellError> {
    Ok(ModelFile::read(path)?.into_forest())
}

/// The number below which the share `q`, in [0, 1], of a column's numbers lies; between two of them by numpy's linear rule.
///
/// # Errors
///
/// A column that is missing, not numbers or without one, or `q` out of its range.
///
/// # Example
///
/// ```
/// use isoforest::{notebook::frames::quantile, polars::prelude::*};
///
/// let frame = df!("mean" => [Some(1.0), None, Some(4.0), Some(2.0)])?;
/// assert_eq!(quantile(&frame, "mean", 0.75)?, 3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn quantile(frame: &DataFrame, column: &str, q: f64) -> Result<f64, CellError> {
    if !(0.0..=1.0).contains(&q) {
        return Err(CellError::Quantile(q));
    }
    let mut sorted = values(frame, column)?;
    sorted.retain(|value| !value.is_nan());
    sorted.sort_by(f64::total_cmp);
    crate::quantile::quantile(&sorted, q).ok_or_else(|| CellError::Empty(format!("column {column:?}")))
}

/// The row that is there most often, and how often; of two that are as common, always the same one.
///
/// # Errors
///
/// A column that is not numbers, or no rows.
///
/// # Example
///
/// ```
/// use isoforest::{notebook::frames::most_common_row, polars::prelude::*};
///
/// let frame = df!("mean" => [1.0, 2.0, 1.0], "sd" => [0.5, 0.0, 0.5])?;
/// assert_eq!(most_common_row(&frame)?, (vec![1.0, 0.5], 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn most_common_row(frame: &DataFrame) -> Result<(Vec<f64>, usize), CellError> {
    let matrix = feature_matrix(frame)?;
    let mut counts: HashMap<Vec<u64>, usize> = HashMap::new();
    for row in matrix.rows() {
        *counts.entry(row.iter().map(|value| value.to_bits()).collect()).or_default() += 1;
    }
    let most = counts.into_iter().max_by(|(a, n_a), (b, n_b)| n_a.cmp(n_b).then_with(|| a.cmp(b)));
    let (bits, count) = most.ok_or_else(|| CellError::Empty("the data frame".to_owned()))?;
    Ok((bits.into_iter().map(f64::from_bits).collect(), count))
}

/// [`plot::scatter`] of two columns; if both are the same one, a line says that there is nothing to see.
///
/// # Errors
///
/// A column that is missing or not numbers, and those of that function.
pub fn scatter(frame: &DataFrame, x: &str, y: &str, labels: &Labels) -> Result<Plot, CellError> {
    let (across, upward) = (values(frame, x)?, values(frame, y)?);
    if x == y {
        let why = match frame.width() {
            1 => format!("a scatter plot needs two columns, one for each axis, but the data has only {x}"),
            _ => format!("a scatter plot needs two different columns, found {x} for both axes"),
        };
        return Ok(plot::note(&why, labels));
    }
    Ok(plot::scatter(across, upward, labels)?)
}

/// [`plot::histogram`] of a column.
///
/// # Errors
///
/// As [`scatter`].
pub fn histogram(frame: &DataFrame, column: &str, n_bins: usize, labels: &Labels) -> Result<Plot, CellError> {
    Ok(plot::histogram(values(frame, column)?, n_bins, labels)?)
}

/// [`plot::box_plot`] of a column.
///
/// # Errors
///
/// As [`scatter`].
pub fn box_plot(frame: &DataFrame, column: &str, labels: &Labels) -> Result<Plot, CellError> {
    Ok(plot::box_plot(values(frame, column)?, labels)?)
}

/// [`plot::decision_boundary`] of a forest on the grid that fits the rows of a frame, which are drawn on top. If the forest
/// has another number of features than two, the figure says that there is no such line.
///
/// # Errors
///
/// As [`score_samples`], and those of that function.
pub fn decision_boundary(forest: &IsolationForest, frame: &DataFrame, labels: &Labels) -> Result<Plot, CellError> {
    let points = features(forest, frame)?;
    in_a_plane(points.view(), labels, |grid| {
        plot::decision_boundary(points.view(), grid, labels, |x| forest.decision_function(x))
    })
}

/// [`plot::predictions`] of a forest on the grid of [`decision_boundary`], with the rows of a frame as the forest predicts them.
///
/// # Errors
///
/// As [`score_samples`], and those of that function.
pub fn predictions(forest: &IsolationForest, frame: &DataFrame, labels: &Labels) -> Result<Plot, CellError> {
    let points = features(forest, frame)?;
    let predicted = forest.predict(points.view())?;
    in_a_plane(points.view(), labels, |grid| {
        plot::predictions(points.view(), predicted.view(), grid, labels, |x| forest.decision_function(x))
    })
}

/// Draws on the grid that fits the points; without two features there is none, which is said in place of the figure.
fn in_a_plane(
    points: ArrayView2<'_, f64>,
    labels: &Labels,
    draw: impl FnOnce(Grid) -> Result<Plot, PlotError>,
) -> Result<Plot, CellError> {
    match Grid::fitting(points).and_then(draw) {
        Err(error @ PlotError::NotTwoFeatures { .. }) => Ok(plot::note(&error.to_string(), labels)),
        drawn => Ok(drawn?),
    }
}
