//! `isoforest train`: from a CSV or Parquet file to a model file.

use std::{io::Write, path::PathBuf};

use clap::Args;
use isoforest::{
    Contamination, FitError, IsolationForest, IsolationForestParams, MaxFeatures, MaxSamples, ModelFile, ParamError,
    TrainingProfile, ndarray::Array2,
};

use crate::{
    detector::DetectorOptions,
    input,
    output::{self, Output},
    progress::{Progress, thousands},
    say,
    subsample::Sample,
};

/// As many rows as a forest is fitted on at most.
const MOST_SAMPLED: i64 = 1 << 30;

/// Train an isolation forest on a CSV or Parquet file.
///
/// A CSV file has a header with the column names, then rows of numbers; an empty cell is a missing value. A Parquet file
/// has columns of numbers; null is a missing value. The options have the names and meanings of scikit-learn's parameters.
#[derive(Args)]
#[command(after_help = "\
Examples:
  isoforest train data/train.csv --output model.json --random-state 16
  isoforest train data/train.csv --output model.json --contamination 0.001 --n-jobs -1
  zcat train.csv.gz | isoforest train - --output model.json --max-samples 0.1
  isoforest train huge.parquet --output model.json --contamination 0.001 --subsample 200000
  isoforest train users.csv --output model.json --features mean,sd
  isoforest train data/train.csv --output model.json --detector extended
  isoforest train data/train.csv --output model.json --detector guided --contamination 0.001

The model file is written whole or not at all: an interrupted run leaves nothing.")]
pub struct Train {
    /// CSV or Parquet file to train on; `-` is CSV from standard input.
    data: PathBuf,
    /// Model file (JSON) to write; `-` is standard output.
    #[arg(short, long, value_name = "MODEL")]
    output: PathBuf,
    /// Columns to train on, separated by commas; others are passed over, such as names or labels [default: all].
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', value_parser = trimmed)]
    features: Option<Vec<String>>,
    /// Number of trees.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = n_estimators, allow_negative_numbers = true)]
    n_estimators: usize,
    /// Rows per tree: "auto" (256), a number such as 1000, or a share of the rows such as 0.5 (1.0 is all, 1 is one row).
    #[arg(long, value_name = "auto|N|SHARE", default_value = "auto", value_parser = max_samples, allow_negative_numbers = true)]
    max_samples: MaxSamples,
    /// Share of outliers in the data, up to 0.5; with "auto", rows that score below -0.5 are outliers.
    #[arg(long, value_name = "auto|SHARE", default_value = "auto", value_parser = contamination, allow_negative_numbers = true)]
    contamination: Contamination,
    /// Columns per tree: a number such as 2, or a share of the columns such as 0.5 (1.0 is all, 1 is one column).
    #[arg(long, value_name = "N|SHARE", default_value = "1.0", value_parser = max_features, allow_negative_numbers = true)]
    max_features: MaxFeatures,
    #[command(flatten)]
    detector: DetectorOptions,
    /// Train on a uniform sample of at most this many rows; memory does not grow with the file [default: all rows].
    ///
    /// A file with fewer rows gives the same model as without this option. For a numeric contamination, a file is read a
    /// second time, and the threshold is exact for all its rows; from standard input it is the sample's, and
    /// the share of outliers is off by up to 5 * sqrt(c * (1 - c) / ROWS) + 1 / ROWS. A share in --max-samples is a share
    /// of the sample, and the profile in the model file describes the sample.
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..=MOST_SAMPLED), allow_negative_numbers = true)]
    subsample: Option<u32>,
    /// Draw each tree's rows with replacement.
    #[arg(long)]
    bootstrap: bool,
    /// Threads; -1 is one per core [default: 1]. Changes only the time.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    n_jobs: Option<i32>,
    /// Seed, 0 to 4294967295 [default: a random one, recorded in the model file].
    #[arg(long, value_name = "SEED", allow_negative_numbers = true)]
    random_state: Option<u32>,
    /// Show more about the fitting.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

