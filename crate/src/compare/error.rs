use std::path::PathBuf;

use crate::data::CsvError;
use crate::metrics::MetricError;
use crate::neighbours::NeighbourError;
use crate::{FitError, ScoreError};

/// Why detectors could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// A forest cannot be fitted.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// Rows cannot be scored.
    #[error(transparent)]
    Score(#[from] ScoreError),
    /// Neighbours cannot be found.
    #[error(transparent)]
    Neighbours(#[from] NeighbourError),
    /// Scores cannot be measured.
    #[error(transparent)]
    Metric(#[from] MetricError),
    /// A file is no table of numbers.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// A folder or a file cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A folder without a labelled file.
    #[error("{0}: expected files named *.csv or *.csv.gz, found none")]
    NoFiles(PathBuf),
    /// A file without labels.
    #[error(
        "{path}: expected features and, as the last column, `label`, 1 for an outlier and 0 for an inlier; {found}"
    )]
    NoLabels {
        /// Which one.
        path: PathBuf,
        /// What there is in place of them.
        found: String,
    },
}
