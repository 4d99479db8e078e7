//! A scheduler and executors as processes of their own.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_mins(2);

/// A process that ends with the test; its log is shown if the test fails.
pub struct Process {
    child: Child,
    log: PathBuf,
    /// Where its health and metrics are.
    pub page: u16,
}

impl Process {
    fn start(mut command: Command, log: PathBuf, page: u16) -> Self {
        let file = File::create(&log).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        Self { child: command.spawn().unwrap(), log, page }
    }

    /// Ends it as a crash of its machine would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it to end, and waits for that; gives its status.
    pub fn terminate(&mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").arg(id).status().unwrap().success());
        self.child.wait().unwrap().code()
    }

    /// What it logged.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// The answer to GET, if it is 200.
    pub fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.page)).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        (head.split(' ').nth(1) == Some("200")).then(|| body.to_owned())
    }

    /// A number among its metrics.
    pub fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").or_else(|| self.get("/api/metrics")).unwrap();
        let line = text.lines().find(|line| line.split([' ', '{']).next() == Some(name));
        line.and_then(|line| line.rsplit(' ').next()).unwrap_or_else(|| panic!("{name} in {text}")).parse().unwrap()
    }

    fn wait_until_ready(&mut self) {
        wait_for("a process to be ready", || {
            assert!(self.child.try_wait().unwrap().is_none(), "it ended: {}", self.said());
            self.get("/readyz").is_some()
        });
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("--- {}\n{}", self.log.display(), self.said());
        }
    }
}

/// Waits until something is so.
pub fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A scheduler and its executors.
pub struct Cluster {
    pub scheduler: Process,
    pub executors: Vec<Process>,
}

impl Cluster {
    /// Starts a scheduler with the first model and one executor a model, each with one thread.
    pub fn start(folder: &Path, models: &[&Path]) -> Self {
        let mut cluster = Self::without_executors(folder, models[0]);
        for model in models {
            cluster.add_executor(folder, model);
        }
        cluster
    }

    /// Starts a scheduler.
    pub fn without_executors(folder: &Path, model: &Path) -> Self {
        let port = free_port();
        let mut command = super::program(["scheduler", "--executor-timeout", "10"]);
        command.arg("--model").arg(model).args(["--port", &port.to_string()]);
        let scheduler = Process::start(command, folder.join("scheduler.log"), port);
        wait_for("the scheduler", || scheduler.get("/healthz").is_some());
        Self { scheduler, executors: Vec::new() }
    }

    /// Adds an executor.
    pub fn add_executor(&mut self, folder: &Path, model: &Path) {
        self.start_executor(folder, model, super::program(["executor"]));
    }

    /// Adds an executor that cannot write a large file.
    pub fn add_executor_on_a_small_disk(&mut self, folder: &Path, model: &Path) {
        self.start_executor(folder, model, super::program_on_a_small_disk(["executor"]));
    }

    fn start_executor(&mut self, folder: &Path, model: &Path, mut command: Command) {
        let page = free_port();
        command.args(["--threads", "1", "--scheduler", &self.address()]);
        command.arg("--model").arg(model);
        command.args(["--port", &free_port().to_string(), "--page-port", &page.to_string()]);
        let log = folder.join(format!("executor-{}.log", self.executors.len()));
        let mut executor = Process::start(command, log, page);
        executor.wait_until_ready();
        self.executors.push(executor);
    }

    /// The scheduler's address.
    pub fn address(&self) -> String {
        format!("df://127.0.0.1:{}", self.scheduler.page)
    }
}

/// Complete parts of a job that is running, by what is beside its output.
pub fn parts_so_far(around: &Path) -> usize {
    let entries =
        |folder: &Path| fs::read_dir(folder).map(|entries| entries.flatten().collect::<Vec<_>>()).unwrap_or_default();
    let staging = entries(around).into_iter().find(|entry| entry.file_name().to_string_lossy().contains(".partial-"));
    staging.map_or(0, |staging| entries(&staging.path()).len())
}
