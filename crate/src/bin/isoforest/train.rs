//! `isoforest train`: from a CSV file to a model file.

use std::{io::Write, path::PathBuf};

use clap::Args;
use isoforest::{
    Contamination, FitError, IsolationForest, IsolationForestParams, MaxFeatures, MaxSamples, ModelFile,
    TrainingProfile,
};

use crate::{
    input,
    output::{self, Output},
    progress::{Progress, thousands},
    say,
};

/// Train an isolation forest on a CSV file.
///
/// The file has a header with the column names, then rows of numbers. An empty cell is a missing value. The options
/// are scikit-learn's parameters of the same names.
#[derive(Args)]
#[command(after_help = "\
Examples:
  isoforest train data/train.csv --output model.json --random-state 16
  isoforest train data/train.csv --output model.json --contamination 0.001 --n-jobs -1
  zcat train.csv.gz | isoforest train - --output model.json --max-samples 0.1

The model file is complete or not there: an interrupted run leaves nothing.")]
pub struct Train {
    /// CSV file to train on; `-` is standard input.
    data: PathBuf,
    /// Model file (JSON) to write; `-` is standard output.
    #[arg(short, long, value_name = "MODEL")]
    output: PathBuf,
    /// Number of trees.
    #[arg(long, value_name = "N", default_value_t = 100)]
    n_estimators: usize,
    /// Rows a tree: "auto" (256), a number such as 1000, or a share of the rows such as 0.5 (1.0 is all, 1 is one row).
    #[arg(long, value_name = "auto|N|SHARE", default_value = "auto", value_parser = max_samples, allow_negative_numbers = true)]
    max_samples: MaxSamples,
    /// Share of outliers in the data, up to 0.5; with "auto", rows that score below -0.5 are outliers.
    #[arg(long, value_name = "auto|SHARE", default_value = "auto", value_parser = contamination, allow_negative_numbers = true)]
    contamination: Contamination,
    /// Columns a tree: a number such as 2, or a share of the columns such as 0.5 (1.0 is all, 1 is one column).
    #[arg(long, value_name = "N|SHARE", default_value = "1.0", value_parser = max_features, allow_negative_numbers = true)]
    max_features: MaxFeatures,
    /// Draw the rows of a tree with replacement.
    #[arg(long)]
    bootstrap: bool,
    /// Threads; -1 is one for each core [default: 1]. Changes nothing but the time.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    n_jobs: Option<i32>,
    /// Seed, 0 to 4294967295 [default: drawn anew, and recorded in the model file].
    #[arg(long, value_name = "SEED")]
    random_state: Option<u32>,
    /// Say more about the fitting.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

impl Train {
    /// Reads, fits, profiles and writes.
    pub fn run(self) -> anyhow::Result<()> {
        let params = self.params();
        // Before the data is read: a wrong option or an output that cannot be should not cost a minute.
        params.check()?;

        let mut output = Output::create(&self.output, &[&self.data])?;
        let progress = Progress::new("reading", output.is_terminal());
        let mut rows = input::open(&self.data, usize::MAX, &progress)?;
        let Some(x) = rows.next().transpose()? else {
            unreachable!("a file without rows is an error");
        };

        progress.step("fitting");
        let forest = params.fit_named(x.view(), rows.feature_names()).map_err(|error| match error {
            FitError::Value(value) => input::locate(value, &rows, 0),
            // A rule that depends on the data: the job fails, though the command was understood.
            FitError::Param(parameter) => anyhow::anyhow!("{}: {parameter}", self.data.display()),
            other => anyhow::Error::new(other).context(format!("cannot fit on {}", self.data.display())),
        })?;
        progress.aside(|| {
            for warning in forest.warnings() {
                say(format_args!("warning: {warning}"));
            }
        });
        progress.step("profiling the training data");
        let profile = TrainingProfile::new(&forest, x.view())?;
        progress.step("writing the model file");
        let summary = summary(&forest, &profile);
        output.write_all(ModelFile::new(forest, profile).to_json()?.as_bytes())?;
        output.complete()?;
        let seconds = progress.finish();
        say(format_args!("{summary}; written to {} after {seconds:.2} s", output::name(&self.output)));
        Ok(())
    }

    fn params(&self) -> IsolationForestParams {
        IsolationForest::builder()
            .n_estimators(self.n_estimators)
            .max_samples(self.max_samples)
            .contamination(self.contamination)
            .max_features(self.max_features)
            .bootstrap(self.bootstrap)
            .n_jobs(self.n_jobs)
            .random_state(self.random_state)
            .verbose(self.verbose.into())
    }
}

fn summary(forest: &IsolationForest, profile: &TrainingProfile) -> String {
    format!(
        "{} trees on {} rows of {} features, seed {}: {} of the rows are outliers",
        thousands(forest.trees().len() as u64),
        thousands(profile.rows),
        thousands(forest.n_features() as u64),
        forest.params().random_state.map_or_else(String::new, |seed| seed.to_string()),
        thousands(profile.outliers),
    )
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
