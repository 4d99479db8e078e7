//! Rows in: CSV and Parquet files with positions in the errors, samples of them, and the synthetic data.

/// CSV in blocks of rows.
mod blocks;
/// Cells of a line.
mod cells;
/// Files that must be unpacked first.
mod compressed;
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
/// Parquet files.
#[cfg(feature = "parquet")]
mod parquet;
/// Parts of CSV files.
mod range;
/// Samples of a stream.
mod reservoir;
/// Cells of a row.
mod row;
/// Numbers as text.
mod shortest;
/// Named columns.
mod table;

#[cfg(feature = "parquet")]
pub use self::parquet::{PARQUET_MAGIC, ParquetBlocks, ParquetFileError};
pub use self::{
    blocks::CsvBlocks,
    compressed::compressed_by,
    csv::{read_csv, read_csv_expecting, read_csv_from},
    error::{Cell, CsvError, Place},
    generate::{DEFAULT_SEED, DEFAULT_TEST_ROWS, DEFAULT_TRAIN_ROWS, GeneratedData, generate},
    range::CsvRange,
    reservoir::Reservoir,
    row::CsvCell,
    shortest::Shortest,
    table::Table,
};
