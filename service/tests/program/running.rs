//! The program while it runs, and a client of a few lines: the tests must see every byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// A service of its own, ended when dropped.
pub struct Running {
    pub address: SocketAddr,
    child: Child,
    log: Option<JoinHandle<Vec<Value>>>,
}

impl Running {
    /// Starts the program on a free port and waits until it is ready.
    pub fn start(model: &Path, variables: &[(&str, &str)]) -> Self {
        let mut child = crate::program()
            .env("ISOFOREST_MODEL", model)
            .env("ROCKET_PORT", "0")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (tell, told) = channel();
        let log = thread::spawn(move || {
            let mut lines = Vec::new();
            for line in output.lines() {
                let line = line.unwrap();
                let value: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}"));
                if let Some(address) =
                    value["message"].as_str().and_then(|text| text.strip_prefix("listening on http://"))
                {
                    tell.send(address.parse().unwrap()).unwrap();
                }
                lines.push(value);
            }
            lines
        });
        let told: Receiver<SocketAddr> = told;
        let address = told.recv_timeout(PATIENCE).expect("the program says where it listens");
        let running = Self { address, child, log: Some(log) };
        crate::eventually("it is ready", || get(address, "/health/ready").status == 200);
        running
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status().unwrap();
        assert!(status.success());
    }

    /// Sends a signal and waits for the end.
    pub fn end(self, signal: &str) -> (Option<i32>, Vec<Value>) {
        self.signal(signal);
        self.wait()
    }

    /// Waits for the end: the exit code, and every line of the log.
    pub fn wait(mut self) -> (Option<i32>, Vec<Value>) {
        let status = self.child.wait().unwrap();
        (status.code(), self.log.take().unwrap().join().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub body: String,
    head: String,
}

impl Answer {
    /// A header's value; its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.to_lowercase() == name).map(|(_, value)| value)
    }
}

pub fn get(address: SocketAddr, path: &str) -> Answer {
    send(address, "GET", path, &[], "")
}

pub fn post(address: SocketAddr, path: &str, body: &str) -> Answer {
    send(address, "POST", path, &[("Content-Type", "application/json")], body)
}

/// Sends a request on a connection of its own; status 0 if there was no answer.
pub fn send(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut answer = Vec::new();
    if let Ok(mut stream) = TcpStream::connect(address) {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let headers = headers.iter().fold(String::new(), |all, (name, value)| all + &format!("{name}: {value}\r\n"));
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
        );
        // A refusal may come, and the connection be closed, before the body is through.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        let _ = stream.read_to_end(&mut answer);
    }
    let text = String::from_utf8(answer).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}
