//! The functions that plans call.

/// The anomaly score of a row.
mod score;

pub use self::score::{Score, is_number};
