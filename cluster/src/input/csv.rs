//! Headers and first rows of CSV files. Rows are only read when the job runs; that a column holds no numbers is mostly seen here.

use std::{collections::BTreeMap, io::Cursor};

use datafusion::{
    arrow::datatypes::{DataType, Field, Schema},
    object_store::{ObjectStore, ObjectStoreExt},
};
use isoforest::data::{CsvError, CsvRange};

use super::{
    Format, Look,
    error::InputError,
    files::{InputFile, unreadable},
    pieces::Piece,
};

/// Bytes of a file that are looked at.
const LOOKED_AT: u64 = 256 << 10;
/// Rows of a file that are looked at.
const ROWS: usize = 1000;
/// Size of the pieces that a file is cut into.
const PIECE_BYTES: u64 = 4 << 20;

pub(super) async fn look(objects: &dyn ObjectStore, place: usize, file: &InputFile) -> Result<Look, InputError> {
    let end = file.meta.size.min(LOOKED_AT);
    let begin = objects.get_range(&file.meta.location, 0..end).await.map_err(|error| unreadable(file, &error))?;
    let is_whole = end == file.meta.size;
    let lines = match begin.iter().rposition(|&byte| byte == b'\n') {
        _ if is_whole => begin.as_ref(),
        Some(last) => begin.get(..=last).unwrap_or_default(),
        None => return Err(InputError::LongHeader { path: file.path(), limit: LOOKED_AT }),
    };
    let first = first_rows(lines, &file.path())?;
    // A header and nothing else, unless the first row is longer than what was looked at.
    let is_empty = first.n_rows == 0 && is_whole;
    let pieces = if is_empty { Vec::new() } else { pieces(place, file) };
    let fields: Vec<Field> = first.names.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
    Ok(Look { format: Format::Csv, schema: Schema::new(fields), pieces, not_numbers: first.not_numbers })
}

/// The header and what follows it.
struct FirstRows {
    names: Vec<String>,
    n_rows: usize,
    /// For each column the first cell that is no number.
    not_numbers: BTreeMap<String, CsvError>,
}

fn first_rows(lines: &[u8], path: &str) -> Result<FirstRows, CsvError> {
    let mut rows = CsvRange::new(Cursor::new(lines), path, 0..u64::MAX)?;
    let names = rows.column_names().to_vec();
    let mut first = FirstRows { names, n_rows: 0, not_numbers: BTreeMap::new() };
    while first.n_rows < ROWS {
        let is_one = rows.next_row(|cell| {
            if let (Err(error), Some(name)) = (cell.number(), first.names.get(cell.column)) {
                first.not_numbers.entry(name.clone()).or_insert(error);
            }
            Ok(())
        })?;
        if !is_one {
            break;
        }
        first.n_rows += 1;
    }
    Ok(first)
}

fn pieces(place: usize, file: &InputFile) -> Vec<Piece> {
    let size = file.meta.size;
    let piece = |range, bytes| Piece { place, meta: file.meta.clone(), range, bytes, rows: None };
    if size <= PIECE_BYTES {
        return vec![piece(None, size)];
    }
    let n_pieces = size.div_ceil(PIECE_BYTES);
    let at = |i: u64| u64::try_from(u128::from(size) * u128::from(i) / u128::from(n_pieces)).unwrap_or(size);
    (0..n_pieces).map(|i| piece(Some(at(i)..at(i + 1)), at(i + 1) - at(i))).collect()
}
