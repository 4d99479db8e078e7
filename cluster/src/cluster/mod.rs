//! Ballista: one scheduler, any number of executors, and a client that hands them plans.
//!
//! All of them are this program with the same model file; a plan names the model by its hash, and a process that has another one
//! refuses it.

/// The side that has the work done.
mod client;
/// How the operator and the functions of this program travel in a plan.
mod codec;
/// The process that does the work.
mod executor;
/// A job on the scheduler.
mod job;
/// Health and metrics of an executor.
mod page;
/// The process that hands out the work.
mod scheduler;

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener},
    sync::Arc,
};

use ballista_core::extension::{SessionConfigExt, ballista_scalar_functions};
use datafusion::{
    common::Result,
    execution::{FunctionRegistry, SessionState, SessionStateBuilder},
    logical_expr::ScalarUDF,
    prelude::SessionConfig,
};

pub use self::{
    client::{Cluster, ClusterError},
    executor::{ExecutorEnd, ExecutorSettings, execute, say_stopped},
    scheduler::{SchedulerSettings, schedule},
};
use crate::{engine, functions::Score, model::Model};

/// The port of a scheduler whose address names none.
pub const SCHEDULER_PORT: u16 = 50050;

/// A session's state in any of the processes: Ballista's settings, and the functions.
fn state(config: SessionConfig, model: Option<&Arc<Model>>) -> Result<SessionState> {
    let functions = ballista_scalar_functions();
    let builder = SessionStateBuilder::new().with_config(config).with_default_features();
    let mut state = builder.with_scalar_functions(functions).build();
    if let Some(model) = model {
        state.register_udf(Arc::new(ScalarUDF::from(Score::new(Arc::clone(model)))))?;
    }
    Ok(state)
}

/// The settings of a session in any of the processes.
fn configuration(partitions: usize) -> SessionConfig {
    let config = SessionConfig::new_with_ballista()
        // A task is what is done again when an executor is lost: one part of the output.
        .set_str("ballista.scheduler.max_partitions_per_task", "1")
        // A connection that is cut is noticed within seconds, not minutes.
        .set_str("ballista.client.grpc_http2_keepalive_interval_seconds", "10");
    engine::configuration(config, partitions)
}

/// Whether a port is free: Ballista itself says neither which one is taken nor that it has ended for it.
fn can_listen(address: IpAddr, port: u16, what: &str) -> io::Result<()> {
    TcpListener::bind((address, port)).map(drop).map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen on {} ({what}): {error}", SocketAddr::new(address, port)))
    })
}

/// Host and port of `df://HOST:PORT` or `HOST:PORT`.
///
/// # Errors
///
/// What was expected instead.
pub fn address(text: &str) -> std::result::Result<(String, u16), String> {
    let rest = text.strip_prefix("df://").unwrap_or(text).trim_end_matches('/');
    let wrong = || format!("expected df://HOST:PORT, such as df://127.0.0.1:{SCHEDULER_PORT}, found {text:?}");
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') => (host, port.parse().map_err(|_| wrong())?),
        _ => (rest, SCHEDULER_PORT),
    };
    if host.is_empty() || host.contains('/') {
        return Err(wrong());
    }
    Ok((host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_is_a_host_and_perhaps_a_port() {
        assert_eq!(address("df://scheduler:50150"), Ok(("scheduler".to_owned(), 50150)));
        assert_eq!(address("127.0.0.1"), Ok(("127.0.0.1".to_owned(), 50050)));
        for wrong in ["", "df://", "df://host:port", "http://host:1/x", "df://:50050"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
