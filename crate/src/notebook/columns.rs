//! All columns of a data frame at once: which two belong together, and a figure with a panel for each.

use ndarray::ArrayView1;
use plotly::Plot;
use polars::prelude::{Column, DataFrame, NamedFrom, Series};

use super::frames::CellError;
use crate::adapt::polars::{FrameError, feature_matrix, values};
use crate::plot::{self, Labels};

/// A data frame of named columns; NaN, a missing value there, becomes null.
///
/// # Errors
///
/// Columns of different lengths, or two with the same name.
///
/// # Example
///
/// ```
/// use isoforest::notebook::columns::frame_of;
///
/// let frame = frame_of(vec![("mean".to_owned(), vec![0.5, f64::NAN])])?;
/// assert_eq!((frame.height(), frame.columns()[0].null_count()), (2, 1));
/// # Ok::<(), isoforest::notebook::frames::CellError>(())
/// ```
pub fn frame_of(columns: Vec<(String, Vec<f64>)>) -> Result<DataFrame, CellError> {
    let n_rows = columns.first().map_or(0, |(_, values)| values.len());
    let known = |value: f64| (!value.is_nan()).then_some(value);
    let columns = columns.into_iter().map(|(name, values)| {
        let values: Vec<Option<f64>> = values.into_iter().map(known).collect();
        Column::from(Series::new(name.into(), values))
    });
    Ok(DataFrame::new(n_rows, columns.collect()).map_err(FrameError::from)?)
}

/// The two columns of a scatter plot: those that are named, and in place of an empty name the first or second column that
/// has a value. A frame of one column gives that one twice.
///
/// # Example
///
/// ```
/// use isoforest::{notebook::columns::pair, polars::prelude::*};
///
/// let frame = df!("mean" => [1.0], "sd" => [0.5], "n" => [3.0])?;
/// assert_eq!(pair(&frame, "", ""), ("mean".to_owned(), "sd".to_owned()));
/// assert_eq!(pair(&frame, "n", ""), ("n".to_owned(), "mean".to_owned()));
///
/// let frame = df!("note" => [None::<f64>], "sd" => [Some(0.5)], "n" => [Some(3.0)])?;
/// assert_eq!(pair(&frame, "", ""), ("sd".to_owned(), "n".to_owned()));
/// # Ok::<(), PolarsError>(())
/// ```
pub fn pair(frame: &DataFrame, x: &str, y: &str) -> (String, String) {
    let columns = frame.columns();
    let with_values: Vec<&Column> = columns.iter().filter(|column| column.null_count() < column.len()).collect();
    let other_than = |taken: &str| {
        let other = with_values.iter().find(|column| column.name() != taken).or(with_values.first()).copied();
        other.or(columns.first()).map(|column| column.name().to_string())
    };
    let x = if x.is_empty() { other_than(y).unwrap_or_default() } else { x.to_owned() };
    let y = if y.is_empty() { other_than(&x).unwrap_or_default() } else { y.to_owned() };
    (x, y)
}

/// [`plot::histograms`] of all columns.
///
/// # Errors
///
/// A column that is not numbers, and those of that function.
pub fn histograms(frame: &DataFrame, n_bins: usize, labels: &Labels) -> Result<Plot, CellError> {
    let columns = all(frame)?;
    Ok(plot::histograms(&borrowed(&columns), n_bins, labels)?)
}

/// [`plot::box_plots`] of all columns.
///
/// # Errors
///
/// A column that is not numbers, and those of that function.
pub fn box_plots(frame: &DataFrame, labels: &Labels) -> Result<Plot, CellError> {
    let columns = all(frame)?;
    Ok(plot::box_plots(&borrowed(&columns), labels)?)
}

fn names(frame: &DataFrame) -> Vec<String> {
    frame.get_column_names().iter().map(ToString::to_string).collect()
}

/// Names and numbers of all columns.
fn all(frame: &DataFrame) -> Result<Vec<(String, Vec<f64>)>, FrameError> {
    let with_numbers = |name: String| values(frame, &name).map(|numbers| (name, numbers));
    names(frame).into_iter().map(with_numbers).collect()
}

fn borrowed(columns: &[(String, Vec<f64>)]) -> Vec<(&str, &[f64])> {
    columns.iter().map(|(name, values)| (name.as_str(), values.as_slice())).collect()
}

