//! The command line: train, score, threshold, generate, inspect, import, export.
//!
//! Exit status 0: done; 1: the job failed, with one line `error: …` on standard error; 2: the command was not
//! understood.

mod detector;
mod export;
mod generate;
mod import;
mod input;
mod inspect;
mod output;
mod progress;
#[cfg(feature = "parquet")]
mod quiet;
mod score;
mod subsample;
mod threshold;
mod train;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand, error::ErrorKind};
use isoforest::ParamError;

/// Find anomalies with an isolation forest.
///
/// For the same --random-state, the forest is scikit-learn's, bit for bit.
#[derive(Parser)]
#[command(
    version,
    after_help = "\
Examples:
  isoforest train data/train.csv --output model.json --random-state 16
  isoforest score model.json data/test.csv --output scores.csv
  isoforest threshold model.json data/train.csv
  isoforest inspect model.json --tree 0
  isoforest export model.json --sql --table users --output model.sql

Exit status: 0 done, 1 the job failed, 2 the command was not understood."
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Train(train::Train),
    Score(score::Score),
    Threshold(threshold::ThresholdTable),
    Generate(generate::Generate),
    Inspect(inspect::Inspect),
    Import(import::Import),
    Export(export::Export),
}

fn main() -> ExitCode {
    let (name, done) = match CommandLine::parse().command {
        Command::Train(train) => ("train", train.run()),
        Command::Score(score) => ("score", score.run()),
        Command::Threshold(threshold) => ("threshold", threshold.run()),
        Command::Generate(generate) => ("generate", generate.run()),
        Command::Inspect(inspect) => ("inspect", inspect.run()),
        Command::Import(import) => ("import", import.run()),
        Command::Export(export) => ("export", export.run()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // The reader, such as `head`, has seen enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            if let Some(parameter) = error.downcast_ref::<ParamError>() {
                refuse(name, parameter);
            }
            say(format_args!("error: {}", in_one_line(&error)));
            ExitCode::FAILURE
        }
    }
}

/// Ends the program as after any other misuse of a command: a message with its usage, and status 2.
fn refuse(command_name: &str, parameter: &ParamError) -> ! {
    let mut program = CommandLine::command();
    program.build();
    let mut command = program.find_subcommand(command_name).cloned().unwrap_or(program);
    command.error(ErrorKind::ValueValidation, parameter).exit()
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
    printable(&line)
}

/// Text from a file or a path, safe to show: a line feed or a terminal's control codes in it do nothing.
fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{FFFD}")
}
