//! The operator at the root of a scoring plan: each partition writes its rows into a Parquet file of its own.
//!
//! A plan's ordinary way of writing brings all rows to one place first. Here a row never leaves the process that scored it, and
//! nothing goes back to the client: that a part is complete can be seen in the folder, whatever became of its writer.

use std::{error::Error, io, path::PathBuf, sync::Arc, time::Duration};

use datafusion::{
    arrow::{
        array::{Array, AsArray, RecordBatch, UInt64Array},
        datatypes::{DataType, Field, Int8Type, Schema, SchemaRef},
    },
    common::{DataFusionError, Result, internal_err, tree_node::TreeNodeRecursion},
    execution::{SendableRecordBatchStream, TaskContext},
    parquet::{arrow::ArrowWriter, basic::Compression, file::properties::WriterProperties},
    physical_expr::{EquivalenceProperties, PhysicalExpr},
    physical_plan::{
        ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
        ReplaceChildrenOptions,
        execution_plan::{Boundedness, EmissionType},
        metrics::{Count, ExecutionPlanMetricsSet, MetricBuilder, MetricsSet},
        stream::RecordBatchStreamAdapter,
    },
};
use futures::StreamExt;
use isoforest::atomic_file::{AtomicFile, AtomicFileError};

use super::part::{self, Part};
use crate::{
    plan::{self, Files},
    telemetry,
};

/// Rows of a row group: what is held in memory until it is written.
const ROW_GROUP_ROWS: usize = 1 << 18;

/// How long an executor whose storage failed takes no other part, so that others can take what it could not do.
const PAUSE: Duration = Duration::from_secs(2);

/// Writes each partition of its input into a part file, and gives back one row a partition: the part's number and its rows.
#[derive(Debug)]
pub struct WriteScoresExec {
    input: Arc<dyn ExecutionPlan>,
    folder: PathBuf,
    model_sha256: String,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl WriteScoresExec {
    /// Writes what `input` gives into `folder`, which every process of the job must see under this path.
    pub fn new(input: Arc<dyn ExecutionPlan>, folder: PathBuf, model_sha256: String) -> Self {
        let fields = ["part", "rows"].map(|name| Field::new(name, DataType::UInt64, false));
        let schema = Arc::new(Schema::new(fields.to_vec()));
        let partitions = input.properties().partitioning.partition_count();
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        let metrics = ExecutionPlanMetricsSet::new();
        Self { input, folder, model_sha256, properties: Arc::new(properties), metrics }
    }

    /// The folder that it writes into.
    pub fn folder(&self) -> &PathBuf {
        &self.folder
    }

    /// The model of the job.
    pub fn model_sha256(&self) -> &str {
        &self.model_sha256
    }
}

impl DisplayAs for WriteScoresExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WriteScoresExec: folder={}, model={}", self.folder.display(), self.model_sha256)
    }
}

impl ExecutionPlan for WriteScoresExec {
    fn name(&self) -> &'static str {
        "WriteScoresExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![false]
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
            return internal_err!("WriteScoresExec has one input");
        };
        Ok(Arc::new(Self::new(input, self.folder.clone(), self.model_sha256.clone())))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let part = plan::value_of(&self.input, partition)?;
        let files = Files::of(&self.input, partition)?;
        let is_task = context.task_id().is_some();
        let rows = self.input.execute(partition, context)?;
        let writing = Writing {
            part,
            files,
            folder: self.folder.clone(),
            model_sha256: self.model_sha256.clone(),
            written: MetricBuilder::new(&self.metrics).output_rows(partition),
        };
        let schema = self.schema();
        let result_schema = Arc::clone(&schema);
        let result = futures::stream::once(async move {
            let written = writing.write(rows, result_schema).await;
            if is_task && matches!(written, Err(DataFusionError::IoError(_))) {
                tokio::time::sleep(PAUSE).await;
            }
            written
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, result)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// The writing of one part.
struct Writing {
    part: u64,
    files: Files,
    folder: PathBuf,
    model_sha256: String,
    written: Count,
}

impl Writing {
    async fn write(self, mut rows: SendableRecordBatchStream, result: SchemaRef) -> Result<RecordBatch> {
        let path = self.folder.join(part::file_name(self.part));
        // An executor that is lost takes what it said with it, not what it wrote.
        if let Ok(before) = Part::read(&path, part::file_name(self.part), &self.model_sha256) {
            self.written.add(usize::try_from(before.rows).unwrap_or(usize::MAX));
            return row(result, self.part, before.rows);
        }
        // A file without a name until it is complete: a writer that dies leaves nothing.
        let file = AtomicFile::create(&path).map_err(|error| failed(&error))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .build();
        let mut writer = ArrowWriter::try_new(file, rows.schema(), Some(properties)).map_err(|error| failed(&error))?;
        let (mut n_rows, mut n_outliers) = (0u64, 0u64);
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(|error| self.files.name(&error))?;
            writer.write(&batch).map_err(|error| failed(&error))?;
            let outliers = outliers(&batch);
            self.written.add(batch.num_rows());
            telemetry::rows_written(batch.num_rows() as u64, outliers);
            n_rows += batch.num_rows() as u64;
            n_outliers += outliers;
        }
        for entry in part::footer(&self.model_sha256, n_outliers) {
            writer.append_key_value_metadata(entry);
        }
        writer.into_inner().map_err(|error| failed(&error))?.commit().map_err(|error| failed(&error))?;
        telemetry::part_written();
        row(result, self.part, n_rows)
    }
}

/// What a plan gives back for a part.
fn row(schema: SchemaRef, part: u64, rows: u64) -> Result<RecordBatch> {
    let columns = [part, rows].map(|number| Arc::new(UInt64Array::from(vec![number])) as Arc<dyn Array>);
    Ok(RecordBatch::try_new(schema, columns.to_vec())?)
}

/// An error of writing. One of input and output makes the cluster try again, here or elsewhere; a folder that is not there or may not be
/// written to is the end of the job.
fn failed(error: &(dyn Error + 'static)) -> DataFusionError {
    match said_by_the_system(error) {
        Some((kind, what)) if plan::may_pass(kind) => DataFusionError::IoError(io::Error::new(kind, what)),
        Some((_, what)) => {
            DataFusionError::Execution(format!("{what}; every executor must be able to write to the output's folder"))
        }
        None => DataFusionError::Execution(error.to_string()),
    }
}

/// The cause that is an error of input and output: its kind, and what it says.
fn said_by_the_system(error: &(dyn Error + 'static)) -> Option<(io::ErrorKind, String)> {
    let mut causes = std::iter::successors(Some(error), |error| (*error).source());
    causes.find_map(|cause| {
        let kind = match cause.downcast_ref::<AtomicFileError>() {
            Some(
                AtomicFileError::Create { reason, .. }
                | AtomicFileError::Write { reason, .. }
                | AtomicFileError::Commit { reason, .. },
            ) => reason.kind(),
            _ => cause.downcast_ref::<io::Error>()?.kind(),
        };
        Some((kind, cause.to_string()))
    })
}

fn outliers(batch: &RecordBatch) -> u64 {
    let predictions = batch.column_by_name(plan::PREDICT).and_then(|column| column.as_primitive_opt::<Int8Type>());
    predictions.map_or(0, |predictions| predictions.values().iter().filter(|&&label| label < 0).count() as u64)
}
