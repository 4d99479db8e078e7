//! The program `isoforest-service`.

use std::process::ExitCode;

use clap::Parser;
use isoforest_service::configuration::{Command, CommandLine};
use isoforest_service::{healthcheck, startup};

fn main() -> ExitCode {
    let CommandLine { command, settings } = CommandLine::parse();
    let result = match command {
        Some(Command::Healthcheck) => healthcheck::run().map_err(|error| error.to_string()),
        None => startup::run(&settings).map_err(|error| error.to_string()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("isoforest-service: {message}");
            ExitCode::FAILURE
        }
    }
}
