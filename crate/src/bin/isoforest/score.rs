//! `isoforest score`: from a model file and a CSV or Parquet file to scores, a block of rows at a time.

use std::{
    io::{self, Write},
    path::PathBuf,
    sync::mpsc,
    thread,
};

use anyhow::{Context, bail};
use clap::Args;
use isoforest::{IsolationForest, ModelFile, ScoreError, data::Shortest, ndarray::Array1};

use crate::{
    input,
    output::{self, Output},
    progress::{Progress, thousands},
    say,
};

/// Blocks that are read ahead of the scoring.
const BLOCKS_AHEAD: usize = 1;
/// Text that is gathered before it is written.
const TEXT_BYTES: usize = 64 << 10;

/// Score the rows of a CSV or Parquet file with a trained model.
///
/// Writes one line per row: `score_samples` (in [-1, 0), the lower the more anomalous), `decision_function` (the score
/// minus the model's offset) and `predict` (-1 for an outlier, 1 for an inlier). The file must have the columns of the
/// training data, in any order; others are passed over.
#[derive(Args)]
#[command(after_help = "\
Examples:
  isoforest score model.json data/test.csv --output scores.csv
  isoforest score model.json data/test.csv | head
  isoforest score model.json test.parquet --output scores.csv
  zcat test.csv.gz | isoforest score model.json - --output scores.csv

Memory does not grow with the file. An interrupted run leaves no output file.")]
pub struct Score {
    /// Model file, as written by `isoforest train`.
    model: PathBuf,
    /// CSV or Parquet file to score; `-` is CSV from standard input.
    data: PathBuf,
    /// CSV file to write; `-` is standard output.
    #[arg(short, long, value_name = "SCORES", default_value = "-")]
    output: PathBuf,
    /// Threads; -1 is one per core [default: as in training]. Changes only the time.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    n_jobs: Option<i32>,
}

/// What was scored.
#[derive(Default)]
struct Count {
    rows: u64,
    outliers: u64,
}

impl Score {
    /// Scores all rows; the output file appears when it is complete.
    pub fn run(self) -> anyhow::Result<()> {
        IsolationForest::builder().n_jobs(self.n_jobs).check()?;
        let forest = ModelFile::read(&self.model)
            .with_context(|| format!("cannot use the model file {}", self.model.display()))?
            .into_forest();
        let forest = match self.n_jobs {
            None => forest,
            n_jobs => forest.with_n_jobs(n_jobs),
        };
        if self.output.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet")) {
            bail!("--output {}: scores are written as CSV; give a name that ends in .csv", self.output.display());
        }
        let mut output = Output::create(&self.output, &[&self.model, &self.data])?;
        let progress = Progress::new("scoring", output.is_terminal());
        let count = self.score(&forest, &mut output, &progress)?;
        output.complete()?;
        say(format_args!(
            "{} rows scored in {:.2} s, {} of them outliers; written to {}",
            thousands(count.rows),
            progress.finish(),
            thousands(count.outliers),
            output::name(&self.output),
        ));
        Ok(())
    }

    fn score(&self, forest: &IsolationForest, output: &mut Output, progress: &Progress) -> anyhow::Result<Count> {
        let mut rows = input::open_in_blocks(&self.data, progress)?.of_model(forest, progress)?;
        let (mut count, mut text) = (Count::default(), String::new());
        output.write_all(b"score_samples,decision_function,predict\n")?;
        // One thread reads ahead while this one scores and writes.
        let scored = thread::scope(|scope| {
            let (sender, blocks) = mpsc::sync_channel(BLOCKS_AHEAD);
            let rows = rows.by_ref();
            scope.spawn(move || {
                // It is only refused when nobody scores any more.
                let _ = rows.try_for_each(|block| sender.send(block));
            });
            for x in blocks {
                let x = x.map_err(Stop::Other)?;
                let scores = forest.score_samples(x.view()).map_err(Stop::Value)?;
                count.write(&scores, forest.offset(), &mut text, output).map_err(|error| Stop::Other(error.into()))?;
            }
            Ok(())
        });
        match scored {
            Ok(()) => Ok(count),
            Err(Stop::Other(error)) => Err(error),
            Err(Stop::Value(error)) => Err(rows.locate(error, count.rows)),
        }
    }
}

/// Why scoring ended early.
enum Stop {
    Other(anyhow::Error),
    /// A value whose place is still to be told.
    Value(ScoreError),
}

impl Count {
    /// Writes a line a row; `text` is room that is used again.
    fn write(&mut self, scores: &Array1<f64>, offset: f64, text: &mut String, output: &mut Output) -> io::Result<()> {
        self.rows += scores.len() as u64;
        text.clear();
        for &score in scores {
            // As `decision_function` and `predict` do, without scoring the rows three times.
            let decision = score - offset;
            let is_outlier = decision < 0.0;
            self.outliers += u64::from(is_outlier);
            Shortest(score).append_to(text);
            text.push(',');
            Shortest(decision).append_to(text);
            text.push_str(if is_outlier { ",-1\n" } else { ",1\n" });
            if text.len() >= TEXT_BYTES {
                output.write_all(text.as_bytes())?;
                text.clear();
            }
        }
        output.write_all(text.as_bytes())
    }
}
