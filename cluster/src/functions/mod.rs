//! The functions that plans call.

/// A cell of a CSV file as a number.
mod number;
/// The anomaly score of a row.
mod score;

pub use self::{
    number::{CsvNumber, NUMBER_FUNCTION},
    score::{Score, is_number},
};
