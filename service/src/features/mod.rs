//! Numbers of a request, row after row: JSON arrays and CSV into one matrix, `null` and empty cells into NaN.

/// Rows of a CSV body.
mod csv;
/// One number.
mod number;
/// Objects, and nothing that could pass for one.
mod object;
/// Rows of a JSON body.
mod rows;
/// A tensor's data.
mod tensor;

pub use csv::read_csv;
pub use object::Object;
pub use rows::{Row, Rows};
pub use tensor::Tensor;
