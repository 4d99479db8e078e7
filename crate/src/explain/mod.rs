//! Why a row is unusual: the share of each feature in its path length.
//!
//! [`Explainer`] gives exact Shapley values, or, for a forest that cuts with hyperplanes, shares of each cut on the row's way; both add up
//! to how much shorter than expected the row's path is. [`FeatureContribution`] joins one with the feature's name, value and direction;
//! [`sentence`](crate::explain::sentence()) says the same to a person.

/// A contribution with the feature's name, value and direction.
mod contribution;
/// Contributions of rows.
mod explainer;
/// Trees that cut with hyperplanes.
mod hyperplanes;
/// Trees laid out for explaining, and the walk over all their paths.
mod paths;
/// Gauss and Legendre's rule of integration.
mod quadrature;
/// An explanation in words.
mod sentence;
/// What one feature alone makes a forest expect.
mod steps;

pub use contribution::{Direction, FeatureContribution};
pub use explainer::Explainer;
pub use sentence::sentence;
pub(crate) use sentence::short;
