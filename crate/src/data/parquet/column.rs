//! One column of a row group, as `f64`.

use parquet::{
    column::reader::{ColumnReader, ColumnReaderImpl},
    data_type::DataType,
    errors::{ParquetError, Result},
};

/// How the bits of a column's values become numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    /// As their type says.
    Plain,
    /// Integers without a sign, which Parquet keeps in signed ones.
    Unsigned,
}

/// Appends the next values of a column, at most `n_rows`, NaN for a missing one; gives how many there were.
pub(super) fn read(reader: &mut ColumnReader, kind: Numbers, n_rows: usize, out: &mut Vec<f64>) -> Result<usize> {
    match (reader, kind) {
        (ColumnReader::Int32ColumnReader(reader), Numbers::Plain) => read_as(reader, n_rows, out, f64::from),
        (ColumnReader::Int32ColumnReader(reader), Numbers::Unsigned) => {
            read_as(reader, n_rows, out, |value| f64::from(value.cast_unsigned()))
        }
        (ColumnReader::Int64ColumnReader(reader), Numbers::Plain) => read_as(reader, n_rows, out, |value| value as f64),
        (ColumnReader::Int64ColumnReader(reader), Numbers::Unsigned) => {
            read_as(reader, n_rows, out, |value| value.cast_unsigned() as f64)
        }
        (ColumnReader::FloatColumnReader(reader), _) => read_as(reader, n_rows, out, |value| one_nan(f64::from(value))),
        (ColumnReader::DoubleColumnReader(reader), _) => read_as(reader, n_rows, out, one_nan),
        _ => Err(ParquetError::General("a row group has another column type than the schema".to_owned())),
    }
}

fn read_as<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    n_rows: usize,
    out: &mut Vec<f64>,
    number: impl Fn(T::T) -> f64,
) -> Result<usize>
where
    T::T: Copy,
{
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    let (n_read, n_values, _) = reader.read_records(n_rows, Some(&mut levels), None, &mut values)?;
    if n_values == n_read {
        out.extend(values.into_iter().map(number));
        return Ok(n_read);
    }
    // A level of 1 is a value, 0 is none.
    let mut values = values.into_iter();
    for level in levels {
        let value = if level == 0 { None } else { values.next() };
        out.push(value.map_or(f64::NAN, &number));
    }
    Ok(n_read)
}

/// One NaN for all bit patterns, as in CSV.
fn one_nan(value: f64) -> f64 {
    if value.is_nan() { f64::NAN } else { value }
}
