//! `isoforest-cluster train`: from files of rows to a model file.

use std::{fs, io::Write, path::PathBuf};

use clap::Args;
use isoforest::{
    Contamination, IsolationForest, IsolationForestParams, MaxFeatures, MaxSamples, ModelFile, TrainingProfile,
    atomic_file::AtomicFile,
};

use super::{
    options::{InputFiles, Threads},
    say, warn,
};
use crate::{
    engine,
    input::{Input, InputFile, Keep, Wanted},
    progress::{Progress, thousands},
    sample::Sample,
    threshold,
};

/// As many rows as a forest is fitted on at most.
const MOST_SAMPLED: i64 = 1 << 30;

/// Train an isolation forest on CSV or Parquet files of any size.
///
/// Takes a uniform sample in one pass over the files and grows the forest from it; for a numeric contamination a second pass finds
/// the exact threshold of all rows. The same seed and rows give the same model file but for its time (`created_at`), whatever the number of
/// threads and partitions and the order and names of the files. The options are scikit-learn's parameters of the same names.
#[derive(Args)]
#[command(after_help = "\
Examples:
  isoforest-cluster train --input 'data/*.parquet' --output model.json --random-state 16 --contamination 0.001
  isoforest-cluster train --input data/ --features mean,sd --output model.json

The model file is complete or not there: an interrupted run leaves nothing.")]
pub struct Train {
    #[command(flatten)]
    input: InputFiles,
    /// Model file (JSON) to write.
    #[arg(short, long, value_name = "MODEL")]
    output: PathBuf,
    /// Columns to train on, separated by commas [default: all, which must be the same in all files].
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    features: Option<Vec<String>>,
    /// Number of trees.
    #[arg(long, value_name = "N", default_value_t = 100)]
    n_estimators: usize,
    /// Rows a tree: "auto" (256), a number such as 1000, or a share of the sample such as 0.5 (1.0 is all, 1 is one row).
    #[arg(long, value_name = "auto|N|SHARE", default_value = "auto", value_parser = max_samples, allow_negative_numbers = true)]
    max_samples: MaxSamples,
    /// Share of outliers in the data, up to 0.5; with "auto", rows that score below -0.5 are outliers.
    #[arg(long, value_name = "auto|SHARE", default_value = "auto", value_parser = contamination, allow_negative_numbers = true)]
    contamination: Contamination,
    /// Columns a tree: a number such as 2, or a share of the columns such as 0.5 (1.0 is all, 1 is one column).
    #[arg(long, value_name = "N|SHARE", default_value = "1.0", value_parser = max_features, allow_negative_numbers = true)]
    max_features: MaxFeatures,
    /// Rows of the sample, at most. The profile in the model file describes the sample.
    #[arg(long, value_name = "ROWS", default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(1..=MOST_SAMPLED))]
    subsample: u32,
    /// Draw the rows of a tree with replacement.
    #[arg(long)]
    bootstrap: bool,
    /// Seed of the sample and of the forest, 0 to 4294967295 [default: drawn anew, and recorded in the model file].
    #[arg(long, value_name = "SEED")]
    random_state: Option<u32>,
    /// Parts to cut the reading into [default: one for each thread]. Changes nothing but the time.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    partitions: Option<u32>,
    #[command(flatten)]
    threads: Threads,
}

impl Train {
    /// Samples, fits, profiles and writes.
    pub fn run(self) -> anyhow::Result<()> {
        self.threads.run(self.train())
    }

    async fn train(&self) -> anyhow::Result<()> {
        // Before the data is read: a wrong option or an output that cannot be should not cost an hour.
        let seed = self.random_state.unwrap_or_else(rand::random);
        let params = self.params(seed);
        params.check()?;
        let mut output = AtomicFile::create(&self.output)?;

        let progress = Progress::new("looking at the files");
        let threads = self.threads.count();
        let n_partitions = self.partitions.map_or(threads, |n| n as usize);
        let context = engine::session(threads, None);
        let wanted = Wanted { features: self.features.as_deref(), keep: &Keep::Nothing };
        let input = Input::open(&context, &self.input.paths, &wanted).await?;
        warn(&input.warnings);
        let replaced = fs::canonicalize(&self.output).ok();
        let is_input = |file: &InputFile| {
            replaced.as_deref().is_some_and(|path| fs::canonicalize(file.path()).is_ok_and(|file| file == path))
        };
        anyhow::ensure!(
            !input.files.iter().any(is_input),
            "--output {} would replace a file of the input; choose another name",
            self.output.display()
        );
        let explained = |error| anyhow::anyhow!(engine::message(&error));

        progress.rows("sampling", input.rows());
        let sample = Sample::take(&context, &input, self.subsample as usize, seed, threads, n_partitions, &progress)
            .await
            .map_err(explained)?;
        anyhow::ensure!(sample.n_rows > 0, "{}: there are no rows; expected at least one", self.input.paths.join(", "));
        progress.step("fitting");
        let forest = params.fit_named(sample.rows.view(), &input.features)?;
        for warning in forest.warnings() {
            say(format_args!("warning: {warning}"));
        }
        progress.rows("scoring for the threshold", Some(sample.n_rows));
        let forest = threshold::exact(&context, &input, forest, &sample, threads, n_partitions, &progress)
            .await
            .map_err(explained)?;

        progress.step("writing the model file");
        let profile = TrainingProfile::new(&forest, sample.rows.view())?;
        let summary = format!(
            "{} trees on {} rows of {}, {} features, seed {seed}: {} of the sampled rows are outliers",
            thousands(forest.trees().len() as u64),
            thousands(profile.rows),
            thousands(sample.n_rows),
            thousands(forest.n_features() as u64),
            thousands(profile.outliers),
        );
        output.write_all(ModelFile::new(forest, profile).to_json()?.as_bytes())?;
        output.commit()?;
        let seconds = progress.finish();
        say(format_args!("{summary}; written to {} after {seconds:.2} s", self.output.display()));
        Ok(())
    }

    fn params(&self, seed: u32) -> IsolationForestParams {
        IsolationForest::builder()
            .n_estimators(self.n_estimators)
            .max_samples(self.max_samples)
            .contamination(self.contamination)
            .max_features(self.max_features)
            .bootstrap(self.bootstrap)
            .random_state(seed)
    }
}

fn max_samples(text: &str) -> Result<MaxSamples, String> {
    if text == "auto" {
        return Ok(MaxSamples::Auto);
    }
    let count = text.parse().map(MaxSamples::Count);
    count.or_else(|_| text.parse().map(MaxSamples::Fraction)).map_err(|_| "expected \"auto\" or a number".to_owned())
}

fn contamination(text: &str) -> Result<Contamination, String> {
    if text == "auto" {
        return Ok(Contamination::Auto);
    }
    text.parse().map(Contamination::Fraction).map_err(|_| "expected \"auto\" or a number".to_owned())
}

fn max_features(text: &str) -> Result<MaxFeatures, String> {
    let count = text.parse().map(MaxFeatures::Count);
    count.or_else(|_| text.parse().map(MaxFeatures::Fraction)).map_err(|_| "expected a number".to_owned())
}
