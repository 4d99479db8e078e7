//! The process that does the work.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use ballista_core::{
    config::TaskSchedulingPolicy, error::BallistaError, registry::BallistaFunctionRegistry,
    serde::protobuf::ExecutorStoppedParams, utils::GrpcClientConfig,
};
use ballista_executor::{
    executor_process::{ExecutorProcessConfig, start_executor_process},
    health::ExecutorHealth,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{Instant, sleep, timeout},
};

use super::{can_listen, codec::Codec, configuration, job::connect, page::Page, state};
use crate::model::Model;

/// Time between two attempts to reach the scheduler.
const TRY_EVERY: Duration = Duration::from_millis(500);
/// Time between two lines of the log that nobody is there.
const SAY_EVERY: Duration = Duration::from_mins(1);
/// Longest wait for the scheduler to take note of an end.
const SAY_WITHIN: Duration = Duration::from_secs(2);
/// Time between two looks at whether the last message was answered.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What an executor is told at its start.
#[derive(Debug, Clone)]
pub struct ExecutorSettings {
    /// The scheduler's host.
    pub scheduler_host: String,
    /// The scheduler's port.
    pub scheduler_port: u16,
    /// The address that it listens on.
    pub bind: IpAddr,
    /// The port at which others fetch results of queries.
    pub port: u16,
    /// The port of health and metrics.
    pub page_port: u16,
    /// How others reach it, if not by the address that its requests come from.
    pub external_host: Option<String>,
    /// Tasks at a time.
    pub threads: usize,
    /// Where intermediate results of queries are kept.
    pub work_dir: PathBuf,
}

impl ExecutorSettings {
    /// The scheduler's address.
    pub fn scheduler_url(&self) -> String {
        format!("http://{}:{}", self.scheduler_host, self.scheduler_port)
    }
}

/// Why an executor ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutorEnd {
    /// It was told to.
    Told,
    /// A message to the scheduler or its answer was lost, and with it what it said of tasks that ended or were handed out. The scheduler
    /// waits for them as long as this executor is there: it must go on under another name.
    CutOff,
}

/// Runs an executor called `id` until it is told to end or is cut off. What it was doing then is for others to do, once the scheduler
/// knows: `stopped` are executors that are no more, which the scheduler is told first; see [`say_stopped`]. A `pause` before that
/// keeps a network that fails again and again from bringing new names as often.
///
/// # Errors
///
/// A port is taken.
pub async fn execute(
    settings: ExecutorSettings,
    model: Arc<Model>,
    id: String,
    stopped: &[String],
    pause: Duration,
) -> Result<ExecutorEnd, BallistaError> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    can_listen(settings.bind, settings.port, "intermediate results")?;
    let health = ExecutorHealth::new();
    let page = Page::new(health.clone(), model.sha256().to_owned());
    let page_address = SocketAddr::new(settings.bind, settings.page_port);
    let url = settings.scheduler_url();
    let state = state(configuration(1), Some(&model))?;
    let config = ExecutorProcessConfig {
        executor_id: id,
        bind_host: settings.bind.to_string(),
        external_host: settings.external_host,
        port: settings.port,
        scheduler_host: settings.scheduler_host,
        scheduler_port: settings.scheduler_port,
        vcores: settings.threads,
        task_scheduling_policy: TaskSchedulingPolicy::PullStaged,
        work_dir: Some(settings.work_dir.display().to_string()),
        override_function_registry: Some(Arc::new(BallistaFunctionRegistry::from(&state))),
        override_config_producer: Some(Arc::new(|| configuration(1))),
        override_physical_codec: Some(Arc::new(Codec::new(Some(model)))),
        health: health.clone(),
        ..ExecutorProcessConfig::default()
    };
    let working = async {
        sleep(pause).await;
        wait_for_scheduler(&url).await;
        say_stopped(&url, stopped).await;
        // It answered just now: the very first message may be lost as any other.
        health.mark_heartbeat_ok();
        let ended = tokio::select! {
            ended = start_executor_process(Arc::new(config)) => ended,
            () = cut_off(&health) => Err(BallistaError::GrpcConnectionError(String::new())),
        };
        match ended {
            Err(BallistaError::GrpcConnectionError(_)) => Ok(ExecutorEnd::CutOff),
            Err(error) => Err(error),
            // Nobody told it to.
            Ok(()) => Err(BallistaError::General("the executor ended by itself; its log says why".to_owned())),
        }
    };
    tokio::select! {
        // First of all: Ballista minds these signals too, but goes on to ask for work meanwhile.
        biased;
        _ = interrupt.recv() => Ok(told()),
        _ = terminate.recv() => Ok(told()),
        ended = page.serve(page_address) => ended.map(|()| ExecutorEnd::Told).map_err(BallistaError::from),
        ended = working => ended,
    }
}

fn told() -> ExecutorEnd {
    log::info!("told to end; others do what is not finished");
    ExecutorEnd::Told
}

/// Tells the scheduler that executors are no more, so that others do their tasks at once.
pub async fn say_stopped(url: &str, executors: &[String]) {
    let saying = async {
        for id in executors {
            let mut scheduler = connect(url, &GrpcClientConfig::default()).await?;
            let message = ExecutorStoppedParams { executor_id: id.clone(), reason: "it ended".to_owned() };
            let said = scheduler.executor_stopped(message).await;
            said.map_err(|status| BallistaError::General(status.to_string()))?;
        }
        Ok::<(), BallistaError>(())
    };
    // Without it, the scheduler finds out by itself after its --executor-timeout.
    if !matches!(timeout(SAY_WITHIN, saying).await, Ok(Ok(()))) {
        log::warn!("the scheduler at {url} cannot be told that an executor ended");
    }
}

/// Waits until somebody answers at the scheduler's address.
async fn wait_for_scheduler(url: &str) {
    let mut said: Option<Instant> = None;
    while let Err(error) = connect(url, &GrpcClientConfig::default()).await {
        if said.is_none_or(|said| said.elapsed() >= SAY_EVERY) {
            log::warn!("no scheduler answers at {url}: {error}; waiting for it");
            said = Some(Instant::now());
        }
        sleep(TRY_EVERY).await;
    }
}

/// Waits until a message to the scheduler has failed. The next one follows 50 ms later or more.
async fn cut_off(health: &ExecutorHealth) {
    while health.is_ready() {
        sleep(LOOK_EVERY).await;
    }
}
