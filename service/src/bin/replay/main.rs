//! The program `replay`: sends the rows of a CSV file to a running service, as its users would.
//!
//! Read in this order: `run` joins the parts; `shift` makes drift; `schedule` says which row is next, when, and
//! whether with its score (`selection`); `client` speaks HTTP; `tally` counts what came back (`latency`), `report`
//! shows it while the run goes on and at its end; `interrupt` is Ctrl-C.

mod client;
mod interrupt;
mod latency;
mod report;
mod run;
mod schedule;
mod selection;
mod shift;
mod tally;

use std::{
    env,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;

use crate::{selection::Share, shift::Shift};

/// Send every row of a CSV file to a running service.
///
/// Each row is a POST /prediction; a share of them asks for the score. At the end comes one GET /model_information and
/// a summary. Rows go out in the order of the file, a missing value as null.
#[derive(Parser)]
#[command(
    name = "replay",
    version,
    after_help = "\
Examples:
  replay                                    every row of data/test.csv, as fast as it goes
  replay --rate 50 --loop                   50 rows/s until Ctrl-C
  replay --shift mean=3 --loop --rate 50    the same with drift in `mean`

The summary's counts are those of the service's metrics: `rows answered` is what predictions_total grows by, `with
score` what predictions_scores_count grows by.

Exit status: 0 every request was answered, 1 a request failed or the service is not there, 2 the command was not
understood."
)]
pub struct Options {
    /// CSV file with the model's features as columns, in the model's order [default: test.csv in the folder DATA_DIR,
    /// or in data/].
    data: Option<PathBuf>,
    /// Address of the service.
    #[arg(long, default_value = "http://127.0.0.1:8000", value_parser = client::base_url)]
    url: String,
    /// Rows a second; 0 is as fast as it goes.
    #[arg(long, default_value_t = 0.0, value_parser = schedule::rate)]
    rate: f64,
    /// Share of the rows that asks for the score, from 0 to 1: exactly this share of each pass through the file.
    #[arg(long, default_value = "0.25")]
    score_share: Share,
    /// Chooses which rows ask for the score: the same seed, the same rows.
    #[arg(long, default_value_t = 16)]
    seed: u32,
    /// Requests under way at the same time, each on a connection of its own that stays open.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=1024))]
    concurrency: u16,
    /// Begins again at the end of the file, until Ctrl-C.
    #[arg(long = "loop")]
    endless: bool,
    /// Makes drift: adds FACTOR standard deviations of the column FEATURE (as it is in the file) to each of its values.
    /// `mean=3` moves the whole column up, `mean=-0.5` a little down; other columns stay. May be repeated.
    #[arg(long, value_name = "FEATURE=FACTOR")]
    shift: Vec<Shift>,
}

impl Options {
    /// The file to send.
    fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| {
            let folder = env::var_os("DATA_DIR").filter(|folder| !folder.is_empty());
            PathBuf::from(folder.unwrap_or_else(|| "data".into())).join("test.csv")
        })
    }
}

fn main() -> ExitCode {
    match run::run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(format_args!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Writes a line to standard error. That nobody reads it is no reason to fail.
fn say(line: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::Options;

    #[test]
    fn the_options_are_well_formed() {
        Options::command().debug_assert();
    }

    #[test]
    fn options_out_of_range_are_refused() {
        for bad in [
            ["--score-share", "1.1"],
            ["--score-share", "nan"],
            ["--rate=-1", "x"],
            ["--rate", "inf"],
            ["--concurrency", "0"],
            ["--shift", "mean"],
            ["--shift", "mean=lots"],
            ["--shift", "=1"],
            ["--url", "https://localhost"],
            ["--url", "localhost:8000"],
        ] {
            assert!(Options::try_parse_from(["replay"].iter().chain(&bad)).is_err(), "{bad:?}");
        }
    }
}
