//! Rows in: CSV files with positions in the errors, and the synthetic data.

/// CSV in blocks of rows.
mod blocks;
/// Cells of a line.
mod cells;
/// Whole CSV files.
mod csv;
/// Errors with file, line and column.
mod error;
/// The synthetic data.
mod generate;
/// The column names.
mod header;
/// Numbered lines.
mod lines;
/// Named columns.
mod table;

pub use self::{
    blocks::CsvBlocks,
    csv::{read_csv, read_csv_expecting, read_csv_from},
    error::{Cell, CsvError, Place},
    generate::{DEFAULT_SEED, DEFAULT_TEST_ROWS, DEFAULT_TRAIN_ROWS, GeneratedData, generate},
    table::{Shortest, Table},
};
