//! What can be wrong with a Parquet file, and where.

use std::io;

use crate::data::error::{list, quoted};

/// Why a Parquet file could not be read. Every message names the file, and one about a value also its row and column.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParquetFileError {
    /// The file does not exist or may not be read.
    #[error("{source_name}: cannot open the file: {reason}")]
    Open {
        /// The file's path.
        source_name: String,
        /// The operating system's answer.
        reason: io::Error,
    },
    /// The bytes are not those of a Parquet file, or use something that is not supported, such as encryption.
    #[error(
        "{source_name}, after {rows} rows: cannot read on: {reason}; expected a whole Parquet file, compressed with snappy, zstd or not at all"
    )]
    Corrupted {
        /// The file's path.
        source_name: String,
        /// Rows that were read before.
        rows: u64,
        /// What the decoder stumbled over.
        reason: String,
    },
    /// There are columns but no rows.
    #[error("{source_name}: there are no rows; expected at least one row of numbers")]
    NoRows {
        /// The file's path.
        source_name: String,
    },
    /// There are no columns.
    #[error("{source_name}: there are no columns; expected at least one column of numbers")]
    NoColumns {
        /// The file's path.
        source_name: String,
    },
    /// A column has no name.
    #[error("{source_name}, column {column}: the column name is empty; expected a name")]
    EmptyColumnName {
        /// The file's path.
        source_name: String,
        /// The column, counted from 1.
        column: usize,
    },
    /// Two columns have one name.
    #[error("{source_name}: two columns have the name {}; expected a different name for every column", quoted(.name))]
    DuplicateColumnName {
        /// The file's path.
        source_name: String,
        /// The name.
        name: String,
    },
    /// A column holds something else than plain numbers.
    #[error("{source_name}, column {}: expected integers or floating-point numbers, found {found}", quoted(.name))]
    NotNumbers {
        /// The file's path.
        source_name: String,
        /// The column's name.
        name: String,
        /// Its type in Parquet's words.
        found: String,
    },
    /// A column that is needed is not there.
    #[error("{source_name}: the column {} is missing: expected the columns {}, found {}", quoted(.name), list(.expected), list(.found))]
    MissingColumn {
        /// The file's path.
        source_name: String,
        /// The missing column.
        name: String,
        /// All columns that are needed.
        expected: Vec<String>,
        /// All columns of the file.
        found: Vec<String>,
    },
    /// A column that nobody asked for is there.
    #[error("{source_name}: the column {} is not one of the expected columns {}; remove it (pandas: write with `index=False`)", quoted(.name), list(.expected))]
    ExtraColumn {
        /// The file's path.
        source_name: String,
        /// The column's name.
        name: String,
        /// All columns that are needed.
        expected: Vec<String>,
    },
    /// A value is infinite.
    #[error("{source_name}, row {row}, column {}: expected a finite number, found {value}", quoted(.name))]
    Infinite {
        /// The file's path.
        source_name: String,
        /// The row, counted from 1.
        row: u64,
        /// The column's name.
        name: String,
        /// The infinity.
        value: f64,
    },
}
