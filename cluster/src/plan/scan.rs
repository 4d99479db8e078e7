//! Reading an input: which partition reads which pieces, and the columns as numbers.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, Field},
    common::{Result, exec_err, internal_err},
    datasource::{
        physical_plan::{CsvSource, FileGroup, FileScanConfig, FileScanConfigBuilder, FileSource, ParquetSource},
        source::DataSourceExec,
        table_schema::TableSchema,
    },
    physical_plan::ExecutionPlan,
};

use super::read_csv::{CsvColumn, ReadCsvExec};
use crate::input::{Format, Input, value};

/// Rows of a batch: enough for the scoring to know rows again, few enough to stay in the cache.
pub const BATCH_ROWS: usize = 32_768;

/// The column that a piece's value is read as; no file's column is called so.
pub const VALUE: &str = "__isoforest_value";

/// Reads the kept columns, the features as numbers and, if asked for, the pieces' values, in this order.
///
/// # Errors
///
/// Those of planning.
pub fn scan(input: &Input, groups: Vec<FileGroup>, with_value: bool) -> Result<Arc<dyn ExecutionPlan>> {
    let value = Arc::new(Field::new(VALUE, DataType::UInt64, false));
    let table = TableSchema::builder(Arc::clone(&input.schema)).with_table_partition_cols(vec![value]).build();
    let source: Arc<dyn FileSource> = match input.format {
        Format::Parquet => Arc::new(ParquetSource::new(table)),
        Format::Csv => Arc::new(CsvSource::new(table)),
    };
    // Each column once, though a feature may be kept as well.
    let mut read: Vec<usize> = Vec::new();
    for name in input.keep.iter().chain(&input.features) {
        let place = input.schema.index_of(name)?;
        if !read.contains(&place) {
            read.push(place);
        }
    }
    if with_value {
        read.push(input.schema.fields().len());
    }
    let config = FileScanConfigBuilder::new(input.store.clone(), source)
        .with_file_groups(groups)
        .with_projection_indices(Some(read))?
        .with_batch_size(Some(BATCH_ROWS))
        // Else a partition that is idle takes files of its neighbours.
        .with_preserve_order(true)
        .build();
    let scan: Arc<dyn ExecutionPlan> = DataSourceExec::from_data_source(config);
    if input.format == Format::Parquet {
        return Ok(scan);
    }
    let schema = scan.schema();
    let column =
        |field: &Arc<Field>| CsvColumn { name: field.name().clone(), is_number: input.features.contains(field.name()) };
    let columns = schema.fields().iter().filter(|field| field.name() != VALUE).map(column).collect();
    Ok(Arc::new(ReadCsvExec::new(scan, columns, with_value)))
}

/// The values of the pieces that a partition of a plan reads; all plans here have one source of files.
///
/// # Errors
///
/// A plan of another kind.
pub fn values(plan: &Arc<dyn ExecutionPlan>, partition: usize) -> Result<Vec<u64>> {
    let files = files(plan)?;
    let Some(group) = files.file_groups.get(partition) else {
        return internal_err!("there is no partition {partition}");
    };
    group.iter().map(value).collect()
}

/// The value that all pieces of a partition have.
///
/// # Errors
///
/// As [`values`]; a partition without pieces.
pub fn value_of(plan: &Arc<dyn ExecutionPlan>, partition: usize) -> Result<u64> {
    match values(plan, partition)?.as_slice() {
        [first, rest @ ..] if rest.iter().all(|value| value == first) => Ok(*first),
        other => exec_err!("expected one number for the whole of partition {partition}, found {other:?}"),
    }
}

/// Which files a plan reads, in the scan at its bottom.
pub(super) fn files(plan: &Arc<dyn ExecutionPlan>) -> Result<&FileScanConfig> {
    let mut node = plan;
    while let [child] = node.children().as_slice() {
        node = child;
    }
    let config =
        node.downcast_ref::<DataSourceExec>().and_then(|source| source.data_source().downcast_ref::<FileScanConfig>());
    let Some(config) = config else {
        return exec_err!("expected a plan that reads files, found {}", node.name());
    };
    Ok(config)
}
