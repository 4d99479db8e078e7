//! The files of a query as its table.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, Field, Schema, SchemaRef},
    common::{Result, exec_datafusion_err, exec_err},
    datasource::{
        file_format::{FileFormat, csv::CsvFormat, parquet::ParquetFormat},
        listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl},
    },
    object_store::ObjectMeta,
    prelude::SessionContext,
};
use futures::{StreamExt, TryStreamExt, stream};

use crate::input::{Format, Input, Keep, LOOKED_INTO_AT_ONCE, Wanted};

/// What the table is called in a query.
pub const TABLE: &str = "rows";

/// Rows of CSV files that tell the types of their columns, in all.
pub const TYPED_BY_ROWS: usize = 100_000;

/// Rows of each file at least.
const TYPED_BY_ROWS_OF_EACH: usize = 1000;

/// Makes the files known as the table `rows`, and gives warnings about them.
///
/// # Errors
///
/// No file, several formats, or files that cannot be read.
pub async fn register(context: &SessionContext, paths: &[String]) -> Result<Vec<String>> {
    let wanted = Wanted { features: Some(&[]), keep: &Keep::All };
    let input = Input::open(context, paths, &wanted).await.map_err(|error| exec_datafusion_err!("{error}"))?;
    let format: Arc<dyn FileFormat> = match input.format {
        Format::Csv => {
            let rows_each = (TYPED_BY_ROWS / input.files.len().max(1)).max(TYPED_BY_ROWS_OF_EACH);
            Arc::new(CsvFormat::default().with_has_header(true).with_schema_infer_max_rec(rows_each))
        }
        Format::Parquet => Arc::new(ParquetFormat::default()),
    };
    // The same files as a job would take; their names' endings have been looked at.
    let urls: Vec<ListingTableUrl> =
        input.files.iter().map(|file| ListingTableUrl::parse(file.url())).collect::<Result<_>>()?;
    let options = ListingOptions::new(format).with_file_extension("");
    let objects = context.runtime_env().object_store(&input.store)?;
    let files: Vec<ObjectMeta> = input.files.iter().map(|file| file.meta.clone()).collect();
    let state = context.state();
    let schema = match input.format {
        Format::Parquet => options.format.infer_schema(&state, &objects, &files).await?,
        Format::Csv => {
            // Of each file by itself: the engine looks at no more files once it has seen its number of rows.
            let each = files.chunks(1).map(|file| options.format.infer_schema(&state, &objects, file));
            let schemas: Vec<SchemaRef> = stream::iter(each).buffered(LOOKED_INTO_AT_ONCE).try_collect().await?;
            let names =
                |schema: &SchemaRef| schema.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
            for (file, schema) in input.files.iter().zip(&schemas) {
                let first = schemas.first().unwrap_or(schema);
                if names(schema) != names(first) {
                    return exec_err!(
                        "{}: its columns are {}, but those of the first file are {}; a query expects the same in the same order",
                        file.path(),
                        names(schema).join(", "),
                        names(first).join(", ")
                    );
                }
            }
            common_schema(&schemas)
        }
    };
    let config = ListingTableConfig::new_with_multi_paths(urls).with_listing_options(options).with_schema(schema);
    context.register_table(TABLE, Arc::new(ListingTable::try_new(config)?))?;
    Ok(input.warnings)
}

/// The columns of CSV files with the same header, of types that hold the cells of all of them.
fn common_schema(schemas: &[SchemaRef]) -> SchemaRef {
    let columns = schemas.first().map(|schema| schema.fields().as_ref()).unwrap_or_default();
    let fields = columns.iter().enumerate().map(|(place, column)| {
        let types = schemas.iter().filter_map(|schema| schema.fields().get(place)).map(|field| field.data_type());
        let common = types.cloned().reduce(common_type).unwrap_or(DataType::Utf8);
        Field::new(column.name(), common, true)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn common_type(one: DataType, other: DataType) -> DataType {
    match (one, other) {
        (one, other) if one == other => one,
        (DataType::Null, known) | (known, DataType::Null) => known,
        (DataType::Int64, DataType::Float64) | (DataType::Float64, DataType::Int64) => DataType::Float64,
        _ => DataType::Utf8,
    }
}
