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

use super::{codec::Codec, configuration, job::connect, page::Page, state};
use crate::model::Model;

/// Time between two attempts to reach the scheduler.
const TRY_EVERY: Duration = Duration::from_millis(500);
/// Time between two lines of the log that nobody is there.
const SAY_EVERY: Duration = Duration::from_secs(60);
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

/// Why an executor ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExecutorEnd {
    /// It was told to.
    Told,
    /// A message to the scheduler or its answer was lost, and with it what it said of tasks that ended or were handed out. The scheduler
    /// waits for them as long as this executor is there: it must go on under a new name, and tell the old one (see [`execute`]).
    CutOff {
        /// What it was called.
        id: String,
    },
}

/// Runs an executor until it is told to end; others do again what it was doing then. `before` is what it was called before it was cut off.
///
/// # Errors
///
/// A port is taken.
pub async fn execute(
    settings: ExecutorSettings,
    model: Arc<Model>,
    before: Option<String>,
) -> Result<ExecutorEnd, BallistaError> {
    let health = ExecutorHealth::new();
    let page = Page::new(health.clone(), model.sha256().to_owned());
    let page_address = SocketAddr::new(settings.bind, settings.page_port);
    let url = format!("http://{}:{}", settings.scheduler_host, settings.scheduler_port);
    let state = state(configuration(1), Some(&model))?;
    let config = ExecutorProcessConfig {
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
    let id = config.executor_id.clone();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let working = async {
        wait_for_scheduler(&url).await;
        if let Some(before) = before {
            say_stopped(&url, before, "it was cut off").await;
        }
        tokio::select! {
            ended = start_executor_process(Arc::new(config)) => ended.map(|()| ExecutorEnd::Told),
            () = cut_off(&health) => Ok(ExecutorEnd::CutOff { id: id.clone() }),
        }
    };
    tokio::select! {
        // First of all: Ballista minds these signals too, but goes on to ask for work meanwhile.
        biased;
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        ended = page.serve(page_address) => return ended.map(|()| ExecutorEnd::Told).map_err(BallistaError::from),
        ended = working => return ended,
    }
    say_stopped(&url, id, "it was told to end").await;
    Ok(ExecutorEnd::Told)
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

/// Tells the scheduler that an executor is no more, so that others do its tasks at once.
async fn say_stopped(url: &str, executor_id: String, reason: &str) {
    let saying = async {
        let mut scheduler = connect(url, &GrpcClientConfig::default()).await?;
        let message = ExecutorStoppedParams { executor_id, reason: reason.to_owned() };
        scheduler.executor_stopped(message).await.map_err(|status| BallistaError::General(status.to_string()))
    };
    // Without it, the scheduler finds out by itself after its --executor-timeout.
    if !matches!(timeout(SAY_WITHIN, saying).await, Ok(Ok(_))) {
        log::warn!("the scheduler at {url} cannot be told that this executor stops");
    }
}

/// Waits until a message to the scheduler has failed, after one has not. The next one follows 50 ms later or more.
async fn cut_off(health: &ExecutorHealth) {
    let mut was_ready = false;
    while !was_ready || health.is_ready() {
        was_ready |= health.is_ready();
        sleep(LOOK_EVERY).await;
    }
}
