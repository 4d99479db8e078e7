//! The operator that reads CSV files by the rules of the command line `isoforest`, to the last error message.
//!
//! The engine's own reader skips blank lines, lets a quotation mark swallow rows, and cuts quoted cells where a partition ends. Here its
//! scan only says which partition has which bytes of which files, which is what Ballista knows how to share out.

use std::{fs, io, sync::Arc};

use datafusion::{
    arrow::{
        array::{ArrayRef, Float64Builder, RecordBatch, StringBuilder, UInt64Array},
        datatypes::{DataType, Field, Schema, SchemaRef},
    },
    common::{Result, exec_err, internal_err, tree_node::TreeNodeRecursion},
    datasource::listing::PartitionedFile,
    error::DataFusionError,
    execution::{SendableRecordBatchStream, TaskContext},
    physical_expr::{EquivalenceProperties, PhysicalExpr},
    physical_plan::{
        ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions,
        execution_plan::{Boundedness, EmissionType},
        stream::RecordBatchStreamAdapter,
    },
};
use isoforest::data::{CsvError, CsvRange};
use serde::{Deserialize, Serialize};

use super::{
    files::may_pass,
    scan::{BATCH_ROWS, VALUE, files},
};
use crate::input::value;

/// Bytes of texts after which a batch ends, so that memory has a limit.
const BATCH_TEXT_BYTES: usize = 8 << 20;

/// A column that is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CsvColumn {
    /// Its name in the header, wherever it stands there.
    pub name: String,
    /// Whether it holds numbers; else its text is handed through.
    pub is_number: bool,
}

/// Reads columns of the files that its input names; missing values and empty texts are null.
#[derive(Debug)]
pub struct ReadCsvExec {
    input: Arc<dyn ExecutionPlan>,
    columns: Vec<CsvColumn>,
    with_value: bool,
    properties: Arc<PlanProperties>,
}

impl ReadCsvExec {
    /// Reads what `input`, a scan of files, has in each partition; `with_value` adds the values of the pieces as a column.
    pub fn new(input: Arc<dyn ExecutionPlan>, columns: Vec<CsvColumn>, with_value: bool) -> Self {
        let kind = |column: &CsvColumn| if column.is_number { DataType::Float64 } else { DataType::Utf8 };
        let mut fields: Vec<Field> =
            columns.iter().map(|column| Field::new(&column.name, kind(column), true)).collect();
        if with_value {
            fields.push(Field::new(VALUE, DataType::UInt64, false));
        }
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::new(Schema::new(fields))),
            input.properties().partitioning.clone(),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self { input, columns, with_value, properties: Arc::new(properties) }
    }

    /// The columns that it reads.
    pub fn columns(&self) -> &[CsvColumn] {
        &self.columns
    }

    /// Whether the values of the pieces are a column.
    pub fn with_value(&self) -> bool {
        self.with_value
    }
}

impl DisplayAs for ReadCsvExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        write!(f, "ReadCsvExec: columns=[{}]", names.join(", "))
    }
}

impl ExecutionPlan for ReadCsvExec {
    fn name(&self) -> &'static str {
        "ReadCsvExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Ok([input]) = <[_; 1]>::try_from(children) else {
            return internal_err!("ReadCsvExec has one input");
        };
        Ok(Arc::new(Self::new(input, self.columns.clone(), self.with_value)))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let Some(group) = files(&self.input)?.file_groups.get(partition) else {
            return internal_err!("there is no partition {partition}");
        };
        let reading = Reading {
            schema: self.schema(),
            columns: self.columns.clone(),
            with_value: self.with_value,
            rest: group.files().iter().rev().cloned().collect(),
            piece: None,
        };
        let batches = futures::stream::try_unfold(reading, |mut reading| async move {
            // Reading never waits: without this, a job that is given up would go on to the end.
            tokio::task::yield_now().await;
            Ok(reading.next()?.map(|batch| (batch, reading)))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), batches)))
    }
}

/// A file that changes while it is read has rows that are not whole.
fn check_size(path: &str, expected: u64) -> Result<()> {
    match fs::metadata(path).map(|meta| meta.len()) {
        Ok(size) if size != expected => exec_err!(
            "{path}: the file had {expected} bytes when the job began and has {size} now; files must not change while they are read"
        ),
        // Reading it says what is wrong.
        _ => Ok(()),
    }
}

