//! What can be wrong with the files of a job.

use datafusion::error::DataFusionError;

/// An input that cannot be used; every message names the file.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// Nothing is there.
    #[error(
        "{input}: found no CSV or Parquet file{}; give a file, a folder, or a pattern in quotes such as 'data/*.parquet'",
        elsewhere.as_ref().map_or_else(String::new, |path| format!(" there, but {path}"))
    )]
    NoFiles {
        /// What was asked for.
        input: String,
        /// A folder that the pattern meets, or a file in a folder within it.
        elsewhere: Option<String>,
    },
    /// A pattern that is none.
    #[error(
        "{input}: no file is called so, and it is no pattern either: {reason}; * ? [ab] [!ab] and ** between slashes are known"
    )]
    Pattern {
        /// What was asked for.
        input: String,
        /// Why.
        reason: String,
    },
    /// Files without anything in them.
    #[error("{input}: there is nothing in the file {first}, nor in any other; expected a header and rows")]
    Empty {
        /// What was asked for.
        input: String,
        /// The first of them.
        first: String,
    },
    /// A compressed file.
    #[error("{path}: the file is compressed with {by}; unpack it first, or write Parquet, which is compressed inside")]
    Compressed {
        /// The file.
        path: String,
        /// The program.
        by: &'static str,
    },
    /// It is no path.
    #[error("{input}: only files are read; mount a bucket as a folder, and give the path there")]
    NotAFile {
        /// What was asked for.
        input: String,
    },
    /// Files are there, but nothing in them.
    #[error("{inputs}: there are no rows; expected at least one")]
    NoRows {
        /// What was asked for.
        inputs: String,
    },
    /// CSV and Parquet in one job.
    #[error("{csv} is CSV and {parquet} is Parquet; expected one format; run the others by themselves")]
    TwoFormats {
        /// A CSV file.
        csv: String,
        /// A Parquet file.
        parquet: String,
    },
    /// A file cannot be read.
    #[error("{path}: cannot read the file: {reason}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The header or one of the first rows of a CSV file is wrong.
    #[error(transparent)]
    Csv(#[from] isoforest::data::CsvError),
    /// The header of a CSV file does not end.
    #[error("{path}, line 1: expected the column names, found no end of the line within {limit} bytes")]
    LongHeader {
        /// The file.
        path: String,
        /// Bytes that were looked at.
        limit: u64,
    },
    /// A column is not there.
    #[error("{path}: the column {column:?} is missing; found {found}")]
    MissingColumn {
        /// The file.
        path: String,
        /// The column.
        column: String,
        /// The columns that are there.
        found: String,
    },
    /// Two columns are called the same.
    #[error("{path}: two columns are called {column:?}; expected each name once, for columns are found by their names")]
    SameName {
        /// The file.
        path: String,
        /// The columns.
        column: String,
    },
    /// Which columns are meant is not clear, for the files do not have the same ones.
    #[error(
        "{other}: its columns are {found}, but those of {first} are {expected}; expected the same in the same order, or --features to name \
         the columns to train on"
    )]
    OtherColumns {
        /// The first file.
        first: String,
        /// The file with other columns.
        other: String,
        /// The first one's columns.
        expected: String,
        /// The columns of this one.
        found: String,
    },
    /// A feature has a type that is no number.
    #[error(
        "{path}: the column {column:?} holds no numbers: its type is {found}; expected integers or floating-point numbers"
    )]
    NotNumbers {
        /// The file.
        path: String,
        /// The column.
        column: String,
        /// Its type.
        found: String,
    },
    /// A column that is handed through has several types.
    #[error("{path}: the column {column:?} is of type {found}; expected {expected}, as in the files before it")]
    OtherType {
        /// The file.
        path: String,
        /// The column.
        column: String,
        /// Its type in the first file.
        expected: String,
        /// Its type here.
        found: String,
    },
    /// The engine refuses.
    #[error("{0}")]
    Engine(#[source] DataFusionError),
}
