//! `isoforest-cluster executor`: the process that does the work.

use std::{env, net::IpAddr, os::unix::process::CommandExt, path::PathBuf, process::Command, sync::Arc};

use anyhow::Context;
use clap::Args;
use tempfile::TempDir;
use tokio::runtime::Builder;

use super::{options::Threads, process};
use crate::{
    cluster::{ExecutorEnd, ExecutorSettings, address, execute, say_stopped},
    model::Model,
};

/// In this variable of its environment an executor that starts again finds what it was called before.
const BEFORE: &str = "ISOFOREST_EXECUTOR_BEFORE";

/// Run an executor of a cluster: it asks a scheduler for work, reads, scores and writes.
///
/// The input and the output's folder must be there under the paths that the client gives. There is no authentication: keep it in a private
/// network.
#[derive(Args)]
#[command(after_help = "\
Example:
  isoforest-cluster executor --model model.json --scheduler df://10.0.0.1:50050 --bind 10.0.0.2

GET /healthz, /readyz (the scheduler answers) and /metrics (Prometheus) on the page's port.")]
pub struct Executor {
    /// Model file, the same as the scheduler's and every client's.
    #[arg(long, env = "ISOFOREST_MODEL")]
    model: PathBuf,
    /// SHA-256 that the model file must have.
    #[arg(long, value_name = "HEX", env = "ISOFOREST_MODEL_SHA256")]
    model_sha256: Option<String>,
    /// The scheduler to ask for work.
    #[arg(long, value_name = "df://HOST:PORT", value_parser = address, env = "ISOFOREST_SCHEDULER")]
    scheduler: (String, u16),
    /// Address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", env = "ISOFOREST_BIND")]
    bind: IpAddr,
    /// Port at which the others fetch intermediate results of queries.
    #[arg(long, default_value_t = 50051)]
    port: u16,
    /// Port of health and metrics.
    #[arg(long, default_value_t = 50053)]
    page_port: u16,
    /// Host at which the others reach this executor [default: the address that its messages come from].
    #[arg(long, value_name = "HOST")]
    external_host: Option<String>,
    /// Folder for intermediate results of queries [default: a new one in the system's, removed at the end].
    #[arg(long, value_name = "FOLDER")]
    work_dir: Option<PathBuf>,
    #[command(flatten)]
    threads: Threads,
}

impl Executor {
    /// Works until it is told to end; what it is doing then is done by others.
    pub fn run(self) -> anyhow::Result<()> {
        process::log();
        let model = Arc::new(Model::read(&self.model, process::given(self.model_sha256.as_deref()))?);
        log::info!("executor for the model {} ({})", model.sha256(), self.model.display());
        let own = if self.work_dir.is_none() { Some(TempDir::with_prefix("isoforest-executor-")?) } else { None };
        let own_path = own.as_ref().map(|folder| folder.path().to_owned());
        let work_dir = self.work_dir.or(own_path).unwrap_or_default();
        let (scheduler_host, scheduler_port) = self.scheduler;
        let settings = ExecutorSettings {
            scheduler_host,
            scheduler_port,
            bind: self.bind,
            port: self.port,
            page_port: self.page_port,
            external_host: self.external_host,
            threads: self.threads.count(),
            work_dir,
        };
        let url = settings.scheduler_url();
        let mut gone: Vec<String> = env::var(BEFORE).into_iter().filter(|id| !id.is_empty()).collect();
        let id = format!("{:032x}", rand::random::<u128>());
        let mut end = ExecutorEnd::Told;
        self.threads.serve(async {
            end = execute(settings, model, id.clone(), &gone).await?;
            Ok(())
        })?;
        drop(own);
        if end == ExecutorEnd::CutOff {
            return start_again(&id);
        }
        gone.push(id);
        // Now that nothing of it asks for work any more.
        Builder::new_current_thread().enable_all().build()?.block_on(say_stopped(&url, &gone));
        Ok(())
    }
}

/// Becomes the same program anew: whatever the engine was doing is over with that, and its ports are free.
fn start_again(id: &str) -> anyhow::Result<()> {
    log::warn!(
        "cut off from the scheduler; starting again under a new name, so that it does not wait for what was lost"
    );
    // The program itself, also if another one has its path by now.
    let error = Command::new("/proc/self/exe").args(env::args_os().skip(1)).env(BEFORE, id).exec();
    Err(error).context("cannot start again after the scheduler was out of reach")
}
