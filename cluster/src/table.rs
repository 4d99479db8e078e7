//! The files of a query as its table.

use std::sync::Arc;

use datafusion::{
    common::{Result, exec_datafusion_err},
    datasource::{
        file_format::{FileFormat, csv::CsvFormat, parquet::ParquetFormat},
        listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl},
    },
    object_store::ObjectMeta,
    prelude::SessionContext,
};

use crate::input::{CutCsv, Format, Input, Keep, Wanted};

/// What the table is called in a query.
pub const TABLE: &str = "rows";

/// Rows of a CSV file that tell the types of its columns.
const TYPED_BY_ROWS: usize = 100_000;

/// Makes the files known as the table `rows`.
///
/// # Errors
///
/// No file, several formats, or files that cannot be read.
pub async fn register(context: &SessionContext, paths: &[String]) -> Result<()> {
    let wanted = Wanted { features: Some(&[]), keep: &Keep::All, cut_csv: CutCsv::Never };
    let input = Input::open(context, paths, &wanted).await.map_err(|error| exec_datafusion_err!("{error}"))?;
    let format: Arc<dyn FileFormat> = match input.format {
        Format::Csv => Arc::new(CsvFormat::default().with_has_header(true).with_schema_infer_max_rec(TYPED_BY_ROWS)),
        Format::Parquet => Arc::new(ParquetFormat::default()),
    };
    // The same files as a job would take; their names' endings have been looked at.
    let urls: Vec<ListingTableUrl> =
        input.files.iter().map(|file| ListingTableUrl::parse(file.url())).collect::<Result<_>>()?;
    let options = ListingOptions::new(format).with_file_extension("");
    // Of all files, so that integers in the first one do not stand for numbers in the second.
    let objects = context.runtime_env().object_store(&input.store)?;
    let files: Vec<ObjectMeta> = input.files.iter().map(|file| file.meta.clone()).collect();
    let schema = options.format.infer_schema(&context.state(), &objects, &files).await?;
    let config = ListingTableConfig::new_with_multi_paths(urls).with_listing_options(options).with_schema(schema);
    context.register_table(TABLE, Arc::new(ListingTable::try_new(config)?))?;
    Ok(())
}
