//! The fitted model: scores, decisions and predictions; its profile of the training data; its file.

/// What must hold in a model file before it is used.
mod check;
/// The model file: JSON in and out.
mod file;
/// Fitting.
mod fit;
/// Errors and warnings of a fit.
mod fit_error;
/// Forests that were grown elsewhere.
mod imported;
/// The fitted forest.
mod isolation_forest;
/// Medians of the training data.
mod medians;
/// Forests that are scored in a way of one's choice.
#[cfg(feature = "bench")]
mod one_way;
/// A profile of the training data, kept in the model file for monitoring drift.
mod profile;
/// The offset for rows that do not fit in memory.
mod streamed_offset;

pub use check::TreeProblem;
pub use file::{FORMAT, FORMAT_VERSION, LoadError, ModelFile, SaveError};
pub(crate) use fit::percentile;
pub use fit_error::{FitError, FitWarning};
pub use isolation_forest::IsolationForest;
pub use profile::{Distribution, FeatureProfile, TrainingProfile};
pub use streamed_offset::OffsetSearch;
