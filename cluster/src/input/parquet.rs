//! Footers of Parquet files: the columns with their types, and a piece for each row group.

use std::sync::Arc;

use datafusion::{
    datasource::physical_plan::parquet::metadata::DFParquetMetadata, object_store::ObjectStore,
    parquet::arrow::parquet_to_arrow_schema,
};

use super::{
    Format, Look,
    error::InputError,
    files::{InputFile, unreadable},
    pieces::Piece,
};
use crate::engine;

pub(super) async fn look(objects: Arc<dyn ObjectStore>, place: usize, file: &InputFile) -> Result<Look, InputError> {
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
    // Ranges tell row groups apart only where these follow each other in the file, as all usual writers have it.
    let begin = |piece: &Piece| piece.range.as_ref().map(|range| range.start);
    if !pieces.is_sorted_by(|one, next| begin(one) < begin(next)) {
        let (bytes, rows) =
            pieces.iter().fold((0, 0), |(bytes, rows), piece| (bytes + piece.bytes, rows + piece.rows.unwrap_or(0)));
        pieces = vec![Piece { place, meta: file.meta.clone(), range: None, bytes, rows: Some(rows) }];
    }
    Ok(Look { format: Format::Parquet, schema, pieces, not_numbers: Vec::new(), path: file.path() })
}
