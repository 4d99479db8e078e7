//! `isoforest-cluster score`: from files of rows to a folder of scores.

use std::{
    cell::Cell,
    future::Future,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use datafusion::{
    datasource::physical_plan::FileGroup, execution::SendableRecordBatchStream, physical_plan::ExecutionPlan,
    prelude::SessionContext,
};

use super::{
    options::{InputFiles, Threads},
    process::given,
    say, warn,
};
use crate::{
    cluster::{Cluster, address},
    engine,
    input::{Input, Keep, Wanted, group, partitions},
    model::Model,
    parts::{Manifest, OutputFolder},
    plan,
    progress::{Progress, thousands},
};

/// Bytes of the input that a partition reads, unless its number is given.
const PARTITION_BYTES: u64 = 128 << 20;
/// Parts at most: their numbers, which count from 0, have five digits, so that their names are in their order.
const MOST_PARTS: u32 = 100_000;
/// Looks at the progress.
const GLANCE: Duration = Duration::from_millis(200);
/// After how long without a part it is worth asking whether anybody works.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long files that executors wrote may stay unseen here: NFS keeps a folder's listing for 30 to 60 seconds.
const SHOWN_WITHIN: Duration = Duration::from_secs(75);

/// Score the rows of CSV or Parquet files with a trained model.
///
/// Writes a folder of Parquet files with the columns of `isoforest score`: `score_samples` (in [-1, 0), the lower the more
/// anomalous), `decision_function` (the score less the model's offset) and `predict` (-1 for an outlier, 1 for an inlier). Their rows are
/// in the order of the input: files by their paths, parts by their numbers. Columns are found by their names; others may be there.
#[derive(Args)]
#[command(after_help = "\
Examples:
  isoforest-cluster score --model model.json --input 'data/*.parquet' --output scored/
  isoforest-cluster score --model model.json --input users.csv --keep user_id --output scored/
  isoforest-cluster score --model model.json --input '/shared/data/*.parquet' --output /shared/scored/ --scheduler df://10.0.0.1:50050

The folder appears when it is complete: an interrupted job leaves none. _manifest.json in it lists parts, rows and outliers.
Memory does not grow with the input.")]
pub struct Score {
    /// Model file, as `isoforest train` or `isoforest-cluster train` writes it.
    #[arg(long, env = "ISOFOREST_MODEL")]
    model: PathBuf,
    /// SHA-256 that the model file must have.
    #[arg(long, value_name = "HEX", env = "ISOFOREST_MODEL_SHA256")]
    model_sha256: Option<String>,
    #[command(flatten)]
    input: InputFiles,
    /// Folder to write; a new name, or an empty folder.
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
    /// Columns of the input to write beside the scores, separated by commas; "all" is all of them [default: none].
    #[arg(long, value_name = "COLUMNS", value_parser = keep, default_value = "", hide_default_value = true)]
    keep: Keep,
    /// Parts to cut the job into [default: one for each 128 MiB of input, but at least one a thread and at most 100,000].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_PARTS)))]
    partitions: Option<u32>,
    /// Score on the cluster of this scheduler; its executors must find input and output under the same paths [default: here].
    #[arg(long, value_name = "df://HOST:PORT", value_parser = address, env = "ISOFOREST_SCHEDULER")]
    scheduler: Option<(String, u16)>,
    #[command(flatten)]
    threads: Threads,
}

impl Score {
    /// Scores all rows.
    pub fn run(self) -> anyhow::Result<()> {
        self.threads.run(self.score())
    }

    async fn score(&self) -> anyhow::Result<()> {
        let model = Arc::new(Model::read(&self.model, given(self.model_sha256.as_deref()))?);
        let folder = OutputFolder::create(&self.output)?;
        let progress = Progress::new("looking at the files");
        let context = engine::session(self.threads.count(), Some(&model));
        let names = model.forest().feature_names();
        let wanted = Wanted { features: Some(names), keep: &self.keep };
        let input = Input::open(&context, &self.input.paths, &wanted).await?;
        warn(&input.warnings);
        check_names(&input.keep)?;
        let groups = self.groups(&input);
        let n_parts = groups.len() as u64;
        let plan = plan::write_scores(&context.state(), &input, &model, groups, folder.staging())?;
        let columns = input.keep.iter().cloned().chain([plan::SCORE, plan::DECISION, plan::PREDICT].map(str::to_owned));
        let columns: Vec<String> = columns.collect();
        match self.scheduler.clone() {
            None => {
                progress.rows("scoring", input.rows());
                let done = self.run_here(&context, &plan, &progress).await;
                done.map_err(|error| anyhow::anyhow!(engine::message(&error)))?;
            }
            Some((host, port)) => {
                progress.parts("scoring", n_parts);
                let page = format!("http://{host}:{port}/readyz");
                let cluster = Cluster::new(host, port, Some(Arc::clone(&model)));
                let (begin, has_said) = (Instant::now(), Cell::new(false));
                let glance = || {
                    let complete = folder.complete_parts();
                    progress.set(complete);
                    if complete == 0 && begin.elapsed() >= PATIENCE && !has_said.replace(true) {
                        let after = PATIENCE.as_secs();
                        say(format_args!(
                            "no part is complete after {after} s; {page} tells whether an executor is there"
                        ));
                    }
                    complete == n_parts
                };
                cluster.run(&plan, glance).await?;
                // A network's file system may show what others wrote only after a while.
                let shown_by = Instant::now() + SHOWN_WITHIN;
                while folder.complete_parts() < n_parts && Instant::now() < shown_by {
                    tokio::time::sleep(GLANCE).await;
                }
            }
        }

        progress.step("completing the folder");
        let inputs = input.files.iter().map(crate::input::InputFile::path).collect();
        let manifest = folder.complete(n_parts, input.rows(), model.sha256(), |parts| {
            Manifest::new(model.sha256(), model.forest().offset(), columns, inputs, parts)
        })?;
        let seconds = progress.finish();
        say(format_args!(
            "{} rows scored in {seconds:.2} s, {} of them outliers; written to {} in {} parts",
            thousands(manifest.rows),
            thousands(manifest.outliers),
            self.output.display(),
            thousands(n_parts),
        ));
        Ok(())
    }

    /// What each partition reads.
    fn groups(&self, input: &Input) -> Vec<FileGroup> {
        let n = match self.partitions {
            Some(n) => n as usize,
            None => usual_parts(input.bytes(), self.threads.count()),
        };
        partitions(&input.pieces, n).into_iter().zip(0..).map(|(pieces, part)| group(pieces, part)).collect()
    }

    async fn run_here(
        &self,
        context: &SessionContext,
        plan: &Arc<dyn ExecutionPlan>,
        progress: &Progress,
    ) -> datafusion::common::Result<()> {
        let written = || plan.metrics().and_then(|metrics| metrics.output_rows()).unwrap_or(0) as u64;
        let collect = |_: usize, rows: SendableRecordBatchStream| datafusion::physical_plan::common::collect(rows);
        let work = engine::fold_partitions(context, plan, self.threads.count(), collect, (), |(), _| {});
        watching(work, || progress.set(written())).await
    }
}

fn usual_parts(bytes: u64, threads: usize) -> usize {
    let by_size = bytes.div_ceil(PARTITION_BYTES).min(u64::from(MOST_PARTS));
    threads.max(usize::try_from(by_size).unwrap_or(usize::MAX))
}

/// A kept column must not be called as one of the scores.
fn check_names(keep: &[String]) -> anyhow::Result<()> {
    let scores = [plan::SCORE, plan::DECISION, plan::PREDICT, plan::VALUE];
    match keep.iter().find(|name| scores.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => anyhow::bail!(
            "the input's column {name:?} cannot be kept: a column of the output is called so; name the others in --keep"
        ),
    }
}

/// Waits for `work`, with a glance at its progress now and then.
async fn watching<T>(work: impl Future<Output = T>, glance: impl Fn()) -> T {
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(GLANCE) => glance(),
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "clap wants a result")]
fn keep(text: &str) -> Result<Keep, String> {
    Ok(match text.trim() {
        "" => Keep::Nothing,
        "all" => Keep::All,
        names => Keep::Columns(names.split(',').map(|name| name.trim().to_owned()).collect()),
    })
}

#[cfg(test)]
mod tests {
    use super::usual_parts;

    #[test]
    fn there_is_a_part_for_so_many_bytes_and_the_last_number_has_five_digits() {
        assert_eq!(usual_parts(0, 2), 2);
        assert_eq!(usual_parts((128 << 20) * 7 + 1, 2), 8);
        assert_eq!(usual_parts(1 << 50, 2), 100_000);
    }
}
