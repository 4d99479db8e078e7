//! `isoforest-cluster healthcheck`: asking a process whether it is well, so that an image needs no curl.

use std::{
    io::{Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

use anyhow::{Context, bail};
use clap::Args;

/// Longest wait for each step.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest answer that is looked at.
const MAX_BYTES: u64 = 4096;

/// Ask a scheduler or executor whether it is well; exit status 0 if it answers with 200.
#[derive(Args)]
pub struct Healthcheck {
    /// What to ask, such as http://127.0.0.1:50050/healthz.
    url: String,
}

impl Healthcheck {
    /// Asks once.
    pub fn run(&self) -> anyhow::Result<()> {
        let rest =
            self.url.strip_prefix("http://").with_context(|| format!("expected http://…, found {:?}", self.url))?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let address = host
            .to_socket_addrs()
            .with_context(|| format!("{host}: expected a host and a port"))?
            .next()
            .with_context(|| format!("{host} has no address"))?;
        let mut stream =
            TcpStream::connect_timeout(&address, PATIENCE).with_context(|| format!("no answer from {host}"))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.take(MAX_BYTES).read_to_end(&mut answer).with_context(|| format!("no answer from {host}"))?;
        let answer = String::from_utf8_lossy(&answer);
        let first = answer.lines().next().unwrap_or_default();
        if first.split(' ').nth(1) != Some("200") {
            bail!("{} is not well: {first}", self.url);
        }
        Ok(())
    }
}
