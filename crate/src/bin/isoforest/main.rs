//! The command line: train, score, generate, inspect.
//!
//! Exit status 0: done; 1: the job failed, with one line `error: …` on standard error; 2: the command was not
//! understood.

mod generate;
mod input;
mod inspect;
mod progress;
mod score;
mod train;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand, error::ErrorKind};
use isoforest::ParamError;

/// Find anomalies with an isolation forest.
///
/// The forest is scikit-learn's, bit for bit, for the same --random-state.
#[derive(Parser)]
#[command(version, after_help = "\
Examples:
  isoforest train data/train.csv --output model.json --random-state 16
  isoforest score model.json data/test.csv --output scores.csv
  isoforest inspect model.json --tree 0

Exit status: 0 done, 1 the job failed, 2 the command was not understood.")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Train(train::Train),
    Score(score::Score),
    Generate(generate::Generate),
    Inspect(inspect::Inspect),
}

fn main() -> ExitCode {
    let done = match CommandLine::parse().command {
        Command::Train(train) => train.run(),
        Command::Score(score) => score.run(),
        Command::Generate(generate) => generate.run(),
        Command::Inspect(inspect) => inspect.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // The reader, such as `head`, has seen enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            if let Some(bad_parameter) = error.downcast_ref::<ParamError>() {
                CommandLine::command().error(ErrorKind::ValueValidation, bad_parameter).exit();
            }
            say(format_args!("error: {}", in_one_line(&error)));
            ExitCode::FAILURE
        }
    }
}

/// Writes a line to standard error. That nobody reads it is no reason to fail.
fn say(line: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The error and its causes; a cause that is already a part of the message is not repeated.
fn in_one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if !line.contains(&text) {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(&text);
        }
    }
    // A path may hold a line feed.
    line.replace('\n', "\\n")
}
