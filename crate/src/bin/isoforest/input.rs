//! The CSV file of a command: a path, or `-` for standard input.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use isoforest::{
    ScoreError,
    data::{CsvBlocks, CsvError},
};

use crate::progress::Progress;

/// What `-` stands for in messages.
const STANDARD_INPUT: &str = "standard input";

/// Rows of a CSV file whose reading shows as progress.
pub type Rows = CsvBlocks<Box<dyn Read>>;

/// Opens a CSV file and reads its header.
pub fn open(path: &Path, rows_per_block: usize, progress: &Progress) -> Result<Rows, CsvError> {
    if path.as_os_str() == "-" {
        let reader = progress.reading(io::stdin(), None);
        return CsvBlocks::new(Box::new(reader), STANDARD_INPUT, rows_per_block);
    }
    let source_name = path.display().to_string();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(reason) => return Err(CsvError::Open { source_name, reason }),
    };
    // A pipe has no size.
    let bytes = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
    let reader = progress.reading(file, bytes);
    CsvBlocks::new(Box::new(reader), &source_name, rows_per_block)
}

/// The error with the place of the value in the file instead of in the matrix; `first_row` is the matrix's first row.
pub fn locate(error: ScoreError, rows: &Rows, first_row: u64) -> anyhow::Error {
    match error {
        // The CSV has no infinities: the number is finite as f64 only.
        ScoreError::Infinite { row, column, value, .. } => anyhow::anyhow!(
            "{}: expected a number within the range of f32 (up to 3.4e38), found {value:e}",
            rows.cell_at(first_row + row as u64, column),
        ),
        other @ ScoreError::FeatureCount { .. } => other.into(),
    }
}
