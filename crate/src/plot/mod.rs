//! Figures: one builder a file, all in one style, each returning a [`plotly::Plot`].
//!
//! | builder | shows |
//! |---|---|
//! | [`scatter`] | one feature over another, rows that coincide as one larger marker |
//! | [`histogram`] | how many rows lie in each of `n` equal bins |
//! | [`box_plot`] | quartiles, fences and the rows beyond them |
//! | [`decision_boundary`] | what a forest calls normal, in a plane of two features |
//! | [`predictions`] | the same plane, with each row in the colour of its prediction |
//!
//! A figure stays small whatever the number of rows: counts, quartiles and the decision values are computed here, and no
//! figure draws more than [`MAX_MARKERS`] markers. When rows had to be drawn together for that, the line under the title
//! says so. Titles and feature names are taken literally, never as markup.
//!
//! ```
//! use isoforest::plot::{Labels, scatter};
//!
//! let labels = Labels::new("Spending of each user").x("mean").y("sd");
//! let figure = scatter([0.0, 0.0, 1.5], [0.5, 0.5, 2.0], &labels)?;
//! assert!(figure.to_json().contains("Spending of each user"));
//! # Ok::<(), isoforest::plot::PlotError>(())
//! ```

mod boundary;
mod box_plot;
mod error;
mod grid;
mod histogram;
mod labels;
mod numbers;
mod points;
mod predictions;
mod scatter;
mod statistics;
mod style;
mod text;

pub use boundary::decision_boundary;
pub use box_plot::box_plot;
pub use error::PlotError;
pub use grid::Grid;
pub use histogram::{CountAxis, histogram, histogram_with_axis};
pub use labels::Labels;
pub use points::MAX_MARKERS;
pub use predictions::predictions;
pub use scatter::scatter;
