//! The forest in the terms of other libraries.

/// `Fit` and `Predict` of linfa.
#[cfg(feature = "linfa")]
pub mod linfa;
/// Data frames of polars.
#[cfg(feature = "polars")]
pub mod polars;
