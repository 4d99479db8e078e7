//! From a line to its cells, and from a cell to a number.

use super::error::{CsvError, Place};

/// Calls `cell` with the position (from 0) and the text of each cell, and returns how many there were.
pub(super) fn for_each_cell(
    line: &str,
    place: impl Fn() -> Place,
    mut cell: impl FnMut(usize, &str) -> Result<(), CsvError>,
) -> Result<usize, CsvError> {
    let mut count = 0;
    if !line.contains('"') {
        for text in line.split(',') {
            cell(count, text.trim())?;
            count += 1;
        }
        return Ok(count);
    }
    if line.matches('"').count() % 2 == 1 {
        return Err(CsvError::UnclosedQuote { place: place() });
    }
    // The line's end is already gone: a stray carriage return stays a part of its cell.
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .buffer_capacity(line.len())
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(line.as_bytes());
    let mut record = csv::StringRecord::new();
    reader.read_record(&mut record).map_err(|error| CsvError::Read { place: place(), reason: error.into() })?;
    for text in &record {
        cell(count, text.trim())?;
        count += 1;
    }
    Ok(count)
}

/// What a cell holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    /// A finite number, or NaN for a missing value (an empty cell, or the word NaN).
    Number(f64),
    /// "inf", or a number beyond the range of f64.
    Infinite,
    /// Anything else.
    Text,
}

/// Reads the text of a cell, already trimmed.
pub(super) fn value(text: &str) -> Value {
    if text.is_empty() {
        return Value::Number(f64::NAN);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_infinite() => Value::Infinite,
        // One NaN for all spellings, so that equal files give equal bits.
        Ok(number) if number.is_nan() => Value::Number(f64::NAN),
        Ok(number) => Value::Number(number),
        Err(_) => Value::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_beyond_f64_is_infinite_and_one_too_small_is_zero() {
        assert_eq!(value("1e999"), Value::Infinite);
        assert_eq!(value("-1e999"), Value::Infinite);
        assert_eq!(value("1e-999"), Value::Number(0.0));
    }

    #[test]
    fn only_an_empty_cell_and_the_word_nan_are_missing() {
        for text in ["", "NaN", "nan", "-nan"] {
            assert!(matches!(value(text), Value::Number(number) if number.to_bits() == f64::NAN.to_bits()), "{text}");
        }
        for text in ["NA", "null", "None", "-", ".", "1 2", "0x10", "1_000", "1,5"] {
            assert_eq!(value(text), Value::Text, "{text}");
        }
    }
}
