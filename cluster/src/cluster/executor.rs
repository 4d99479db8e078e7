//! The process that does the work.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use ballista_core::{config::TaskSchedulingPolicy, error::BallistaError, registry::BallistaFunctionRegistry};
use ballista_executor::{
    executor_process::{ExecutorProcessConfig, start_executor_process},
    health::ExecutorHealth,
};

use super::{codec::Codec, configuration, page::Page, state};
use crate::model::Model;

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

/// Runs an executor until it is told to end; tasks that run then are completed.
///
/// # Errors
///
/// The scheduler cannot be reached, or a port is taken.
pub async fn execute(settings: ExecutorSettings, model: Arc<Model>) -> Result<(), BallistaError> {
    let health = ExecutorHealth::new();
    let page = Page::new(health.clone(), model.sha256().to_owned());
    let page_address = SocketAddr::new(settings.bind, settings.page_port);
    let state = state(configuration(1), Some(&model))?;
    let config = ExecutorProcessConfig {
        bind_host: settings.bind.to_string(),
        external_host: settings.external_host,
        port: settings.port,
        scheduler_host: settings.scheduler_host,
        scheduler_port: settings.scheduler_port,
        scheduler_connect_timeout_seconds: 60,
        vcores: settings.threads,
        task_scheduling_policy: TaskSchedulingPolicy::PullStaged,
        work_dir: Some(settings.work_dir.display().to_string()),
        override_function_registry: Some(Arc::new(BallistaFunctionRegistry::from(&state))),
        override_config_producer: Some(Arc::new(|| configuration(1))),
        override_physical_codec: Some(Arc::new(Codec::new(Some(model)))),
        health,
        ..ExecutorProcessConfig::default()
    };
    tokio::select! {
        ended = page.serve(page_address) => ended.map_err(BallistaError::from),
        ended = start_executor_process(Arc::new(config)) => ended,
    }
}
