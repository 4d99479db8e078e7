//! Asking a running service whether it is ready: what a container calls, so that its image needs no curl.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::configuration::{self, SettingsError};

/// Longest wait for each step.
const PATIENCE: Duration = Duration::from_secs(2);

/// Longest answer that is looked at.
const MAX_BYTES: u64 = 4096;

/// Why the service does not count as ready.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HealthError {
    /// The port is not known.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Nobody answers.
    #[error("no answer from {address}: {source}")]
    NoAnswer {
        /// Address and port.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// It says that it is not ready.
    #[error("{address} is not ready: {answer}")]
    NotReady {
        /// Address and port.
        address: SocketAddr,
        /// The first line of its answer.
        answer: String,
    },
}

/// Asks the service on the configured address and port.
///
/// # Errors
///
/// It does not answer within two seconds, or not with 200.
pub fn run() -> Result<(), HealthError> {
    let config = configuration::rocket_config()?;
    ask(SocketAddr::new(reachable(config.address), config.port))
}

/// Asks the service at `address`.
///
/// # Errors
///
/// As [`run`].
pub fn ask(address: SocketAddr) -> Result<(), HealthError> {
    let answer = get(address).map_err(|source| HealthError::NoAnswer { address, source })?;
    let first = answer.lines().next().unwrap_or_default();
    if first.split(' ').nth(1) == Some("200") {
        return Ok(());
    }
    Err(HealthError::NotReady { address, answer: first.to_owned() })
}

fn get(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(MAX_BYTES).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// A service that listens everywhere is asked at home.
fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}
