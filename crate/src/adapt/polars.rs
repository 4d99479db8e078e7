//! Data frames of polars: reading CSV into one, describing it, and its numbers as a matrix for the forest.
//!
//! ```
//! use isoforest::IsolationForest;
//! use isoforest::adapt::polars::feature_matrix;
//! use isoforest::polars::prelude::*;
//!
//! let frame = df!("mean" => [0.0, 0.1, 0.2, 50.0], "purchases" => [1, 2, 2, 90])?;
//! let x = feature_matrix(&frame)?;
//! assert_eq!(x.dim(), (4, 2));
//! let forest = IsolationForest::builder().random_state(16).fit_frame(&frame)?;
//! assert_eq!(forest.feature_names(), ["mean", "purchases"]);
//! assert_eq!(forest.predict(x.view())?.to_vec(), [1, 1, 1, -1]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::path::Path;

use ndarray::{Array2, ShapeBuilder};
use polars::prelude::{
    ChunkAgg, ChunkQuantile, ChunkVar, Column, DataFrame, DataType, Float64Chunked, NamedFrom, PolarsError,
    QuantileMethod, Series,
};

use crate::data::{CsvError, Table};
use crate::{FitError, IsolationForest, IsolationForestParams};

/// The rows of a description, as pandas names them.
const STATISTICS: [&str; 8] = ["count", "mean", "std", "min", "25%", "50%", "75%", "max"];

/// Why a data frame could not be made, described or used.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The CSV file could not be read.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// A column that is not numbers.
    #[error("column {column:?} has the type {dtype}, expected numbers; drop it, or turn it into numbers first")]
    NotNumeric {
        /// Name of the column.
        column: String,
        /// Its type in polars' words.
        dtype: String,
    },
    /// A column that was asked for is not there.
    #[error("the data frame has no column {column:?}; its columns are {}", .found.join(", "))]
    MissingColumn {
        /// Name of the column.
        column: String,
        /// The columns that are there.
        found: Vec<String>,
    },
    /// Nothing to describe.
    #[error("the data frame has no column of numbers")]
    NoNumbers,
    /// The frame was refused by the forest.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// An error of polars itself.
    #[error(transparent)]
    Polars(#[from] PolarsError),
}

/// Reads a CSV file of numbers into a data frame, each column as `f64`, an empty cell as null.
///
/// The file is read by [`crate::data::read_csv`], so that an error names file, line and column.
///
/// # Errors
///
/// [`FrameError::Csv`].
///
/// # Example
///
/// ```
/// use isoforest::adapt::polars::read_csv;
///
/// let error = read_csv("no such file.csv").unwrap_err();
/// assert!(error.to_string().starts_with("no such file.csv: "));
/// ```
pub fn read_csv(path: impl AsRef<Path>) -> Result<DataFrame, FrameError> {
    to_frame(&crate::data::read_csv(path)?)
}

/// A data frame with the table's columns as `f64`; NaN, a missing value there, becomes null.
///
/// # Errors
///
/// [`FrameError::Polars`] if two columns have the same name.
///
/// # Example
///
/// ```
/// use isoforest::adapt::polars::{to_frame, to_table};
/// use isoforest::data::Table;
///
/// let table = Table { feature_names: vec!["mean".into()], values: ndarray::array![[0.5], [f64::NAN]] };
/// let frame = to_frame(&table)?;
/// assert_eq!((frame.height(), frame.columns()[0].null_count()), (2, 1));
/// assert_eq!(to_table(&frame)?.feature_names, ["mean"]);
/// # Ok::<(), isoforest::adapt::polars::FrameError>(())
/// ```
pub fn to_frame(table: &Table) -> Result<DataFrame, FrameError> {
    let columns = table
        .feature_names
        .iter()
        .zip(table.values.columns())
        .map(|(name, values)| {
            let values: Vec<Option<f64>> = values.iter().map(|&value| (!value.is_nan()).then_some(value)).collect();
            Column::from(Series::new(name.as_str().into(), values))
        })
        .collect();
    Ok(DataFrame::new(table.values.nrows(), columns)?)
}

/// The data frame's names and numbers; null becomes NaN, a missing value.
///
/// # Errors
///
/// Those of [`feature_matrix`].
///
/// # Example
///
/// See [`to_frame`].
pub fn to_table(frame: &DataFrame) -> Result<Table, FrameError> {
    let feature_names = frame.columns().iter().map(|column| column.name().to_string()).collect();
    Ok(Table { feature_names, values: feature_matrix(frame)? })
}

/// All columns as a matrix of shape `(height, width)`, column after column in memory; null becomes NaN, a missing value.
///
/// # Errors
///
/// [`FrameError::NotNumeric`] if a column is not integers or floats: leaving one out unasked would train on other features
/// than the caller believes.
///
/// # Example
///
/// See [the module](self).
pub fn feature_matrix(frame: &DataFrame) -> Result<Array2<f64>, FrameError> {
    matrix(frame.height(), frame.columns())
}

