//! Footers of Parquet files: the columns with their types, and a piece for each row group.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    datasource::physical_plan::parquet::metadata::DFParquetMetadata,
    object_store::{ObjectStore, ObjectStoreExt},
    parquet::arrow::parquet_to_arrow_schema,
};

use super::{
    Format, Look,
    error::InputError,
    files::{InputFile, unreadable},
    pieces::Piece,
};
use crate::engine;

/// The length of the footer, and the mark of the format.
const END_BYTES: u64 = 8;

pub(super) async fn look(objects: Arc<dyn ObjectStore>, place: usize, file: &InputFile) -> Result<Look, InputError> {
    check_end(objects.as_ref(), file).await?;
    let footer = DFParquetMetadata::new(objects.as_ref(), &file.meta)
        .fetch_metadata()
        .await
        .map_err(|error| unreadable(file, &engine::message(&error)))?;
    let described = footer.file_metadata();
    let schema = parquet_to_arrow_schema(described.schema_descr(), described.key_value_metadata())
        .map_err(|error| unreadable(file, &error))?;
    let mut pieces = Vec::new();
    for group in footer.row_groups() {
        let rows =
            u64::try_from(group.num_rows()).map_err(|_| unreadable(file, &"a row group has fewer than no rows"))?;
        let Some(column) = group.columns().first().filter(|_| rows > 0) else {
            continue;
        };
        // A reader of a range takes the row groups whose first page begins in it.
        let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
        let start = u64::try_from(start).map_err(|_| unreadable(file, &"a row group begins before the file"))?;
        let bytes = u64::try_from(group.compressed_size()).unwrap_or(0);
        pieces.push(Piece { place, meta: file.meta.clone(), range: Some(start..start + 1), bytes, rows: Some(rows) });
    }
    let pieces = if follow_each_other(&pieces) { pieces } else { as_a_whole(&pieces).into_iter().collect() };
    Ok(Look { format: Format::Parquet, schema, pieces, not_numbers: BTreeMap::new() })
}

/// The reader takes it for granted that the footer is not longer than the file.
async fn check_end(objects: &dyn ObjectStore, file: &InputFile) -> Result<(), InputError> {
    let size = file.meta.size;
    let not_whole = || unreadable(file, &"it is not a whole Parquet file: its end does not say where its columns are");
    let begin = size.checked_sub(END_BYTES).ok_or_else(not_whole)?;
    let end = objects.get_range(&file.meta.location, begin..size).await.map_err(|error| unreadable(file, &error))?;
    let length = end.first_chunk().map(|length| u64::from(u32::from_le_bytes(*length)));
    // The file begins with four bytes that are no part of the footer.
    if length.is_some_and(|length| length + END_BYTES + 4 <= size) { Ok(()) } else { Err(not_whole()) }
}

/// Whether each row group begins behind the one before, as all usual writers have it; only then do ranges tell them apart.
fn follow_each_other(pieces: &[Piece]) -> bool {
    let begin = |piece: &Piece| piece.range.as_ref().map(|range| range.start);
    pieces.is_sorted_by(|one, next| begin(one) < begin(next))
}

/// One piece that is the whole file.
fn as_a_whole(pieces: &[Piece]) -> Option<Piece> {
    let first = pieces.first()?;
    Some(Piece {
        range: None,
        bytes: pieces.iter().map(|piece| piece.bytes).sum(),
        rows: pieces.iter().map(|piece| piece.rows).sum(),
        ..first.clone()
    })
}

#[cfg(test)]
mod tests {
    use datafusion::object_store::{ObjectMeta, path::Path};

    use super::*;

    #[test]
    fn row_groups_that_do_not_follow_each_other_are_read_with_the_whole_file() {
        let meta = ObjectMeta {
            location: Path::from("a.parquet"),
            last_modified: std::time::SystemTime::UNIX_EPOCH.into(),
            size: 100,
            e_tag: None,
            version: None,
        };
        let group = |start: u64| Piece {
            place: 3,
            meta: meta.clone(),
            range: Some(start..start + 1),
            bytes: 10,
            rows: Some(5),
        };
        assert!(follow_each_other(&[group(4), group(20), group(50)]));
        for wrong in [[group(20), group(4)], [group(4), group(4)]] {
            assert!(!follow_each_other(&wrong));
            let whole = as_a_whole(&wrong).unwrap();
            assert_eq!((whole.place, whole.range, whole.bytes, whole.rows), (3, None, 20, Some(10)));
        }
    }
}
