//! Isolation forest with scikit-learn's numbers, bit for bit, and, as a [`Detector`], the extended and the guided isolation forest.
//!
//! Read in this order: [`data`] brings rows in; `forest` grows trees; `scoring` walks them; `model` is what both make,
//! with its file; [`explain`] says why a row is unusual. The rest is around it: [`atomic_file`] writes files whole or not at all and, behind features, `neighbours`
//! is a yardstick that grows no tree, `compare` sets detectors side by side, `adapt` joins linfa and polars, `plot` draws, `notebook` shows figures and tables in a Jupyter cell.
//!
//! ```
//! use isoforest::{Contamination, IsolationForest};
//! use ndarray::array;
//!
//! let train = array![[-2., -1.], [-1., -1.], [-1., -2.], [1., 1.], [1., 2.], [2., 1.], [7., 4.], [-5., 9.]];
//! let forest = IsolationForest::builder()
//!     .contamination(Contamination::Fraction(0.25))
//!     .random_state(16)
//!     .fit(train.view())?;
//! assert_eq!(forest.predict(train.view())?.to_vec(), [1, 1, 1, 1, 1, 1, -1, -1]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

/// linfa and polars, each behind its feature.
pub mod adapt;
/// Files that appear whole or not at all.
pub mod atomic_file;
/// Detectors side by side.
#[cfg(feature = "compare")]
pub mod compare;
/// Rows in: CSV, and the synthetic data.
pub mod data;
/// Why a row is unusual.
pub mod explain;
/// A forest for other programs.
pub mod export;
/// Growing trees.
mod forest;
/// Forests that were grown elsewhere.
pub mod import;
/// What is wrong with a JSON document.
mod json_error;
/// How well scores put the outliers first.
pub mod metrics;
/// The fitted model and its file.
mod model;
/// Nearest neighbours: a yardstick for the forest, and the known rows most like one.
#[cfg(feature = "neighbours")]
pub mod neighbours;
/// Showing figures and tables in a notebook cell.
#[cfg(feature = "notebook")]
pub mod notebook;
/// What a document may leave out.
mod optional_field;
/// Figures.
#[cfg(feature = "plot")]
pub mod plot;
/// Quantiles.
mod quantile;
/// Scoring rows.
mod scoring;
/// Where to draw the line between inliers and outliers.
pub mod threshold;

pub use explain::{Direction, Explainer, FeatureContribution};
pub use forest::{
    ColumnWeights, Contamination, Detector, Guided, GuidedScore, Hyperplane, Hyperplanes, IsolationForestParams, LEAF,
    MaxFeatures, MaxSamples, ParamError, Tree, average_path_length,
};
pub use model::{
    Distribution, FORMAT, FORMAT_VERSION, FeatureProfile, FitError, FitWarning, IsolationForest, LoadError, ModelFile,
    OffsetSearch, SaveError, TrainingProfile, TreeProblem,
};
pub use scoring::{Feature, ScoreError};

#[cfg(feature = "linfa")]
pub use linfa;
#[cfg(feature = "neighbours")]
pub use linfa_nn;
pub use ndarray;
#[cfg(feature = "plot")]
pub use plotly;
#[cfg(feature = "polars")]
pub use polars;

/// Compiles the code in the project's README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
