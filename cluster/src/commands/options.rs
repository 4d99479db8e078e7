//! Options that commands share.

use std::{future::Future, num::NonZero, thread, time::Duration};

use anyhow::{Context, bail};
use clap::Args;
use tokio::{
    runtime::Builder,
    signal::unix::{SignalKind, signal},
};

/// How long what still runs may take to notice the end.
const LINGER: Duration = Duration::from_secs(1);

/// Where rows come from.
#[derive(Args)]
pub struct InputFiles {
    /// CSV or Parquet files to read: a file, a folder, or a pattern in quotes; may be given several times.
    #[arg(long = "input", value_name = "FILES", required = true)]
    pub paths: Vec<String>,
}

/// How much of this machine is used.
#[derive(Args)]
pub struct Threads {
    /// Threads [default: one for each core]. Changes nothing but the time.
    #[arg(long, value_name = "N")]
    threads: Option<NonZero<u16>>,
}

impl Threads {
    /// The number of threads.
    pub fn count(&self) -> usize {
        let cores = || thread::available_parallelism().map_or(1, NonZero::get);
        self.threads.map_or_else(cores, |threads| usize::from(threads.get()))
    }

    /// Runs a job to its end; an interruption ends it early, so that it can clean up.
    pub fn run(&self, job: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
        self.serve(async {
            let mut terminate = signal(SignalKind::terminate())?;
            let mut interrupt = signal(SignalKind::interrupt())?;
            tokio::select! {
                result = job => result,
                _ = interrupt.recv() => bail!("interrupted"),
                _ = terminate.recv() => bail!("terminated"),
            }
        })
    }

    /// Runs a service that minds signals itself.
    pub fn serve(&self, service: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
        let runtime =
            Builder::new_multi_thread().worker_threads(self.count()).enable_all().build().context("cannot start")?;
        let result = runtime.block_on(service);
        // Nothing is left to wait for; a reader that hangs must not hold the program up for long.
        runtime.shutdown_timeout(LINGER);
        result
    }
}
