//! What can stand in the way of a fit, and what there is to know about one that went well.

use std::fmt;

use crate::forest::{Detector, ParamError};
use crate::scoring::ScoreError;

/// Data that a forest cannot be fitted on, or a parameter out of its range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FitError {
    /// A parameter out of its range.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// No rows or no columns.
    #[error("expected at least one row and one feature to fit on, found {rows} rows and {columns} features")]
    Empty {
        /// Rows handed over.
        rows: usize,
        /// Columns handed over.
        columns: usize,
    },
    /// More rows or columns than the 32-bit node indices of a tree can serve.
    #[error(
        "expected at most 2^30 rows and features to fit on, found {rows} rows and {columns} features; take a sample"
    )]
    TooLarge {
        /// Rows handed over.
        rows: usize,
        /// Columns handed over.
        columns: usize,
    },
    /// Feature names that are not one a column.
    #[error("expected one feature name a column, {columns} in all, found {names}")]
    FeatureNames {
        /// Columns of the data.
        columns: usize,
        /// Names handed over.
        names: usize,
    },
    /// A value that is infinite.
    #[error("cannot fit: {0}")]
    Value(#[from] ScoreError),
    /// A warm start that asks for fewer trees than there are.
    #[error("n_estimators must be at least the {existing} trees that the warm start already has, got {wanted}")]
    WarmStartShrinks {
        /// Trees of the forest handed over.
        existing: usize,
        /// `n_estimators`.
        wanted: usize,
    },
    /// A warm start whose new trees would see fewer rows than the old ones.
    #[error(
        "a warm start must not lower the rows a tree: the first fit used {existing}, this one would use {wanted}; set max_samples, or fit anew"
    )]
    WarmStartSamples {
        /// Rows a tree of the first fit.
        existing: usize,
        /// Rows a tree of this fit.
        wanted: usize,
    },
    /// A warm start with another detector than the first fit.
    #[error("a warm start needs the detector of the first fit, {existing}, got {wanted}")]
    WarmStartDetector {
        /// The detector of the forest handed over.
        existing: Detector,
        /// The detector asked for.
        wanted: Detector,
    },
    /// Two columns of one name.
    #[error("feature names must be distinct, found {0:?} twice")]
    DuplicateFeatureName(String),
    /// A warm start on data of another width.
    #[error("a warm start needs the {expected} features of the first fit, found {found}")]
    WarmStartFeatures {
        /// Columns of the first fit.
        expected: usize,
        /// Columns handed over.
        found: usize,
    },
}

/// Something to know about a fit that went well all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FitWarning {
    /// `max_samples` is above the number of rows; all rows are used for each tree.
    MaxSamplesAboveRows {
        /// What was asked for.
        max_samples: usize,
        /// Rows there are.
        n_rows: usize,
    },
    /// A warm start that asked for the trees there are already; none was added.
    NoTreesAdded {
        /// Trees there are.
        n_estimators: usize,
    },
    /// No tree has a cut, as no column has two different values among the rows of a tree: all rows have one score.
    NoCuts,
    /// Leaves say their density, and the contamination is "auto": up to half of clean data is called outliers.
    DensityWithoutShare,
    /// Most cuts are by pooled gain, and the contamination is "auto": few rows score above -0.5, so that most are called outliers.
    GainWithoutShare,
}

impl fmt::Display for FitWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MaxSamplesAboveRows { max_samples, n_rows } => {
                write!(
                    f,
                    "max_samples ({max_samples}) is above the number of rows ({n_rows}); each tree uses all {n_rows}"
                )
            }
            Self::NoTreesAdded { n_estimators } => {
                write!(f, "the warm start already has {n_estimators} trees; raise n_estimators to add more")
            }
            Self::NoCuts => f.write_str(
                "no tree has a cut, so that all rows have one score: no feature has two different values among the rows of a tree",
            ),
            Self::DensityWithoutShare => f.write_str(
                "with the leaf score density, the contamination \"auto\" calls outliers all rows that lie less densely than the average, up to half of clean data; set the contamination to a share, such as 0.01",
            ),
            Self::GainWithoutShare => f.write_str(
                "with a pooled_gain above 0.5, the contamination \"auto\" can call most rows outliers; set the contamination to a share, such as 0.01",
            ),
        }
    }
}
