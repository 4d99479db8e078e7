//! What can stand in the way of a figure.

use thiserror::Error;

/// Why a figure could not be made.
#[derive(Debug, Error)]
pub enum PlotError {
    /// The two columns of a scatter plot differ in length.
    #[error("`{x}` has {n_x} values and `{y}` has {n_y}: a point needs one of each")]
    LengthMismatch {
        /// Name of the horizontal axis.
        x: String,
        /// Name of the vertical axis.
        y: String,
        /// Number of horizontal values.
        n_x: usize,
        /// Number of vertical values.
        n_y: usize,
    },
    /// No row has a finite value for every axis.
    #[error("nothing to draw: none of the {n_rows} rows has a finite value of {what}")]
    NothingToDraw {
        /// The axes that were looked at.
        what: String,
        /// Number of rows that were given.
        n_rows: usize,
    },
    /// An explanation of a row without features.
    #[error("an explanation needs the contribution of at least 1 feature, found none")]
    NoContributions,
    /// A histogram with no bins.
    #[error("a histogram needs at least 1 bin, found n_bins = 0")]
    NoBins,
    /// A decision boundary is a line in a plane, so it needs exactly two features.
    #[error(
        "a decision boundary can be drawn for 2 features only, one for each axis, but the data has {n_features}{}",
        if *.n_features > 2 { "; choose two columns and train a forest on them to see its boundary" } else { "" }
    )]
    NotTwoFeatures {
        /// Number of columns that were given.
        n_features: usize,
    },
    /// The drawn part of the plane is empty or not finite.
    #[error("cannot draw {axis} from {from} to {to}: two finite ends are needed, the lower one first")]
    GridRange {
        /// `x` or `y`.
        axis: &'static str,
        /// Where the grid should begin.
        from: f64,
        /// Where the grid should end.
        to: f64,
    },
    /// Too few or too many grid points.
    #[error("the grid needs 2 to {max} points along each axis, found {found}")]
    GridSize {
        /// The greatest number of points along an axis.
        max: usize,
        /// The number that was asked for.
        found: usize,
    },
    /// The decision function failed on the grid.
    #[error("cannot compute the decision values of the grid: {0}")]
    Decision(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The decision function gave another number of values than grid points.
    #[error("the decision function gave {found} values for {expected} grid points")]
    DecisionLength {
        /// Number of grid points.
        expected: usize,
        /// Number of values returned.
        found: usize,
    },
    /// The decision function gave NaN or an infinity.
    #[error("the decision value at ({x}, {y}) is {value}, a finite number is needed")]
    DecisionNotFinite {
        /// Horizontal position of the grid point.
        x: f64,
        /// Vertical position of the grid point.
        y: f64,
        /// What the decision function returned.
        value: f64,
    },
    /// The predictions do not belong to the rows.
    #[error("{found} predictions for {expected} rows")]
    PredictionLength {
        /// Number of rows.
        expected: usize,
        /// Number of predictions.
        found: usize,
    },
    /// A prediction that is neither inlier nor outlier.
    #[error("the prediction of row {row} is {found}, expected 1 (inlier) or -1 (outlier)")]
    PredictionValue {
        /// Row, counted from 0.
        row: usize,
        /// The prediction found.
        found: i8,
    },
}
