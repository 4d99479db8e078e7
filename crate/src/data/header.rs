//! The first line: the names of the columns.

use std::{
    collections::{HashMap, HashSet},
    io::Read,
};

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

/// For each column of the file, its place in `expected`.
pub(super) fn match_columns<R: Read>(
    found: &[String],
    expected: &[String],
    lines: &Lines<R>,
) -> Result<Vec<usize>, CsvError> {
    let found_names: HashSet<&String> = found.iter().collect();
    if let Some(name) = expected.iter().find(|name| !found_names.contains(name)) {
        return Err(CsvError::MissingColumn {
            place: lines.place(),
            name: name.clone(),
            expected: expected.to_vec(),
            found: found.to_vec(),
        });
    }
    let place_of: HashMap<&String, usize> = expected.iter().zip(0..).collect();
    (1..)
        .zip(found)
        .map(|(column, name)| {
            place_of.get(name).copied().ok_or_else(|| CsvError::ExtraColumn {
                cell: Cell { place: lines.place(), column, name: name.clone() },
                expected: expected.to_vec(),
            })
        })
        .collect()
}

/// Numbers and nothing else (some cells may be empty): data where names should be.
fn is_a_row(names: &[String]) -> bool {
    names.iter().any(|name| !name.is_empty()) && names.iter().all(|name| value(name) != Value::Text)
}
