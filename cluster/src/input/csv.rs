//! Headers and first rows of CSV files. Rows are only read when the job runs; that a column holds no numbers is mostly seen here.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, AsArray, RecordBatch},
        csv::ReaderBuilder,
        datatypes::{DataType, Field, Schema},
        error::ArrowError,
    },
    object_store::{ObjectStore, ObjectStoreExt},
};
use isoforest::data::CsvBlocks;

use super::{
    CutCsv, Format, Look,
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

pub(super) async fn look(
    objects: &dyn ObjectStore,
    place: usize,
    file: &InputFile,
    cut: CutCsv,
) -> Result<Look, InputError> {
    let end = file.meta.size.min(LOOKED_AT);
    let begin = objects.get_range(&file.meta.location, 0..end).await.map_err(|error| unreadable(file, &error))?;
    let is_whole = end == file.meta.size;
    let lines = match begin.iter().rposition(|&byte| byte == b'\n') {
        _ if is_whole => begin.as_ref(),
        Some(last) => begin.get(..=last).unwrap_or_default(),
        None => return Err(InputError::LongHeader { path: file.path(), limit: LOOKED_AT }),
    };
    let header = CsvBlocks::new(lines, &file.path(), 1)?;
    let names = header.feature_names();
    let fields: Vec<Field> = names.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
    let schema = Schema::new(fields);
    let rows = first_rows(lines, &schema).map_err(|error| unreadable(file, &error))?;
    // A header and nothing else, unless the first row is longer than what was looked at.
    let is_empty = rows.is_none() && is_whole;
    let pieces = if is_empty { Vec::new() } else { pieces(place, file, cut) };
    let not_numbers = rows.map(|rows| not_numbers(&rows)).unwrap_or_default();
    Ok(Look { format: Format::Csv, schema, pieces, not_numbers, path: file.path() })
}

fn first_rows(lines: &[u8], schema: &Schema) -> Result<Option<RecordBatch>, ArrowError> {
    let mut rows = ReaderBuilder::new(Arc::new(schema.clone())).with_header(true).with_batch_size(ROWS).build(lines)?;
    rows.next().transpose()
}

/// For each column the first cell that is no number, with its line.
fn not_numbers(rows: &RecordBatch) -> Vec<(String, u64, String)> {
    let schema = rows.schema();
    let columns = schema.fields().iter().zip(rows.columns());
    let wrong = columns.filter_map(|(field, cells)| {
        let cells = cells.as_string_opt::<i32>()?;
        let is_wrong =
            |text: &str| !text.trim().is_empty() && text.trim().parse::<f64>().map_or(true, f64::is_infinite);
        let row = (0..cells.len()).find(|&row| cells.is_valid(row) && is_wrong(cells.value(row)))?;
        Some((field.name().clone(), row as u64 + 2, cells.value(row).chars().take(60).collect()))
    });
    wrong.collect()
}

fn pieces(place: usize, file: &InputFile, cut: CutCsv) -> Vec<Piece> {
    let size = file.meta.size;
    let piece = |range, bytes| Piece { place, meta: file.meta.clone(), range, bytes, rows: None };
    if cut == CutCsv::Never || size <= PIECE_BYTES {
        return vec![piece(None, size)];
    }
    let n_pieces = size.div_ceil(PIECE_BYTES);
    let at = |i: u64| u64::try_from(u128::from(size) * u128::from(i) / u128::from(n_pieces)).unwrap_or(size);
    (0..n_pieces).map(|i| piece(Some(at(i)..at(i + 1)), at(i + 1) - at(i))).collect()
}
