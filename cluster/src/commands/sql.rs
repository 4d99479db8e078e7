//! `isoforest-cluster sql`: a query that may call the scoring function.

use std::{
    io::{self, Write},
    path::PathBuf,
    sync::Arc,
};

use clap::{Args, ValueEnum};
use datafusion::{
    arrow::{array::RecordBatch, csv::WriterBuilder, util::pretty::pretty_format_batches},
    common::Result,
    dataframe::DataFrame,
    error::DataFusionError,
    execution::SendableRecordBatchStream,
    prelude::SessionContext,
};
use futures::StreamExt;

use super::{
    options::{InputFiles, Threads},
    process::given,
    say, warn,
};
use crate::{
    cluster::{Cluster, address},
    engine,
    model::Model,
    progress::thousands,
    table,
};

/// Rows that a table shows at most.
const TABLE_ROWS: usize = 1000;

/// Run an SQL query over CSV or Parquet files, with the function isoforest_score.
///
/// The files are the table `rows`. `isoforest_score(…)` takes the model's features in its order and gives `score_samples`: in [-1, 0), the
/// lower the more anomalous. Its full name, with the beginning of the model's SHA-256, is known as well.
#[derive(Args)]
#[command(after_help = "\
Examples:
  isoforest-cluster sql --model model.json --input 'data/*.parquet' \\
      \"SELECT *, isoforest_score(mean, sd) AS score FROM rows ORDER BY score LIMIT 10\"
  isoforest-cluster sql --model model.json --input users.csv --format csv \\
      \"SELECT user_id FROM rows WHERE isoforest_score(mean, sd) < -0.6\" > suspects.csv

COPY (SELECT …) TO 'result.parquet' writes a file.")]
pub struct Sql {
    /// Model file whose function the query may call.
    #[arg(long, env = "ISOFOREST_MODEL")]
    model: Option<PathBuf>,
    /// SHA-256 that the model file must have.
    #[arg(long, value_name = "HEX", env = "ISOFOREST_MODEL_SHA256")]
    model_sha256: Option<String>,
    #[command(flatten)]
    input: InputFiles,
    /// How the result is written to standard output: a table of at most 1,000 rows, or all of it as CSV.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Run on the cluster of this scheduler; its executors must find the input under the same paths [default: here].
    #[arg(long, value_name = "df://HOST:PORT", value_parser = address, env = "ISOFOREST_SCHEDULER")]
    scheduler: Option<(String, u16)>,
    /// The query.
    query: String,
    #[command(flatten)]
    threads: Threads,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Csv,
}

impl Sql {
    /// Runs the query and shows its result.
    pub fn run(self) -> anyhow::Result<()> {
        self.threads.run(self.query())
    }

    async fn query(&self) -> anyhow::Result<()> {
        let model = match &self.model {
            Some(path) => Some(Arc::new(Model::read(path, given(self.model_sha256.as_deref()))?)),
            None => None,
        };
        let cluster = self.scheduler.clone().map(|(host, port)| Cluster::new(host, port, model.clone()));
        let context = match &cluster {
            None => engine::session(self.threads.count(), model.as_ref()),
            Some(cluster) => {
                cluster.reach().await?;
                cluster.session(self.threads.count())?
            }
        };
        let planned = |error: DataFusionError| anyhow::anyhow!(engine::message(&error));
        let result = self.frame(&context).await.map_err(planned)?;
        let rows = match &cluster {
            None => result.execute_stream().await,
            Some(cluster) => cluster.submit(&result.create_physical_plan().await.map_err(planned)?).await,
        };
        let shown = match (rows, self.format) {
            (Err(error), _) => Err(error),
            (Ok(rows), Format::Table) => show(rows).await,
            (Ok(rows), Format::Csv) => write_csv(rows).await,
        };
        shown.map_err(|error| match (&cluster, error.find_root()) {
            // The reader of standard output has seen enough.
            (_, DataFusionError::IoError(error)) => anyhow::Error::new(io::Error::from(error.kind())),
            (cluster, _) => match (refused(&engine::message(&error)), cluster) {
                (Some(refused), _) => anyhow::anyhow!(refused),
                (None, None) => anyhow::anyhow!(engine::message(&error)),
                (None, Some(cluster)) => cluster.explain(&error).into(),
            },
        })
    }

    async fn frame(&self, context: &SessionContext) -> Result<DataFrame> {
        warn(&table::register(context, &self.input.paths).await?);
        context.sql(&self.query).await
    }
}

/// A cell of a CSV file that is not of its column's type. The line is left out: a part of the file was read, and it counts from there.
fn refused(message: &str) -> Option<String> {
    let (_, cell) = message.split_once("Error while parsing value ")?;
    let cell = cell.split_once(" at line ").map_or(cell, |(cell, _)| cell);
    let rows = thousands(table::TYPED_BY_ROWS as u64);
    Some(format!(
        "cannot read the value {cell}: the first {rows} rows of CSV files tell the types of their columns; Parquet files say them"
    ))
}

async fn show(mut rows: SendableRecordBatchStream) -> Result<()> {
    let mut batches = vec![RecordBatch::new_empty(rows.schema())];
    let mut left = TABLE_ROWS;
    let mut is_all = true;
    while let Some(batch) = rows.next().await {
        let batch = batch?;
        if batch.num_rows() > left {
            is_all = false;
            batches.push(batch.slice(0, left));
            break;
        }
        left -= batch.num_rows();
        batches.push(batch);
    }
    writeln!(io::stdout(), "{}", pretty_format_batches(&batches)?)?;
    if !is_all {
        say(format_args!("the first {} rows; --format csv writes all of them", thousands(TABLE_ROWS as u64)));
    }
    Ok(())
}

async fn write_csv(mut rows: SendableRecordBatchStream) -> Result<()> {
    let mut out = io::stdout().lock();
    // Text first: the writer of CSV does not say whether it was the pipe that broke.
    let text = |batch: &RecordBatch, is_first: bool| -> Result<Vec<u8>> {
        let mut text = Vec::new();
        WriterBuilder::new().with_header(is_first).build(&mut text).write(batch)?;
        Ok(text)
    };
    out.write_all(&text(&RecordBatch::new_empty(rows.schema()), true)?)?;
    while let Some(batch) = rows.next().await {
        out.write_all(&text(&batch?, false)?)?;
    }
    out.flush()?;
    Ok(())
}
