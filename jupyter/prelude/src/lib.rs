//! What a notebook cell can name: every cell starts as if it said `use isoforest_prelude::*;`.
//!
//! ```text
//! let train = read_csv("../data/train.csv")?;
//! let forest = IsolationForest::builder().random_state(16).fit(&train)?;
//! decision_boundary(&forest, &train, "Who is unusual?")
//! ```
//!
//! The kernel infers the type of a variable by reading sources, and it reads only these: so each type here is a plain
//! struct around the library's, and each function returns one of them, a number, a `String` or a `Vec`. All of polars is
//! still there (a [`DataFrame`] is one by `Deref`), as are `isoforest::polars`, `isoforest::plotly` and the rest of
//! `isoforest`; only a variable that holds one of their types wants it written out.

/// Detectors side by side.
mod comparison;
/// The one error type.
mod error;
/// Why a row is unusual.
mod explanation;
/// Figures.
mod figures;
/// The model.
mod forest;
/// Rows and columns.
mod frame;
/// The words on a figure.
mod labels;
/// Data frames written in a cell.
mod made;
/// Long lists of numbers, shown in a line.
mod numbers;
/// What a cell ends with.
mod show;

pub use comparison::{Comparison, LabelledSets, compare, labelled_sets, planted_sets};
pub use error::Error;
pub use explanation::Explanation;
pub use figures::{Plot, box_plot, box_plots, decision_boundary, histogram, histograms, predictions, scatter};
pub use forest::{IsolationForest, IsolationForestParams};
pub use frame::{DataFrame, Rows, read_csv};
pub use isoforest::{ColumnWeights, Contamination, Detector, Guided, GuidedScore, MaxFeatures, MaxSamples};
pub use labels::{Labels, Title};
pub use made::{Number, data_frame};
pub use numbers::{Numbers, Predictions, counted};
pub use show::Show;
