//! The rows of a part of a CSV file, so that several readers share a file.

use std::{
    fs::File,
    io::{Read, Seek},
    ops::Range,
    path::Path,
};

use super::{
    error::CsvError,
    header::read_header,
    lines::Lines,
    row::{CsvCell, for_each_cell_of_row},
};

/// Reads the rows of a CSV file whose lines begin in a range of its bytes, by the rules of [`CsvBlocks`](super::CsvBlocks).
///
/// A cell ends on the line where it begins, so that a file may be cut at any byte: ranges that follow each other have each row once. An
/// error has the line's number in the whole file.
///
/// ```
/// use isoforest::data::CsvRange;
///
/// let text = "user,mean\nana,1\nbo,2\ncy,\n";
/// let mut rows = CsvRange::new(std::io::Cursor::new(text), "users.csv", 15..u64::MAX)?;
/// assert_eq!(rows.column_names(), ["user", "mean"]);
/// let mut sum = 0.0;
/// while rows.next_row(|cell| {
///     if cell.column == 1 {
///         sum += Some(cell.number()?).filter(|number| !number.is_nan()).unwrap_or(10.0);
///     }
///     Ok(())
/// })? {}
/// assert_eq!(sum, 12.0);
/// # Ok::<(), isoforest::data::CsvError>(())
/// ```
pub struct CsvRange<R> {
    lines: Lines<R>,
    column_names: Vec<String>,
    /// Where the first row begins.
    begin: u64,
    end: u64,
}

impl CsvRange<File> {
    /// Opens a file, reads its header and goes to the range.
    ///
    /// # Errors
    ///
    /// Those of [`CsvBlocks::open`](super::CsvBlocks::open).
    pub fn open(path: impl AsRef<Path>, range: Range<u64>) -> Result<Self, CsvError> {
        let source_name = path.as_ref().display().to_string();
        match File::open(&path) {
            Ok(file) => Self::new(file, &source_name, range),
            Err(reason) => Err(CsvError::Open { source_name, reason }),
        }
    }
}

impl<R: Read + Seek> CsvRange<R> {
    /// Reads the header at the beginning of `reader` (which needs no buffer of its own), and goes to the range; `source_name` stands
    /// in messages where a file has its path.
    ///
    /// # Errors
    ///
    /// Those of [`CsvBlocks::new`](super::CsvBlocks::new).
    pub fn new(reader: R, source_name: &str, range: Range<u64>) -> Result<Self, CsvError> {
        let mut lines = Lines::new(reader, source_name);
        let column_names = read_header(&mut lines)?;
        lines.skip_to(range.start)?;
        Ok(Self { begin: lines.offset(), lines, column_names, end: range.end })
    }

    /// The names in the header.
    pub fn column_names(&self) -> &[String] {
        &self.column_names
    }

    /// Reads the next row, if there is one, and calls `take` with each of its cells. After an error there is nothing more to read.
    ///
    /// # Errors
    ///
    /// The row has more or fewer cells than the header, a blank line stands before it, a quotation mark is not closed, it is too long or
    /// not UTF-8; and the first error of `take`.
    pub fn next_row(&mut self, take: impl FnMut(CsvCell<'_>) -> Result<(), CsvError>) -> Result<bool, CsvError> {
        if self.lines.offset() >= self.end {
            return Ok(false);
        }
        let row = match self.lines.advance() {
            Ok(false) => return Ok(false),
            Ok(true) => for_each_cell_of_row(&self.lines, &self.column_names, take),
            Err(error) => Err(error),
        };
        row.map(|()| true).map_err(|error| self.in_the_whole_file(error))
    }

    /// Counts the lines before the range, which only an error needs.
    fn in_the_whole_file(&mut self, mut error: CsvError) -> CsvError {
        self.end = 0;
        if let (Some(place), Ok(before)) = (error.place_mut(), self.lines.count_before(self.begin)) {
            // The header was counted.
            place.line += before.saturating_sub(1);
        }
        error
    }
}
