//! The first line: the names of the columns.

use std::{collections::HashMap, io::Read};

use super::{
    cells::{Value, for_each_cell, value},
    error::{Cell, CsvError},
    lines::Lines,
};

/// Reads and checks the column names.
pub(super) fn read_header<R: Read>(lines: &mut Lines<R>) -> Result<Vec<String>, CsvError> {
    if !lines.advance()? {
        return Err(CsvError::Empty { source_name: lines.source_name().to_owned() });
    }
    let mut names = Vec::new();
    for_each_cell(
        lines.text()?,
        || lines.place(),
        |_, text| {
            names.push(text.to_owned());
            Ok(())
        },
    )?;
    if is_a_row(&names) {
        return Err(CsvError::MissingHeader { place: lines.place(), found: names });
    }
    let mut column_of = HashMap::new();
    for (column, name) in (1..).zip(&names) {
        let cell = || Cell { place: lines.place(), column, name: name.clone() };
        if name.is_empty() {
            return Err(CsvError::EmptyColumnName { cell: cell() });
        }
        if let Some(first) = column_of.insert(name, column) {
            return Err(CsvError::DuplicateColumnName { cell: cell(), first });
        }
    }
    Ok(names)
}

/// For each column of the file its place in `wanted`, if it has one. Every name of `wanted` must have a column of its own. Names in a
/// file are without the blanks around them, so those of `wanted` count without them too.
pub(super) fn match_columns<R: Read>(
    found: &[String],
    wanted: &[String],
    lines: &Lines<R>,
) -> Result<Vec<Option<usize>>, CsvError> {
    let mut places = vec![None; found.len()];
    let column_of: HashMap<&str, usize> = found.iter().map(String::as_str).zip(0..).collect();
    for (place, name) in wanted.iter().enumerate() {
        match column_of.get(name.trim()).and_then(|&column| places.get_mut(column)) {
            Some(slot @ None) => *slot = Some(place),
            _ => {
                return Err(CsvError::MissingColumn {
                    place: lines.place(),
                    name: name.clone(),
                    expected: wanted.to_vec(),
                    found: found.to_vec(),
                });
            }
        }
    }
    Ok(places)
}

/// Numbers and nothing else (some cells may be empty): data where names should be.
fn is_a_row(names: &[String]) -> bool {
    names.iter().any(|name| !name.is_empty()) && names.iter().all(|name| value(name) != Value::Text)
}