impl Train {
    /// Reads, fits, profiles and writes.
    pub fn run(self) -> anyhow::Result<()> {
        let params = self.params()?;
        // Before the data is read: a wrong option or an output that cannot be should not cost a minute.
        params.check()?;
        self.check_features()?;

        let mut output = Output::create(&self.output, &[&self.data])?;
        let progress = Progress::new("reading", output.is_terminal());
        let (forest, x, of_rows) = match self.subsample {
            None => self.fit_all(params, &progress)?,
            Some(capacity) => self.fit_sample(params, capacity, &progress)?,
        };
        progress.aside(|| {
            for warning in forest.warnings() {
                say(format_args!("warning: {warning}"));
            }
        });
        progress.step("profiling the training data");
        let profile = TrainingProfile::new(&forest, x.view())?;
        progress.step("writing the model file");
        let summary = summary(&forest, &profile, of_rows);
        output.write_all(ModelFile::new(forest, profile).to_json()?.as_bytes())?;
        output.complete()?;
        let seconds = progress.finish();
        say(format_args!("{summary}; written to {} after {seconds:.2} s", output::name(&self.output)));
        Ok(())
    }

    /// The forest, the rows it was fitted on, and how many there are in all.
    fn fit_all(
        &self,
        params: IsolationForestParams,
        progress: &Progress,
    ) -> anyhow::Result<(IsolationForest, Array2<f64>, u64)> {
        let mut rows = input::open(&self.data, usize::MAX, progress)?.selecting_if(self.features.as_deref())?;
        let x = rows.read_all()?;
        progress.step("fitting");
        let forest = params.fit_named(x.view(), rows.feature_names()).map_err(|error| match error {
            FitError::Value(value) => rows.locate(value, 0),
            other => self.name_the_data(other),
        })?;
        let n_rows = x.nrows() as u64;
        Ok((forest, x, n_rows))
    }

    /// As [`fit_all`](Self::fit_all), on a sample.
    fn fit_sample(
        &self,
        params: IsolationForestParams,
        capacity: u32,
        progress: &Progress,
    ) -> anyhow::Result<(IsolationForest, Array2<f64>, u64)> {
        // The same seed for the sample and the forest, so that the one in the model file makes both again.
        let seed = params.random_state.unwrap_or_else(rand::random);
        let sample = Sample::take(&self.data, self.features.as_deref(), capacity as usize, seed, progress)?;
        progress.step("fitting");
        let forest = params
            .random_state(seed)
            .fit_named(sample.rows.view(), &sample.feature_names)
            .map_err(|error| self.name_the_data(error))?;
        let (forest, note) = sample.set_offset(forest, &self.data, progress)?;
        if let Some(note) = note {
            progress.aside(|| say(format_args!("note: {note}")));
        }
        Ok((forest, sample.rows, sample.n_rows))
    }

    fn check_features(&self) -> anyhow::Result<()> {
        let names = self.features.as_deref().unwrap_or_default();
        for (i, name) in names.iter().enumerate() {
            anyhow::ensure!(
                !name.is_empty(),
                "--features has an empty name; expected names of columns, such as mean,sd"
            );
            anyhow::ensure!(
                !names.iter().take(i).any(|other| other == name),
                "--features names the column {name:?} twice"
            );
        }
        Ok(())
    }

    fn name_the_data(&self, error: FitError) -> anyhow::Error {
        match error {
            // A rule that depends on the data: the job fails, though the command was understood.
            FitError::Param(parameter) => anyhow::anyhow!("{}: {parameter}", self.data.display()),
            other => anyhow::Error::new(other).context(format!("cannot fit on {}", self.data.display())),
        }
    }

    fn params(&self) -> Result<IsolationForestParams, ParamError> {
        Ok(IsolationForest::builder()
            .detector(self.detector.detector()?)
            .n_estimators(self.n_estimators)
            .max_samples(self.max_samples)
            .contamination(self.contamination)
            .max_features(self.max_features)
            .bootstrap(self.bootstrap)
            .n_jobs(self.n_jobs)
            .random_state(self.random_state)
            .verbose(self.verbose.into()))
    }
}

fn summary(forest: &IsolationForest, profile: &TrainingProfile, of_rows: u64) -> String {
    let of = if of_rows > profile.rows { format!(" sampled of {}", thousands(of_rows)) } else { String::new() };
    format!(
        "{} trees on {} rows{of} of {} features, seed {}: {} of the rows are outliers",
        thousands(forest.trees().len() as u64),
        thousands(profile.rows),
        thousands(forest.n_features() as u64),
        forest.params().random_state.map_or_else(String::new, |seed| seed.to_string()),
        thousands(profile.outliers),
    )
}

/// A name without the blanks around it, as it is read from a file.
#[expect(clippy::unnecessary_wraps, reason = "a parser of clap's")]
fn trimmed(text: &str) -> Result<String, std::convert::Infallible> {
    Ok(text.trim().to_owned())
}

fn n_estimators(text: &str) -> Result<usize, &'static str> {
    text.parse().map_err(|_| "expected an integer of at least 1")
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
