//! `isoforest generate`: the synthetic data set.

use std::{fs, path::PathBuf};

use anyhow::Context;
use clap::{Args, value_parser};
use isoforest::{
    atomic_file::AtomicFile,
    data::{self, DEFAULT_SEED, DEFAULT_TEST_ROWS, DEFAULT_TRAIN_ROWS, Table},
};

use crate::{
    progress::{Progress, thousands},
    say,
};

/// More than any example needs, and still in the memory of a laptop.
const MOST_ROWS: u64 = 10_000_000;

/// Make the synthetic data set: train.csv and test.csv.
///
/// Two features per user of a social app: `mean` and `sd`, the average and the standard deviation of the amounts spent,
/// normalised over the training set. The same options give the same bytes on every machine.
#[derive(Args)]
#[command(after_help = "\
Examples:
  isoforest generate --output data/
  isoforest generate --output small/ --seed 1 --train-rows 1000 --test-rows 250")]
pub struct Generate {
    /// Folder for train.csv and test.csv, created if missing; existing files are replaced.
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
    /// Seed; the default gives the files that come with the project.
    #[arg(long, default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// Rows of train.csv, up to ten million.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_TRAIN_ROWS as u64, value_parser = value_parser!(u64).range(1..=MOST_ROWS))]
    train_rows: u64,
    /// Rows of test.csv, up to ten million.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_TEST_ROWS as u64, value_parser = value_parser!(u64).range(1..=MOST_ROWS))]
    test_rows: u64,
}

impl Generate {
    /// Draws both tables and writes them.
    pub fn run(self) -> anyhow::Result<()> {
        let progress = Progress::new("drawing the users", false);
        let data = data::generate(self.seed, self.train_rows as usize, self.test_rows as usize);
        progress.step("writing the files");
        fs::create_dir_all(&self.output)
            .with_context(|| format!("cannot make the folder {}", self.output.display()))?;
        // Both are complete before the first appears: they belong together.
        let train = self.write("train.csv", &data.train)?;
        let test = self.write("test.csv", &data.test)?;
        train.commit()?;
        test.commit()?;
        let seconds = progress.finish();
        say(format_args!(
            "{} training and {} test rows of seed {} written to {} after {seconds:.2} s",
            thousands(self.train_rows),
            thousands(self.test_rows),
            self.seed,
            self.output.display(),
        ));
        Ok(())
    }

    fn write(&self, name: &str, table: &Table) -> anyhow::Result<AtomicFile> {
        let mut file = AtomicFile::create(self.output.join(name))?;
        table.write_csv(&mut file)?;
        Ok(file)
    }
}
