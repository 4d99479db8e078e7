//! The process that hands out the work.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use ballista_core::{config::TaskSchedulingPolicy, error::BallistaError};
use ballista_scheduler::{
    cluster::BallistaCluster,
    config::{SchedulerConfig, TaskDistributionPolicy},
    scheduler_process::start_server,
};

use super::{can_listen, codec::Codec, configuration, state};
use crate::model::Model;

/// Seconds between two looks for executors that were not heard of.
const LOOK_FOR_LOST: u64 = 1;

/// How often a part is tried whose executor's storage fails.
const ATTEMPTS: usize = 8;

/// What a scheduler is told at its start.
#[derive(Debug, Clone)]
pub struct SchedulerSettings {
    /// The address that it listens on.
    pub bind: IpAddr,
    /// The port for all: jobs, executors, health and metrics.
    pub port: u16,
    /// Seconds without a sign of life after which an executor counts as lost and its tasks go to others.
    pub executor_timeout: u64,
}

/// Runs a scheduler until the process ends.
///
/// # Errors
///
/// The port is taken.
pub async fn schedule(settings: SchedulerSettings, model: Arc<Model>) -> Result<(), BallistaError> {
    can_listen(settings.bind, settings.port, "jobs and executors")?;
    let session_model = Arc::clone(&model);
    let config = SchedulerConfig {
        bind_host: settings.bind.to_string(),
        bind_port: settings.port,
        // Executors ask for work: they need a way to the scheduler, and it none to them.
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        task_distribution: TaskDistributionPolicy::RoundRobin,
        executor_timeout_seconds: settings.executor_timeout,
        expire_dead_executor_interval_seconds: LOOK_FOR_LOST,
        no_executors_grace_period_seconds: settings.executor_timeout,
        override_config_producer: Some(Arc::new(|| configuration(1))),
        override_session_builder: Some(Arc::new(move |config| state(config, Some(&session_model)))),
        override_physical_codec: Some(Arc::new(Codec::new(Some(model)))),
        task_max_failures: ATTEMPTS,
        // No page of another site may talk to this one from a browser.
        cors_allowed_origins: "http://127.0.0.1".to_owned(),
        ..SchedulerConfig::default()
    };
    let cluster = BallistaCluster::new_from_config(&config).await?;
    start_server(cluster, SocketAddr::new(settings.bind, settings.port), Arc::new(config)).await
}
