//! Why one row of a data frame is unusual: as a sentence and as a figure.

use ndarray::Axis;
use plotly::Plot;
use polars::prelude::DataFrame;

use super::frames::{CellError, features};
use crate::explain::{FeatureContribution, sentence};
use crate::plot::{self, Labels};
use crate::{Distribution, Explainer, IsolationForest};

/// What makes one row of a data frame unusual, or usual.
#[derive(Debug, Clone)]
pub struct RowExplanation {
    row: usize,
    is_outlier: bool,
    contributions: Vec<FeatureContribution>,
}

/// Explains row `row` of a frame, counted from 0, by the forest. Values are called high or low against the medians of `training`, the
/// rows that the forest was fitted on.
///
/// # Errors
///
/// A column that is missing or not numbers, an infinite value, or no such row.
///
/// # Example
///
/// ```
/// use isoforest::{IsolationForest, notebook::explain};
/// use isoforest::polars::prelude::*;
///
/// let train = df!("mean" => [0.0, 0.1, 0.2, 9.0])?;
/// let forest = IsolationForest::builder().random_state(16).fit_frame(&train)?;
/// let why = explain(&forest, &df!("mean" => [0.1, 8.2])?, 1, &train)?;
/// assert_eq!(why.sentence(), "Row 1 is unusual because mean = 8.2 is high (100 % of the deviation).");
/// assert!(why.figure()?.to_json().contains("mean = 8.2"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn explain(
    forest: &IsolationForest,
    frame: &DataFrame,
    row: usize,
    training: &DataFrame,
) -> Result<RowExplanation, CellError> {
    if row >= frame.height() {
        return Err(CellError::Row { row, n_rows: frame.height() });
    }
    let rows = features(forest, frame)?;
    let rows = rows.row(row).insert_axis(Axis(0));
    let training = features(forest, training)?;
    let medians: Vec<Option<f64>> = training
        .axis_iter(Axis(1))
        .map(|column| Distribution::of(column.iter().copied().filter(|value| !value.is_nan()).collect()).median())
        .collect();
    let contributions = Explainer::new(forest).contributions(rows, &medians)?.into_iter().flatten().collect();
    let is_outlier = forest.predict(rows)?.iter().any(|&prediction| prediction == -1);
    Ok(RowExplanation { row, is_outlier, contributions })
}

/// The row of a frame that the forest finds most unusual, counted from 0; of several alike the first.
///
/// # Errors
///
/// A column that is missing or not numbers, an infinite value, or no rows.
pub fn most_unusual_row(forest: &IsolationForest, frame: &DataFrame) -> Result<usize, CellError> {
    let scores = forest.score_samples(features(forest, frame)?.view())?;
    let lowest = scores.iter().enumerate().min_by(|(_, a), (_, b)| a.total_cmp(b));
    lowest.map(|(row, _)| row).ok_or_else(|| CellError::Empty("the data frame".to_owned()))
}

impl RowExplanation {
    /// Whether the forest calls the row an outlier.
    pub fn is_outlier(&self) -> bool {
        self.is_outlier
    }

    /// One entry a feature, in the forest's order.
    pub fn contributions(&self) -> &[FeatureContribution] {
        &self.contributions
    }

    /// [`sentence`](crate::explain::sentence()) about the row.
    pub fn sentence(&self) -> String {
        sentence(&format!("Row {}", self.row), &self.contributions, self.is_outlier)
    }

    /// [`plot::explanation`](plot::explanation()) of the row.
    ///
    /// # Errors
    ///
    /// Those of that function.
    pub fn figure(&self) -> Result<Plot, CellError> {
        let unusual = if self.is_outlier { "unusual" } else { "usual" };
        Ok(plot::explanation(&self.contributions, &Labels::new(format!("Why is row {} {unusual}?", self.row)))?)
    }
}
