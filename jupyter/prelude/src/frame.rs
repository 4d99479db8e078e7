use std::{ops::Deref, path::Path};

use isoforest::{
    adapt::polars as adapt,
    notebook::{self, columns, frames},
    polars::prelude::DataFrame as Frame,
};

use crate::{Error, Numbers};

/// Rows that a cell shows of a frame it ends with.
const SHOWN_ROWS: usize = 10;

/// Named columns; a polars `DataFrame` with a few plain methods more.
#[derive(Clone, Debug)]
pub struct DataFrame(Frame);

/// Reads a CSV file: a header, then numbers; an empty cell is a missing value.
///
/// # Errors
///
/// No such file, or anything else in it; the error names file, line and column.
pub fn read_csv(path: impl AsRef<Path>) -> Result<DataFrame, Error> {
    Ok(DataFrame(frames::read_csv(path.as_ref())?))
}

impl DataFrame {
    /// Number of rows.
    pub fn height(&self) -> usize {
        self.0.height()
    }

    /// Number of columns.
    pub fn width(&self) -> usize {
        self.0.width()
    }

    /// Number of rows and of columns.
    pub fn shape(&self) -> (usize, usize) {
        self.0.shape()
    }

    /// Names of the columns.
    pub fn names(&self) -> Vec<String> {
        self.0.get_column_names().iter().map(|name| (*name).to_string()).collect()
    }

    /// The first rows: `head(5)`, or `head(None)` for ten.
    #[must_use]
    pub fn head(&self, n: impl Into<Option<usize>>) -> Self {
        Self(self.0.head(n.into()))
    }

    /// The last rows: `tail(5)`, or `tail(None)` for ten.
    #[must_use]
    pub fn tail(&self, n: impl Into<Option<usize>>) -> Self {
        Self(self.0.tail(n.into()))
    }

    /// The numbers of a column; NaN where one is missing.
    ///
    /// # Errors
    ///
    /// No such column, or one that is not of numbers.
    pub fn values(&self, column: &str) -> Result<Numbers, Error> {
        Ok(adapt::values(&self.0, column)?.into())
    }

    /// The number below which the share `q`, in [0, 1], of a column's numbers lies, between two of them where need be.
    ///
    /// # Errors
    ///
    /// No such column, a column without a number, or `q` out of its range.
    pub fn quantile(&self, column: &str, q: f64) -> Result<f64, Error> {
        Ok(frames::quantile(&self.0, column, q)?)
    }

    /// Count, mean, standard deviation, minimum, quartiles and maximum of each column of numbers.
    ///
    /// # Errors
    ///
    /// No column is of numbers.
    pub fn describe(&self) -> Result<Self, Error> {
        Ok(Self(adapt::describe(&self.0)?))
    }

    /// Pearson's correlation of every two columns, the strongest first: see `isoforest::notebook::columns`.
    ///
    /// # Errors
    ///
    /// A column that is not of numbers.
    pub fn correlations(&self) -> Result<Self, Error> {
        Ok(Self(columns::correlations(&self.0)?))
    }

    /// The two columns for a scatter plot: those named, and for an empty name the first or second column.
    pub fn pair(&self, x: &str, y: &str) -> (String, String) {
        columns::pair(&self.0, x, y)
    }

    /// The row that is there most often, and how often.
    ///
    /// # Errors
    ///
    /// No rows, or a column that is not of numbers.
    pub fn most_common_row(&self) -> Result<(Vec<f64>, usize), Error> {
        Ok(frames::most_common_row(&self.0)?)
    }

    /// Draws the first rows as a table in the cell's output.
    pub fn evcxr_display(&self) {
        notebook::show_table(&self.0, SHOWN_ROWS);
    }
}

/// What figures and forests take rows from: a data frame of the prelude or of polars, also the result of a function that
/// reads one, whose error then is theirs.
#[diagnostic::on_unimplemented(
    message = "this is no data frame",
    label = "expected a reference to a data frame, such as `&df` after `let df = read_csv(\"../data/train.csv\")?;`"
)]
pub trait Rows {
    /// The frame of polars.
    ///
    /// # Errors
    ///
    /// That of a function which could not read one.
    fn frame(&self) -> Result<&Frame, Error>;
}

impl Rows for DataFrame {
    fn frame(&self) -> Result<&Frame, Error> {
        Ok(&self.0)
    }
}

impl Rows for Frame {
    fn frame(&self) -> Result<&Frame, Error> {
        Ok(self)
    }
}

impl Rows for Result<DataFrame, Error> {
    fn frame(&self) -> Result<&Frame, Error> {
        self.as_ref().map(|frame| &frame.0).map_err(Clone::clone)
    }
}

impl From<Frame> for DataFrame {
    fn from(frame: Frame) -> Self {
        Self(frame)
    }
}

impl Deref for DataFrame {
    type Target = Frame;

    fn deref(&self) -> &Frame {
        &self.0
    }
}