/// The reading of a partition.
struct Reading {
    schema: SchemaRef,
    columns: Vec<CsvColumn>,
    with_value: bool,
    /// Pieces that are still to be read, the next one last.
    rest: Vec<PartitionedFile>,
    piece: Option<OpenPiece>,
}

/// The piece that is being read.
struct OpenPiece {
    rows: CsvRange<fs::File>,
    /// For each column of the file its place among those that are read.
    places: Vec<Option<usize>>,
    value: u64,
    path: String,
    size: u64,
}

impl Reading {
    /// The next rows, all of one piece.
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            let mut piece = match self.piece.take() {
                Some(piece) => piece,
                None => match self.rest.pop() {
                    Some(file) => self.open(&file)?,
                    None => return Ok(None),
                },
            };
            if let Some(batch) = self.batch(&mut piece)? {
                self.piece = Some(piece);
                return Ok(Some(batch));
            }
            check_size(&piece.path, piece.size)?;
        }
    }

    fn open(&self, file: &PartitionedFile) -> Result<OpenPiece> {
        let path = format!("/{}", file.object_meta.location);
        let size = file.object_meta.size;
        check_size(&path, size)?;
        let range = file.range.as_ref().map_or(0..size, |range| range.start.cast_unsigned()..range.end.cast_unsigned());
        let rows = CsvRange::open(&path, range).map_err(failed)?;
        let place = |name: &String| self.columns.iter().position(|column| column.name == *name);
        let places: Vec<Option<usize>> = rows.column_names().iter().map(place).collect();
        if let Some((_, missing)) = self.columns.iter().enumerate().find(|(place, _)| !places.contains(&Some(*place))) {
            return exec_err!(
                "{path}: the column {:?} is missing; files must not change while they are read",
                missing.name
            );
        }
        Ok(OpenPiece { rows, places, value: value(file)?, path, size })
    }

    fn batch(&self, piece: &mut OpenPiece) -> Result<Option<RecordBatch>> {
        let mut cells: Vec<Cells> = self.columns.iter().map(Cells::new).collect();
        let (mut n_rows, mut text_bytes) = (0, 0);
        while n_rows < BATCH_ROWS && text_bytes < BATCH_TEXT_BYTES {
            let read = piece.rows.next_row(|cell| {
                let place = piece.places.get(cell.column).copied().flatten();
                match place.and_then(|place| cells.get_mut(place)) {
                    Some(Cells::Numbers(numbers)) => {
                        numbers.append_option(Some(cell.number()?).filter(|number| !number.is_nan()));
                    }
                    Some(Cells::Texts(texts)) => {
                        text_bytes += cell.text.len();
                        texts.append_option(Some(cell.text).filter(|text| !text.is_empty()));
                    }
                    None => {}
                }
                Ok(())
            });
            if !read.map_err(failed)? {
                break;
            }
            n_rows += 1;
        }
        if n_rows == 0 {
            return Ok(None);
        }
        let mut arrays: Vec<ArrayRef> = cells.into_iter().map(Cells::finish).collect();
        if self.with_value {
            arrays.push(Arc::new(UInt64Array::from_value(piece.value, n_rows)));
        }
        Ok(Some(RecordBatch::try_new(Arc::clone(&self.schema), arrays)?))
    }
}

/// The cells of a column of a batch.
enum Cells {
    Numbers(Float64Builder),
    Texts(StringBuilder),
}

impl Cells {
    fn new(column: &CsvColumn) -> Self {
        if column.is_number {
            Self::Numbers(Float64Builder::with_capacity(BATCH_ROWS))
        } else {
            Self::Texts(StringBuilder::new())
        }
    }

    fn finish(self) -> ArrayRef {
        match self {
            Self::Numbers(mut numbers) => Arc::new(numbers.finish()),
            Self::Texts(mut texts) => Arc::new(texts.finish()),
        }
    }
}

/// What the operating system said about a file.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Storage {
    text: String,
    source: io::Error,
}

/// Trouble with the storage may pass, and another executor may not have it; trouble with the content is there for all.
fn failed(error: CsvError) -> DataFusionError {
    let text = error.to_string();
    match error {
        CsvError::Open { reason: source, .. } | CsvError::Read { reason: source, .. } if may_pass(source.kind()) => {
            DataFusionError::IoError(io::Error::new(source.kind(), Storage { text, source }))
        }
        _ => DataFusionError::Execution(text),
    }
}
