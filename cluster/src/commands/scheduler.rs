//! `isoforest-cluster scheduler`: the process that hands out the work.

use std::{net::IpAddr, path::PathBuf, sync::Arc};

use clap::Args;

use super::{options::Threads, process};
use crate::{
    cluster::{SCHEDULER_PORT, SchedulerSettings, schedule},
    model::Model,
};

/// Run the scheduler of a cluster: it takes jobs and hands their parts to executors.
///
/// There is no authentication: who reaches the port can run jobs. Keep it in a private network.
#[derive(Args)]
#[command(after_help = "\
Example:
  isoforest-cluster scheduler --model model.json

GET /healthz, /readyz (an executor is there), /api/metrics (Prometheus), /api/executors and /api/jobs on the same port.")]
pub struct Scheduler {
    /// Model file, the same as every executor's and every client's.
    #[arg(long, env = "ISOFOREST_MODEL")]
    model: PathBuf,
    /// SHA-256 that the model file must have.
    #[arg(long, value_name = "HEX", env = "ISOFOREST_MODEL_SHA256")]
    model_sha256: Option<String>,
    /// Address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", env = "ISOFOREST_BIND")]
    bind: IpAddr,
    /// Port to listen on.
    #[arg(long, default_value_t = SCHEDULER_PORT)]
    port: u16,
    /// Seconds without a sign of life after which an executor counts as lost and others do its work. Executors give one every five.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(10..))]
    executor_timeout: u64,
    #[command(flatten)]
    threads: Threads,
}

impl Scheduler {
    /// Serves until it is told to end.
    pub fn run(self) -> anyhow::Result<()> {
        process::log();
        let model = Arc::new(Model::read(&self.model, process::given(self.model_sha256.as_deref()))?);
        log::info!("scheduler for the model {} ({})", model.sha256(), self.model.display());
        let settings = SchedulerSettings { bind: self.bind, port: self.port, executor_timeout: self.executor_timeout };
        process::until_told(&self.threads, async { Ok(schedule(settings, model).await?) })
    }
}
