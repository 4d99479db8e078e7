//! A whole CSV file as one table.

use std::{fs::File, io::Read, path::Path};

use ndarray::Array2;

use super::{blocks::CsvBlocks, error::CsvError, table::Table};

/// Reads a CSV file: a header with the column names, then rows of numbers.
///
/// An empty cell and the word NaN are a missing value and become NaN; every other cell must be a finite number. Spaces
/// around a cell are ignored. UTF-8 with or without a byte order mark, lines that end in `\n` or `\r\n`, quoted cells
/// (on one line) and blank lines at the end are accepted. Numbers beyond the range of f32 are left to the forest, which
/// refuses them.
///
/// # Errors
///
/// See [`CsvError`]; its message names the file, the line and the column.
///
/// ```
/// use isoforest::data::read_csv;
///
/// let error = read_csv("no such file.csv").unwrap_err();
/// assert!(error.to_string().starts_with("no such file.csv: cannot open the file"));
/// ```
pub fn read_csv(path: impl AsRef<Path>) -> Result<Table, CsvError> {
    CsvBlocks::<File>::open(path, usize::MAX).and_then(read_all)
}

/// Like [`read_csv`], but demands exactly the columns `names`: in any order in the file, in the order of `names` in the
/// table.
///
/// # Errors
///
/// Those of [`read_csv`], and a missing or an additional column.
pub fn read_csv_expecting<S: AsRef<str>>(path: impl AsRef<Path>, names: &[S]) -> Result<Table, CsvError> {
    CsvBlocks::<File>::open(path, usize::MAX)?.expecting(names).and_then(read_all)
}

/// Like [`read_csv`], from any reader; `source_name` stands in messages where a file has its path.
///
/// # Errors
///
/// Those of [`read_csv`].
///
/// ```
/// use isoforest::data::read_csv_from;
///
/// let table = read_csv_from("mean,sd\n0.5,\n".as_bytes(), "example")?;
/// assert_eq!(table.feature_names, ["mean", "sd"]);
/// assert_eq!(table.values[[0, 0]], 0.5);
/// assert!(table.values[[0, 1]].is_nan());
///
/// let error = read_csv_from("mean,sd\n0.5,lots\n".as_bytes(), "example").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"example, line 2, column 2 ("sd"): expected a number, or nothing for a missing value, found "lots""#,
/// );
/// # Ok::<(), isoforest::data::CsvError>(())
/// ```
pub fn read_csv_from(reader: impl Read, source_name: &str) -> Result<Table, CsvError> {
    CsvBlocks::new(reader, source_name, usize::MAX).and_then(read_all)
}

fn read_all<R: Read>(mut blocks: CsvBlocks<R>) -> Result<Table, CsvError> {
    let values = blocks.next_block()?.unwrap_or_else(|| Array2::zeros((0, blocks.feature_names().len())));
    Ok(Table { feature_names: blocks.feature_names().to_vec(), values })
}
