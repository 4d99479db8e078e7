//! What can be wrong with a CSV file, and where.

use std::{fmt, io};

/// At most this many characters of a cell or name are repeated in a message.
const SHOWN_CHARACTERS: usize = 60;
/// At most this many column names are listed in a message.
const SHOWN_NAMES: usize = 12;

/// A line of a file: what every message about its content begins with.
///
/// ```
/// use isoforest::data::Place;
///
/// let place = Place { source_name: "users.csv".into(), line: 3 };
/// assert_eq!(place.to_string(), "users.csv, line 3");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file's path, or a name such as "standard input".
    pub source_name: String,
    /// The line, counted from 1 (the header's line) as a text editor does.
    pub line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.source_name, self.line)
    }
}

/// One cell of a line.
///
/// ```
/// use isoforest::data::{Cell, Place};
///
/// let place = Place { source_name: "users.csv".into(), line: 3 };
/// let cell = Cell { place, column: 2, name: "sd".into() };
/// assert_eq!(cell.to_string(), r#"users.csv, line 3, column 2 ("sd")"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The file and the line.
    pub place: Place,
    /// The column, counted from 1.
    pub column: usize,
    /// The column's name in the header; empty where it has none.
    pub name: String,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, column {}", self.place, self.column)?;
        if self.name.is_empty() {
            return Ok(());
        }
        write!(f, " ({})", quoted(&self.name))
    }
}

/// Why a CSV file could not be read.
///
/// Every message names the file; one about the content also names the line and the column, and says what was expected
/// and what was found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CsvError {
    /// The file does not exist or may not be read.
    #[error("{source_name}: cannot open the file: {reason}")]
    Open {
        /// The file's path.
        source_name: String,
        /// The operating system's answer.
        reason: io::Error,
    },
    /// Reading stopped half-way.
    #[error("{place}: cannot read on: {reason}")]
    Read {
        /// The line that was being read.
        place: Place,
        /// The operating system's answer.
        reason: io::Error,
    },
    /// There is nothing in the file, or only blank lines.
    #[error("{source_name}, line 1: the file is empty; expected a header with the column names, then rows of numbers")]
    Empty {
        /// The file's path.
        source_name: String,
    },
    /// The header is the last line.
    #[error("{place}: there are no rows after the header; expected at least one row of numbers")]
    NoRows {
        /// The header's line.
        place: Place,
    },
    /// The first line holds numbers.
    #[error("{place}: the header is missing: expected the column names, found the numbers {}; write names above them, such as `a,b,c`", list(.found))]
    MissingHeader {
        /// The first line.
        place: Place,
        /// Its cells.
        found: Vec<String>,
    },
    /// A column has no name.
    #[error("{cell}: the column name is empty; expected a name (pandas: write with `index=False`)")]
    EmptyColumnName {
        /// The header's cell.
        cell: Cell,
    },
    /// Two columns have one name.
    #[error("{cell}: the column name is already used by column {first}; expected a different name for every column")]
    DuplicateColumnName {
        /// The header's second cell of that name.
        cell: Cell,
        /// The column that had the name first, counted from 1.
        first: usize,
    },
    /// A column that is needed is not there.
    #[error("{place}: the column {} is missing: expected the columns {}, found {}", quoted(.name), list(.expected), list(.found))]
    MissingColumn {
        /// The header's line.
        place: Place,
        /// The missing column.
        name: String,
        /// All columns that are needed.
        expected: Vec<String>,
        /// All columns of the file.
        found: Vec<String>,
    },
    /// A column that nobody asked for is there.
    #[error("{cell}: the column is not one of the expected columns {}; remove it", list(.expected))]
    ExtraColumn {
        /// The header's cell.
        cell: Cell,
        /// All columns that are needed.
        expected: Vec<String>,
    },
    /// A cell holds something else than a number.
    #[error("{cell}: expected a number, or nothing for a missing value, found {}{}", quoted(.found), separator_hint(.found))]
    NotANumber {
        /// The cell.
        cell: Cell,
        /// Its text.
        found: String,
    },
    /// A cell holds an infinity, in words or as a number too large for f64.
    #[error("{cell}: expected a finite number, found {}", quoted(.found))]
    Infinite {
        /// The cell.
        cell: Cell,
        /// Its text.
        found: String,
    },
    /// A row has more or fewer cells than the header.
    #[error("{place}: expected {}, one for each column of the header, found {found}", cells(*.expected))]
    RowLength {
        /// The row's line.
        place: Place,
        /// The number of columns in the header.
        expected: usize,
        /// The number of cells in the row.
        found: usize,
    },
    /// A blank line stands before a row.
    #[error(
        "{place}: the line is blank, but rows follow; expected a row (write a missing value of a single column as `\"\"`)"
    )]
    BlankLine {
        /// The first blank line.
        place: Place,
    },
    /// A quotation mark has no partner on its line.
    #[error("{place}: a quotation mark is not closed; expected every quoted cell to end on the line where it begins")]
    UnclosedQuote {
        /// The line.
        place: Place,
    },
    /// A line does not end.
    #[error("{place}: the line is longer than {limit} bytes; expected one row of numbers a line")]
    LineTooLong {
        /// The line.
        place: Place,
        /// The longest line that is read, in bytes.
        limit: u64,
    },
    /// The bytes are not UTF-8.
    #[error("{cell}: expected UTF-8 text, found the byte 0x{byte:02X}; save the file as UTF-8")]
    InvalidUtf8 {
        /// The cell of the first bad byte.
        cell: Cell,
        /// The first bad byte.
        byte: u8,
    },
}

impl CsvError {
    /// The line that it is about, if it is about one.
    pub(super) fn place_mut(&mut self) -> Option<&mut Place> {
        match self {
            Self::Open { .. } | Self::Empty { .. } => None,
            Self::Read { place, .. }
            | Self::NoRows { place }
            | Self::MissingHeader { place, .. }
            | Self::MissingColumn { place, .. }
            | Self::RowLength { place, .. }
            | Self::BlankLine { place }
            | Self::UnclosedQuote { place }
            | Self::LineTooLong { place, .. } => Some(place),
            Self::EmptyColumnName { cell }
            | Self::DuplicateColumnName { cell, .. }
            | Self::ExtraColumn { cell, .. }
            | Self::NotANumber { cell, .. }
            | Self::Infinite { cell, .. }
            | Self::InvalidUtf8 { cell, .. } => Some(&mut cell.place),
        }
    }
}

/// Text of the user's file in quotation marks: control characters escaped, long text cut.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

/// Column names, a few of them.
pub(super) fn list(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(SHOWN_NAMES).map(|name| quoted(name)).collect();
    match names.len().checked_sub(SHOWN_NAMES) {
        None | Some(0) => shown.join(", "),
        Some(more) => format!("{} and {more} more", shown.join(", ")),
    }
}

fn cells(count: usize) -> String {
    if count == 1 { "1 cell".to_owned() } else { format!("{count} cells") }
}

/// Spreadsheets of half of Europe write `1,5;2,5`: say what is wrong with it.
fn separator_hint(found: &str) -> &'static str {
    if found.contains(';') {
        "; cells are separated by commas, not semicolons"
    } else if found.contains('\t') {
        "; cells are separated by commas, not tabs"
    } else {
        ""
    }
}
