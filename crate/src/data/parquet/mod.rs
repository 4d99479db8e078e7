//! Parquet files: columns of numbers, read in blocks of rows as CSV is.

/// Parquet in blocks of rows.
mod blocks;
/// One column of a row group.
mod column;
/// Errors with file, row and column.
mod error;
/// The columns' names and types.
mod schema;
/// The file's bytes.
mod source;

pub use self::{blocks::ParquetBlocks, error::ParquetFileError};

/// The four bytes that a Parquet file begins and ends with.
pub const PARQUET_MAGIC: [u8; 4] = *b"PAR1";
