//! The outliers of a data frame as a table to look at.

use ndarray::{Array1, Array2, ArrayView1, Axis, concatenate};
use polars::prelude::DataFrame;

use super::frames::{CellError, features};
use crate::IsolationForest;
use crate::adapt::polars::to_frame;
use crate::data::Table;
use crate::neighbours::{Scaler, Scaling, nearest_distance};

/// The rows of `frame` that the forest calls outliers, the most unusual first: the forest's features, the score
/// `score_samples`, and `nearest_inlier`, the distance to the nearest inlier of the training data, in which each feature counts
/// in standard deviations of the training rows.
///
/// The distance asks no forest, and so is a second opinion; it is null where a value is missing, and everywhere if the
/// training data have no inlier without a missing value. [`nearest_normal`](super::nearest_normal()) shows those inliers.
///
/// # Errors
///
/// A column that is missing or not numbers, or an infinite value.
///
/// # Example
///
/// ```
/// use isoforest::{IsolationForest, adapt::polars::values, notebook::outliers};
/// use isoforest::polars::prelude::*;
///
/// let train = df!("mean" => [-1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])?; // of standard deviation 1/2
/// let forest = IsolationForest::builder().random_state(16).fit_frame(&train)?;
/// let found = outliers(&forest, &df!("mean" => [0.0, 8.0])?, &train)?;
/// assert_eq!(values(&found, "mean")?, [8.0]);
/// assert_eq!(values(&found, "nearest_inlier")?, [16.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn outliers(forest: &IsolationForest, frame: &DataFrame, training: &DataFrame) -> Result<DataFrame, CellError> {
    let rows = features(forest, frame)?;
    let scores = forest.score_samples(rows.view())?;
    let mut places: Vec<usize> = (0..scores.len()).filter(|&row| scores[row] - forest.offset() < 0.0).collect();
    places.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let (rows, scores) = (rows.select(Axis(0), &places), scores.select(Axis(0), &places));

    let training = features(forest, training)?;
    let labels = forest.predict(training.view())?;
    let inliers: Vec<usize> =
        (0..labels.len()).filter(|&row| labels[row] == 1 && is_complete(training.row(row))).collect();
    let asked: Vec<usize> = (0..rows.nrows()).filter(|&row| is_complete(rows.row(row))).collect();
    let mut distances = Array1::from_elem(rows.nrows(), f64::NAN);
    if !inliers.is_empty() {
        let complete: Vec<usize> = (0..training.nrows()).filter(|&row| is_complete(training.row(row))).collect();
        let scaler = Scaler::fit(Scaling::Standard, training.select(Axis(0), &complete).view())?;
        let in_deviations =
            |rows: &Array2<f64>, chosen: &[usize]| scaler.transform(rows.select(Axis(0), chosen).view());
        let nearest =
            nearest_distance(in_deviations(&training, &inliers)?.view(), in_deviations(&rows, &asked)?.view())?;
        for (&row, &distance) in asked.iter().zip(&nearest) {
            distances[row] = distance;
        }
    }

    let mut feature_names = forest.feature_names().to_vec();
    feature_names.extend(["score_samples".to_owned(), "nearest_inlier".to_owned()]);
    let columns = [rows.view(), scores.view().insert_axis(Axis(1)), distances.view().insert_axis(Axis(1))];
    // The three have one height, so this cannot fail; an empty table stands in if it ever does.
    let values = concatenate(Axis(1), &columns).unwrap_or_else(|_| Array2::zeros((0, feature_names.len())));
    Ok(to_frame(&Table { feature_names, values })?)
}

fn is_complete(row: ArrayView1<'_, f64>) -> bool {
    row.iter().all(|value| !value.is_nan())
}