/// Pearson's correlation of every two columns, the strongest first: columns `first`, `second` and `correlation`, in [-1, 1].
///
/// Rows in which either number is missing or infinite are left out. Where a column does not vary there is no correlation:
/// null, at the end. A frame of one column gives an empty table.
///
/// # Errors
///
/// A column that is not numbers, or no rows.
///
/// # Example
///
/// ```
/// use isoforest::{adapt::polars::values, notebook::columns::correlations, polars::prelude::*};
///
/// let frame = df!("a" => [1.0, 2.0, 3.0], "b" => [1.0, 0.0, 5.0], "c" => [-2.0, -4.0, -6.0])?;
/// let table = correlations(&frame)?;
/// assert_eq!(table.height(), 3);
/// assert!((values(&table, "correlation")?[0] + 1.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn correlations(frame: &DataFrame) -> Result<DataFrame, CellError> {
    let matrix = feature_matrix(frame)?;
    let names = names(frame);
    let mut pairs = Vec::new();
    for (i, first) in names.iter().enumerate() {
        for (j, second) in names.iter().enumerate().skip(i + 1) {
            pairs.push((first.as_str(), second.as_str(), correlation(matrix.column(i), matrix.column(j))));
        }
    }
    let strength = |found: Option<f64>| found.map_or(-1.0, f64::abs);
    pairs.sort_by(|a, b| strength(b.2).total_cmp(&strength(a.2)));
    let firsts: Vec<&str> = pairs.iter().map(|pair| pair.0).collect();
    let seconds: Vec<&str> = pairs.iter().map(|pair| pair.1).collect();
    let found: Vec<Option<f64>> = pairs.iter().map(|pair| pair.2).collect();
    let columns = vec![
        Column::from(Series::new("first".into(), firsts)),
        Column::from(Series::new("second".into(), seconds)),
        Column::from(Series::new("correlation".into(), found)),
    ];
    Ok(DataFrame::new(pairs.len(), columns).map_err(FrameError::from)?)
}

fn correlation(x: ArrayView1<'_, f64>, y: ArrayView1<'_, f64>) -> Option<f64> {
    let both = || x.iter().zip(y).filter(|(x, y)| x.is_finite() && y.is_finite());
    let n = both().count() as f64;
    let mean_x = both().map(|(x, _)| x / n).sum::<f64>();
    let mean_y = both().map(|(_, y)| y / n).sum::<f64>();
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in both() {
        let (dx, dy) = (x - mean_x, y - mean_y);
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    // A column of equal numbers has no spread but for its rounding errors.
    let (first_x, first_y) = both().next()?;
    let varies = both().any(|(x, _)| x != first_x) && both().any(|(_, y)| y != first_y);
    let found = xy / (xx.sqrt() * yy.sqrt());
    (varies && found.is_finite()).then(|| found.clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use polars::prelude::df;

    use super::*;

    #[test]
    fn a_column_that_does_not_vary_comes_last_without_a_number() {
        let frame =
            df!("same" => [0.1, 0.1, 0.1], "a" => [1.0, 2.0, 4.0], "b" => [Some(2.0), None, Some(1.0)]).unwrap();
        let table = correlations(&frame).unwrap();
        let found = values(&table, "correlation").unwrap();
        assert!((found[0] + 1.0).abs() < 1e-12, "{found:?}");
        assert!(found[1].is_nan() && found[2].is_nan(), "{found:?}");
    }

    #[test]
    fn correlations_are_those_of_numpy() {
        // numpy.corrcoef([1, 2, 4, 8], [3, 1, 5, 4])[0, 1]
        let frame = df!("a" => [1.0, 2.0, 4.0, 8.0], "b" => [3.0, 1.0, 5.0, 4.0]).unwrap();
        let found = values(&correlations(&frame).unwrap(), "correlation").unwrap();
        assert!((found[0] - 0.520_152_868).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn one_column_is_its_own_partner_and_has_no_correlation() {
        let frame = df!("only" => [1.0, 2.0]).unwrap();
        assert_eq!(pair(&frame, "", ""), ("only".to_owned(), "only".to_owned()));
        assert_eq!(correlations(&frame).unwrap().height(), 0);
        let note = crate::notebook::frames::scatter(&frame, "only", "only", &Labels::new("One")).unwrap();
        assert!(note.to_json().contains("needs two columns"));
    }
}
