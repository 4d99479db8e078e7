use std::{collections::HashMap, ops::Deref, path::Path};

use isoforest::ndarray::Array2;
use isoforest::polars::prelude::{Column, DataFrame as Frame, DataType};
use isoforest::{data, notebook};

use crate::Error;

/// Rows that a cell shows of a frame it ends with.
const SHOWN_ROWS: usize = 10;

/// Named columns of numbers; a polars `DataFrame` with a few plain methods more.
#[derive(Clone, Debug)]
pub struct DataFrame(Frame);

/// Reads a CSV file: a header, then numbers; an empty cell is a missing value.
///
/// # Errors
///
/// No such file, or anything else in it; the error names file, line and column.
pub fn read_csv(path: impl AsRef<Path>) -> Result<DataFrame, Error> {
    let table = data::read_csv(path).map_err(Error::new)?;
    let columns = table.feature_names.iter().zip(table.values.columns()).map(|(name, values)| {
        let values: Vec<Option<f64>> = values.iter().map(|&value| (!value.is_nan()).then_some(value)).collect();
        Column::new(name.as_str().into(), values)
    });
    Frame::new(table.values.nrows(), columns.collect()).map(DataFrame).map_err(Error::new)
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
    pub fn values(&self, column: &str) -> Result<Vec<f64>, Error> {
        let column = self.0.column(column).map_err(Error::new)?;
        let numbers = column.cast(&DataType::Float64).map_err(Error::new)?;
        let numbers = numbers.f64().map_err(Error::new)?;
        Ok(numbers.iter().map(|number| number.unwrap_or(f64::NAN)).collect())
    }

    /// The value below which the share `q`, in [0, 1], of a column's numbers lies, between two of them where need be.
    ///
    /// # Errors
    ///
    /// No such column, a column without a number, or `q` out of its range.
    pub fn quantile(&self, column: &str, q: f64) -> Result<f64, Error> {
        let sorted = self.sorted(column)?;
        if !(0.0..=1.0).contains(&q) {
            return Err(Error::new(format!("q must be in [0, 1], got {q}")));
        }
        between(&sorted, q).ok_or_else(|| Error::new(format!("column {column:?} has no number")))
    }

    /// Count, mean, standard deviation, minimum, quartiles and maximum of each column.
    ///
    /// # Errors
    ///
    /// A column that is not of numbers.
    pub fn describe(&self) -> Result<Self, Error> {
        let statistics = ["count", "mean", "std", "min", "25 %", "50 %", "75 %", "max"];
        let mut columns = vec![Column::new("statistic".into(), statistics)];
        for name in self.names() {
            let sorted = self.sorted(&name)?;
            let n = sorted.len() as f64;
            let mean = sorted.iter().sum::<f64>() / n;
            let std = (sorted.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
            let at = |q| between(&sorted, q).unwrap_or(f64::NAN);
            columns
                .push(Column::new(name.as_str().into(), [n, mean, std, at(0.0), at(0.25), at(0.5), at(0.75), at(1.0)]));
        }
        Frame::new(statistics.len(), columns).map(Self).map_err(Error::new)
    }

    /// The row that is there most often, and how often.
    ///
    /// # Errors
    ///
    /// No rows, or a column that is not of numbers.
    pub fn most_common_row(&self) -> Result<(Vec<f64>, usize), Error> {
        let matrix = self.matrix()?;
        let mut counts: HashMap<Vec<u64>, usize> = HashMap::new();
        for row in matrix.rows() {
            *counts.entry(row.iter().map(|value| value.to_bits()).collect()).or_default() += 1;
        }
        // Of two that are as common, always the same.
        let most = counts.into_iter().max_by(|(a, n), (b, m)| n.cmp(m).then_with(|| a.cmp(b)));
        let (bits, count) = most.ok_or_else(|| Error::new("no rows"))?;
        Ok((bits.into_iter().map(f64::from_bits).collect(), count))
    }

    /// The numbers as a matrix of shape `(height, width)`; NaN where one is missing.
    ///
    /// # Errors
    ///
    /// A column that is not of numbers.
    pub fn matrix(&self) -> Result<Array2<f64>, Error> {
        let mut matrix = Array2::zeros(self.shape());
        for (name, mut column) in self.names().iter().zip(matrix.columns_mut()) {
            for (cell, value) in column.iter_mut().zip(self.values(name)?) {
                *cell = value;
            }
        }
        Ok(matrix)
    }

    /// Draws the first rows as a table in the cell's output.
    pub fn evcxr_display(&self) {
        notebook::show_table(&self.0, SHOWN_ROWS);
    }

    /// A column's numbers in ascending order, without the missing ones.
    fn sorted(&self, column: &str) -> Result<Vec<f64>, Error> {
        let mut values: Vec<f64> = self.values(column)?.into_iter().filter(|value| !value.is_nan()).collect();
        values.sort_by(f64::total_cmp);
        Ok(values)
    }
}

/// The quantile of sorted values, by numpy's linear rule.
fn between(sorted: &[f64], q: f64) -> Option<f64> {
    let position = q * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (position.floor(), position.ceil());
    // Positions lie in the slice: q is in [0, 1].
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let (a, b) = (sorted.get(low as usize)?, sorted.get(high as usize)?);
    Some(a + (b - a) * (position - low))
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
