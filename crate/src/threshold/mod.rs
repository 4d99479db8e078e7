//! Where to draw the line: from the scores of the training rows, what share each threshold flags, and a suggestion.
//!
//! ```
//! use isoforest::threshold::ThresholdCurve;
//! use isoforest::{Contamination, IsolationForest};
//! use ndarray::Array2;
//!
//! let mut x = Array2::from_shape_fn((200, 2), |(i, j)| ((i * 7 + j * 3) % 20) as f64);
//! x.row_mut(0).fill(90.0);
//! x.row_mut(1).fill(-80.0);
//! let params = IsolationForest::builder().random_state(16);
//! let curve = ThresholdCurve::new(params.fit(x.view())?.score_samples(x.view())?)?;
//!
//! // What would a contamination of 1 % flag, and which one does the curve suggest?
//! assert_eq!(curve.at_contamination(0.01)?.rows_flagged, 2);
//! let suggested = curve.elbow().ok_or("no elbow")?.threshold;
//! assert_eq!(suggested.rows_flagged, 2);
//!
//! // Apply it: fit again, with this contamination. Trees and scores stay the same, the offset moves.
//! let forest = params.contamination(Contamination::Fraction(suggested.contamination)).fit(x.view())?;
//! assert_eq!(forest.offset(), suggested.offset);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

/// The scores in order, and what a threshold among them flags.
mod curve;
/// The suggestion.
mod elbow;

pub use curve::{Threshold, ThresholdCurve, ThresholdError};
pub use elbow::{ELBOW_RULE, Elbow, NoElbow};
