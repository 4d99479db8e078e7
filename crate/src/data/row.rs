//! One line as a row: its cells, each with its place for messages.

use std::io::Read;

use super::{
    cells::{Value, for_each_cell, value},
    error::{Cell, CsvError, Place},
    lines::Lines,
};

/// A cell of a CSV file, without the blanks around it.
///
/// See [`CsvRange`](super::CsvRange) for an example.
#[derive(Debug, Clone, Copy)]
pub struct CsvCell<'a> {
    /// The column, counted from 0.
    pub column: usize,
    /// The text.
    pub text: &'a str,
    name: &'a str,
    source_name: &'a str,
    line: u64,
}

impl CsvCell<'_> {
    /// The cell as a number: NaN for a missing value, which is an empty cell or the word NaN.
    ///
    /// # Errors
    ///
    /// It holds something else than a number, or one that is not finite.
    pub fn number(&self) -> Result<f64, CsvError> {
        match value(self.text) {
            Value::Number(number) => Ok(number),
            Value::Infinite => Err(CsvError::Infinite { cell: self.place(), found: self.text.to_owned() }),
            Value::Text => Err(CsvError::NotANumber { cell: self.place(), found: self.text.to_owned() }),
        }
    }

    fn place(&self) -> Cell {
        let place = Place { source_name: self.source_name.to_owned(), line: self.line };
        Cell { place, column: self.column + 1, name: self.name.to_owned() }
    }
}

/// Calls `take` with each cell of the current line. A row must have a cell for each of the `names`, which is judged before its cells;
/// of the errors of `take` the first one counts.
pub(super) fn for_each_cell_of_row<R: Read>(
    lines: &Lines<R>,
    names: &[String],
    mut take: impl FnMut(CsvCell<'_>) -> Result<(), CsvError>,
) -> Result<(), CsvError> {
    let line = lines.text().map_err(|error| name_the_column(error, names))?;
    let mut refused = None;
    let found = for_each_cell(
        line,
        || lines.place(),
        |column, text| {
            // A cell too many has no column.
            if let (Some(name), None) = (names.get(column), &refused) {
                let cell = CsvCell { column, text, name, source_name: lines.source_name(), line: lines.number() };
                refused = take(cell).err();
            }
            Ok(())
        },
    )?;
    if found != names.len() {
        return Err(CsvError::RowLength { place: lines.place(), expected: names.len(), found });
    }
    refused.map_or(Ok(()), Err)
}

fn name_the_column(error: CsvError, names: &[String]) -> CsvError {
    match error {
        CsvError::InvalidUtf8 { mut cell, byte } => {
            cell.name = names.get(cell.column.saturating_sub(1)).cloned().unwrap_or_default();
            CsvError::InvalidUtf8 { cell, byte }
        }
        other => other,
    }
}
