//! `isoforest-cluster executor`: the process that does the work.

use std::{
    env,
    net::IpAddr,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

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

/// Pauses between being cut off and asking for work again.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

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
        anyhow::ensure!(
            self.port != self.page_port,
            "--port and --page-port are both {}; expected two ports",
            self.port
        );
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
        let before = Before::from_environment();
        let mut gone: Vec<String> = before.iter().map(|before| before.id.clone()).collect();
        let pause = before.map_or(Duration::ZERO, |before| before.pause);
        let id = format!("{:032x}", rand::random::<u128>());
        let start = Instant::now();
        self.threads.serve(async {
            match execute(settings, model, id.clone(), &gone, pause).await? {
                ExecutorEnd::Told => Ok(()),
                ExecutorEnd::CutOff => {
                    drop(own);
                    Before { id: id.clone(), pause: longer(pause, start.elapsed()) }.start_again()
                }
            }
        })?;
        gone.push(id);
        // Now that nothing of it asks for work any more.
        Builder::new_current_thread().enable_all().build()?.block_on(say_stopped(&url, &gone));
        Ok(())
    }
}

/// What an executor that starts again knows of the time before.
struct Before {
    /// What it was called.
    id: String,
    /// How long it waits before it asks for work.
    pause: Duration,
}

impl Before {
    fn from_environment() -> Option<Self> {
        let text = env::var(BEFORE).ok()?;
        let (id, seconds) = text.split_once(' ')?;
        Some(Self { id: id.to_owned(), pause: Duration::from_secs(seconds.parse().ok()?) })
    }

    /// Becomes the same program anew: whatever the engine was doing is over with that, and its ports are free.
    fn start_again(&self) -> anyhow::Result<()> {
        log::warn!(
            "cut off from the scheduler; starting again under a new name, so that it does not wait for what was lost"
        );
        let mut arguments = env::args_os();
        // The program itself, also if another one has its path by now.
        let mut program = Command::new("/proc/self/exe");
        if let Some(name) = arguments.next() {
            program.arg0(name);
        }
        let error = program.args(arguments).env(BEFORE, format!("{} {}", self.id, self.pause.as_secs())).exec();
        Err(error).context("cannot start again after the scheduler was out of reach")
    }
}

/// The next pause: short, unless being cut off is the rule.
fn longer(pause: Duration, worked: Duration) -> Duration {
    if worked > LONGEST_PAUSE * 2 { SHORTEST_PAUSE } else { (pause * 2).clamp(SHORTEST_PAUSE, LONGEST_PAUSE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_as_long_as_being_cut_off_is_the_rule() {
        let seconds = |pause, worked| longer(Duration::from_secs(pause), Duration::from_secs(worked)).as_secs();
        assert_eq!([0, 1, 2, 16, 30].map(|pause| seconds(pause, 5)), [1, 2, 4, 30, 30]);
        assert_eq!(seconds(30, 3600), 1);
    }
}
