//! What the long-running commands share.

use std::{env, future::Future};

use tokio::signal::unix::{SignalKind, signal};

use super::options::Threads;

/// What is logged unless RUST_LOG says otherwise; Ballista says a lot.
const LEVELS: &str = "info,ballista_executor::metrics=warn,datafusion=warn";

/// Logs to standard error from here on.
pub fn log() {
    let levels = env::var("RUST_LOG").ok().filter(|levels| !levels.trim().is_empty());
    env_logger::Builder::new().parse_filters(levels.as_deref().unwrap_or(LEVELS)).init();
}

/// An environment's variable that is set to nothing is not given.
pub fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

/// Runs a service that knows no end by itself; being told to end is a good end.
pub fn until_told(threads: &Threads, service: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    threads.serve(async {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        tokio::select! {
            ended = service => ended,
            _ = interrupt.recv() => Ok(()),
            _ = terminate.recv() => Ok(()),
        }
    })
}
