use polars::prelude::{Column, DataFrame, NamedFrom, Series};

use crate::adapt::polars::FrameError;
use crate::notebook::frames::CellError;

/// A data frame of columns of words, then columns of numbers, NaN as null.
pub(super) fn table<N: AsRef<str>>(
    words: &[(&str, Vec<String>)],
    numbers: &[(N, Vec<f64>)],
) -> Result<DataFrame, CellError> {
    let words = words.iter().map(|(name, values)| Column::from(Series::new((*name).into(), values.clone())));
    let known = |&value: &f64| (!value.is_nan()).then_some(value);
    let numbers = numbers.iter().map(|(name, values)| {
        let values: Vec<Option<f64>> = values.iter().map(known).collect();
        Column::from(Series::new(name.as_ref().into(), values))
    });
    let columns: Vec<Column> = words.chain(numbers).collect();
    let height = columns.first().map_or(0, Column::len);
    Ok(DataFrame::new(height, columns).map_err(FrameError::from)?)
}

/// `1 outlier`, `2 outliers`, with thousands apart.
pub(super) fn counted(n: usize, what: &str) -> String {
    format!("{} {what}{}", crate::plot::thousands(n), if n == 1 { "" } else { "s" })
}

/// Percentage of `n` in `all`, to a hundredth.
pub(super) fn share(n: usize, all: usize) -> f64 {
    (1e4 * n as f64 / all as f64).round() / 100.0
}
