//! The normal rows most like one: what an unusual row would have to look like to be usual.

use ndarray::{Array2, Axis};
use polars::prelude::DataFrame;

use super::frames::{CellError, features};
use crate::IsolationForest;
use crate::adapt::polars::to_frame;
use crate::data::Table;
use crate::neighbours::{Scaler, Scaling, nearest_places};

/// Places that are shown.
const SHOWN: usize = 5;

/// The five places nearest to row `row` of `frame`, counted from 0, where the training data have inliers: a second kind of
/// explanation, by example, beside [`explain`](super::explain()).
///
/// The nearest place comes first. Columns: the forest's features; `distance`, in which each feature counts in standard
/// deviations of the training rows; and `training_rows`, the number of inliers there. A feature that is missing in the
/// row has no part in the distance; training rows without one of the others are left out.
///
/// # Errors
///
/// A column that is missing or not numbers, an infinite value, no such row, a row without any value, or no training inlier
/// that can be compared with it.
///
/// # Example
///
/// ```
/// use isoforest::{IsolationForest, adapt::polars::values, notebook::nearest_normal};
/// use isoforest::polars::prelude::*;
///
/// let train = df!("mean" => [-1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])?; // of standard deviation 1/2
/// let forest = IsolationForest::builder().random_state(16).fit_frame(&train)?;
/// let near = nearest_normal(&forest, &df!("mean" => [0.1, 8.0])?, 1, &train)?;
/// assert_eq!(values(&near, "mean")?, [0.0]); // -1 and 1 are outliers themselves
/// assert_eq!(values(&near, "distance")?, [16.0]);
/// assert_eq!(values(&near, "training_rows")?, [6.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn nearest_normal(
    forest: &IsolationForest,
    frame: &DataFrame,
    row: usize,
    training: &DataFrame,
) -> Result<DataFrame, CellError> {
    if row >= frame.height() {
        return Err(CellError::Row { row, n_rows: frame.height() });
    }
    let rows = features(forest, frame)?;
    let row = rows.row(row);
    let known: Vec<usize> = (0..row.len()).filter(|&column| !row[column].is_nan()).collect();
    if known.is_empty() {
        return Err(CellError::Empty("the row".to_owned()));
    }
    let training = features(forest, training)?;
    let labels = forest.predict(training.view())?;
    let compared = training.select(Axis(1), &known);
    let usable: Vec<usize> =
        (0..training.nrows()).filter(|&row| compared.row(row).iter().all(|value| !value.is_nan())).collect();
    let inliers: Vec<usize> = usable.iter().copied().filter(|&row| labels[row] == 1).collect();
    if inliers.is_empty() {
        return Err(CellError::NothingAlike);
    }
    let scaler = Scaler::fit(Scaling::Standard, compared.select(Axis(0), &usable).view())?;
    let near =
        nearest_places(compared.select(Axis(0), &inliers).view(), row.select(Axis(0), &known).view(), SHOWN, &scaler)?;

    let n_features = training.ncols();
    let values = Array2::from_shape_fn((near.len(), n_features + 2), |(i, column)| match column {
        column if column < n_features => training[(inliers[near[i].row], column)],
        column if column == n_features => near[i].distance,
        _ => near[i].n_rows as f64,
    });
    let mut feature_names = forest.feature_names().to_vec();
    feature_names.extend(["distance".to_owned(), "training_rows".to_owned()]);
    Ok(to_frame(&Table { feature_names, values })?)
}
