//! `isoforest import`: from scikit-learn's forest to a model file.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use isoforest::import::{MAX_BYTES, SKLEARN_TO_JSON, ScikitLearnForest};

use crate::{
    input,
    output::{self, Output},
    printable,
    progress::{Progress, thousands},
    say,
};

/// Make a model file from a fitted scikit-learn IsolationForest.
///
/// A Python script reads the skops or joblib file and writes the trees as JSON, which this command checks. The scores are
/// scikit-learn's but for the last two bits of some, as for a forest trained here; the labels are scikit-learn's.
#[derive(Args)]
#[command(after_help = "\
Examples:
  isoforest import --script > sklearn_to_json.py
  python sklearn_to_json.py model.skops --output forest.json
  isoforest import forest.json --output model.json --train train.csv

With --train, the model file has a profile of the training data, as after `isoforest train`. Without it, the model can
still score and be served, but explanations cannot call a value high or low, and the service cannot measure drift.")]
pub struct Import {
    /// JSON file that sklearn_to_json.py wrote; `-` is standard input.
    #[arg(required_unless_present = "script")]
    forest: Option<PathBuf>,
    /// Model file (JSON) to write; `-` is standard output.
    #[arg(short, long, value_name = "MODEL", required_unless_present = "script")]
    output: Option<PathBuf>,
    /// CSV or Parquet file that the forest was fitted on, for the profile; `-` is CSV from standard input.
    #[arg(long, value_name = "DATA")]
    train: Option<PathBuf>,
    /// Names of the features, if the forest was fitted without names [default: those of --train, or x0,x1,…].
    #[arg(long, value_name = "NAME,NAME,…", value_delimiter = ',')]
    feature_names: Option<Vec<String>>,
    /// Print the Python script instead.
    #[arg(long, exclusive = true)]
    script: bool,
}

impl Import {
    /// Reads, checks, profiles and writes.
    pub fn run(self) -> anyhow::Result<()> {
        let (Some(forest), Some(output)) = (&self.forest, &self.output) else {
            let mut output = io::stdout().lock();
            return output
                .write_all(SKLEARN_TO_JSON.as_bytes())
                .and_then(|()| output.flush())
                .context("cannot write to standard output");
        };
        let inputs: Vec<&Path> =
            [Some(forest), self.train.as_ref()].into_iter().flatten().map(PathBuf::as_path).collect();
        let mut target = Output::create(output, &inputs)?;
        let bytes = read(forest).with_context(|| format!("cannot read {}", forest.display()))?;
        let imported = |names| {
            ScikitLearnForest::from_slice(&bytes, names).with_context(|| format!("cannot import {}", forest.display()))
        };
        let found = imported(self.feature_names.clone())?;
        let model = if let Some(train) = &self.train {
            let progress = Progress::new("reading", target.is_terminal());
            let mut rows = input::open_in_blocks(train, &progress)?;
            let found = if found.has_names() {
                rows = rows.of_model(found.forest(), &progress)?;
                found
            } else {
                imported(Some(rows.feature_names().to_vec()))?
            };
            progress.aside(|| self.warn(&found));
            let x = rows.read_all()?;
            if let Some(mismatch) = found.mismatch(x.view()).map_err(|error| rows.locate(error, 0))? {
                progress.aside(|| {
                    say(format_args!(
                        "warning: {} is not what the forest was fitted on: {mismatch}; its profile is then wrong, and with it drift and explanations",
                        printable(&train.display().to_string()),
                    ));
                });
            }
            found.into_model(x.view()).map_err(|error| rows.locate(error, 0))?
        } else {
            self.warn(&found);
            found.into_model_without_profile()
        };
        target.write_all(model.to_json()?.as_bytes())?;
        target.complete()?;
        let forest = model.forest();
        say(format_args!(
            "{} trees of {} features imported; written to {}",
            thousands(forest.trees().len() as u64),
            thousands(forest.n_features() as u64),
            output::name(output),
        ));
        Ok(())
    }

    fn warn(&self, found: &ScikitLearnForest) {
        if !found.has_seed() {
            say(
                "warning: the forest was fitted without an integer random_state; the model file says 0, which would not grow it again",
            );
        }
        if !found.has_names() {
            say(
                "warning: the features have no names and become x0, x1, …; CSV files must use these names, or give others with --feature-names",
            );
        }
        if self.train.is_none() {
            say(
                "warning: without --train there is no profile: drift cannot be measured, and explanations cannot call a value high or low",
            );
        }
    }
}

/// The file's bytes, up to a few more than are accepted.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let source: Box<dyn Read> =
        if path.as_os_str() == "-" { Box::new(io::stdin()) } else { Box::new(File::open(path)?) };
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
