//! The command line: score, train, sql; scheduler, executor, healthcheck.
//!
//! Exit status 0: done; 1: the job failed, with one line `error: …` on standard error; 2: the command was not understood.

mod executor;
mod healthcheck;
/// Options that commands share.
mod options;
/// What the long-running commands share.
mod process;
mod scheduler;
mod score;
mod sql;
mod train;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand, error::ErrorKind};
use isoforest::ParamError;

/// Find anomalies in more rows than one machine holds, with an isolation forest.
///
/// On one machine with all its cores, or on a cluster of schedulers and executors.
#[derive(Parser)]
#[command(
    name = "isoforest-cluster",
    version,
    after_help = "\
Examples:
  isoforest-cluster train --input 'data/*.parquet' --output model.json --random-state 16 --contamination 0.001
  isoforest-cluster score --model model.json --input 'data/*.parquet' --output scored/
  isoforest-cluster sql --model model.json --input 'data/*.parquet' \\
      \"SELECT *, isoforest_score(mean, sd) AS score FROM rows ORDER BY score LIMIT 10\"

Exit status: 0 done, 1 the job failed, 2 the command was not understood."
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Score(score::Score),
    Train(train::Train),
    Sql(sql::Sql),
    Scheduler(scheduler::Scheduler),
    Executor(executor::Executor),
    Healthcheck(healthcheck::Healthcheck),
}

/// Runs the command that the program was called with.
pub fn main() -> ExitCode {
    let (name, done) = match CommandLine::parse().command {
        Command::Score(score) => ("score", score.run()),
        Command::Train(train) => ("train", train.run()),
        Command::Sql(sql) => ("sql", sql.run()),
        Command::Scheduler(scheduler) => ("scheduler", scheduler.run()),
        Command::Executor(executor) => ("executor", executor.run()),
        Command::Healthcheck(healthcheck) => ("healthcheck", healthcheck.run()),
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

/// Says what may be wrong.
fn warn(warnings: &[String]) {
    for warning in warnings {
        say(format_args!("warning: {warning}"));
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The error and its causes; a cause that is already a part of the message is not repeated, and control codes do nothing.
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
    line.replace(['\n', '\r', '\t'], " ").replace(char::is_control, "\u{FFFD}")
}