/// The columns of these names, in this order, as [`feature_matrix`] gives them: what a fitted forest wants of a frame whose
/// columns stand in another order, or among others.
///
/// # Errors
///
/// [`FrameError::MissingColumn`] and [`FrameError::NotNumeric`].
///
/// # Example
///
/// ```
/// use isoforest::adapt::polars::feature_matrix_of;
/// use isoforest::polars::prelude::*;
///
/// let frame = df!("user" => ["a", "b"], "sd" => [3.0, 4.0], "mean" => [1.0, 2.0])?;
/// let x = feature_matrix_of(&frame, &["mean", "sd"])?;
/// assert_eq!(x, ndarray::array![[1.0, 3.0], [2.0, 4.0]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn feature_matrix_of(frame: &DataFrame, names: &[impl AsRef<str>]) -> Result<Array2<f64>, FrameError> {
    let columns = names.iter().map(|name| column(frame, name.as_ref())).collect::<Result<Vec<_>, _>>()?;
    matrix(frame.height(), columns)
}

/// The numbers of one column; null becomes NaN.
///
/// # Errors
///
/// [`FrameError::MissingColumn`] and [`FrameError::NotNumeric`].
///
/// # Example
///
/// ```
/// use isoforest::adapt::polars::values;
/// use isoforest::polars::prelude::*;
///
/// let frame = df!("mean" => [1, 2])?;
/// assert_eq!(values(&frame, "mean")?, [1.0, 2.0]);
/// assert_eq!(
///     values(&frame, "men").unwrap_err().to_string(),
///     r#"the data frame has no column "men"; its columns are mean"#,
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn values(frame: &DataFrame, name: &str) -> Result<Vec<f64>, FrameError> {
    numbers(column(frame, name)?)
}

/// Count, mean, sample standard deviation, minimum, quartiles and maximum of each column of numbers, as `describe()` of
/// pandas gives them.
///
/// The first column, `statistic`, names the rows. Missing values, null and NaN, are not counted; columns that are not
/// numbers are left out; a number that does not exist, such as the standard deviation of one value, is null.
///
/// # Errors
///
/// [`FrameError::NoNumbers`] if no column is numeric.
///
/// # Example
///
/// ```
/// use isoforest::adapt::polars::{describe, values};
/// use isoforest::polars::prelude::*;
///
/// let described = describe(&df!("mean" => [1.0, 2.0, 3.0, 10.0])?)?;
/// assert_eq!(values(&described, "mean")?[..2], [4.0, 4.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn describe(frame: &DataFrame) -> Result<DataFrame, FrameError> {
    let mut columns = vec![Column::from(Series::new("statistic".into(), STATISTICS))];
    for column in frame.columns().iter().filter(|column| is_numeric(column)) {
        let mut present = numbers(column)?;
        present.retain(|value| !value.is_nan());
        columns.push(Column::from(Series::new(column.name().clone(), statistics(present)?)));
    }
    if columns.len() == 1 {
        return Err(FrameError::NoNumbers);
    }
    Ok(DataFrame::new(STATISTICS.len(), columns)?)
}

/// The numbers that [`STATISTICS`] names.
fn statistics(mut present: Vec<f64>) -> Result<[Option<f64>; 8], PolarsError> {
    present.sort_by(f64::total_cmp);
    let count = present.len() as f64;
    let (lowest, highest) = (present.first().copied(), present.last().copied());
    let values = Float64Chunked::from_vec("".into(), present);
    let quartile = |q: f64| values.quantile(q, QuantileMethod::Linear);
    Ok([
        Some(count),
        values.mean(),
        // polars gives NaN or null for a single value; pandas has none either.
        values.std(1).filter(|std| !std.is_nan()),
        lowest,
        quartile(0.25)?,
        quartile(0.5)?,
        quartile(0.75)?,
        highest,
    ])
}

impl IsolationForestParams {
    /// Grows a forest on all columns of a data frame, and keeps their names; null is a missing value.
    ///
    /// # Errors
    ///
    /// [`FrameError::NotNumeric`], and [`FrameError::Fit`] as [`fit`](Self::fit) gives it.
    ///
    /// # Example
    ///
    /// See [`adapt::polars`](crate::adapt::polars).
    pub fn fit_frame(&self, frame: &DataFrame) -> Result<IsolationForest, FrameError> {
        let Table { feature_names, values } = to_table(frame)?;
        Ok(self.fit_named(values.view(), &feature_names)?)
    }
}

fn matrix<'a>(height: usize, columns: impl IntoIterator<Item = &'a Column>) -> Result<Array2<f64>, FrameError> {
    let mut width = 0;
    let mut all = Vec::new();
    for column in columns {
        all.append(&mut numbers(column)?);
        width += 1;
    }
    // A frame's columns are all of its height, so this cannot fail; if it ever does, the words are polars' own.
    Array2::from_shape_vec((height, width).f(), all)
        .map_err(|error| PolarsError::ShapeMismatch(error.to_string().into()).into())
}

fn column<'a>(frame: &'a DataFrame, name: &str) -> Result<&'a Column, FrameError> {
    let found = frame.columns().iter().find(|column| column.name().as_str() == name);
    found.ok_or_else(|| FrameError::MissingColumn {
        column: name.to_owned(),
        found: frame.columns().iter().map(|column| column.name().to_string()).collect(),
    })
}

fn is_numeric(column: &Column) -> bool {
    column.dtype().is_primitive_numeric()
}

fn numbers(column: &Column) -> Result<Vec<f64>, FrameError> {
    if !is_numeric(column) {
        return Err(FrameError::NotNumeric { column: column.name().to_string(), dtype: column.dtype().to_string() });
    }
    let floats = column.cast(&DataType::Float64)?;
    Ok(floats.f64()?.iter().map(|value| value.unwrap_or(f64::NAN)).collect())
}
