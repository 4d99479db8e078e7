//! A scheduler and executors as processes of their own.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
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
        send("TERM", &self.child);
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

/// Sends a signal to a process.
pub fn send(signal: &str, process: &Child) {
    let id = process.id().to_string();
    assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
}

/// A way to a port on which answers get lost.
pub struct Gate {
    swallow: Arc<AtomicBool>,
    /// The port that leads to the other one.
    pub port: u16,
}

impl Gate {
    /// Opens a way to a port of this machine; it ends with the test's process.
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let gate = Self { swallow: Arc::default(), port: listener.local_addr().unwrap().port() };
        let swallow = Arc::clone(&gate.swallow);
        thread::spawn(move || {
            for here in listener.incoming().flatten() {
                let Ok(there) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                let (mut questions, mut to) = (here.try_clone().unwrap(), there.try_clone().unwrap());
                thread::spawn(move || std::io::copy(&mut questions, &mut to));
                let swallow = Arc::clone(&swallow);
                thread::spawn(move || pass_on(there, here, &swallow));
            }
        });
        gate
    }

    /// Loses the next answer, and its connection; waits until it has come.
    pub fn swallow_an_answer(&self) {
        self.swallow.store(true, Ordering::SeqCst);
        wait_for("an answer", || !self.swallow.load(Ordering::SeqCst));
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, swallow: &AtomicBool) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(n @ 1..) = from.read(&mut bytes) {
        if swallow.swap(false, Ordering::SeqCst) || to.write_all(&bytes[..n]).is_err() {
            break;
        }
    }
    for way in [from, to] {
        let _ = way.shutdown(Shutdown::Both);
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
    /// The port by which executors reach it.
    gate: u16,
    pub executors: Vec<Process>,
}

impl Cluster {
    /// Starts a scheduler with the first model and one executor a model, each with one thread.
    pub fn start(folder: &Path, models: &[&Path]) -> Self {
        Self::start_behind(folder, models, |port| port)
    }

    /// The same, with executors that reach the scheduler's port by another one.
    pub fn start_behind(folder: &Path, models: &[&Path], gate: impl FnOnce(u16) -> u16) -> Self {
        let mut cluster = Self::without_executors(folder, models[0]);
        cluster.gate = gate(cluster.scheduler.page);
        for model in models {
            cluster.add_executor(folder, model);
        }
        cluster
    }

    /// Starts a scheduler.
    pub fn without_executors(folder: &Path, model: &Path) -> Self {
        let port = free_port();
        Self { scheduler: scheduler(folder, model, port), gate: port, executors: Vec::new() }
    }

    /// Starts a scheduler in the place of the one that was killed.
    pub fn start_scheduler(&mut self, folder: &Path, model: &Path) {
        self.scheduler = scheduler(folder, model, self.scheduler.page);
        self.executors.iter_mut().for_each(Process::wait_until_ready);
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
        command.args(["--threads", "1", "--scheduler", &format!("df://127.0.0.1:{}", self.gate)]);
        command.arg("--model").arg(model);
        command.args(["--port", &free_port().to_string(), "--page-port", &page.to_string()]);
        // One that is killed leaves its scratch folder.
        command.env("TMPDIR", folder);
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

fn scheduler(folder: &Path, model: &Path, port: u16) -> Process {
    let mut command = super::program(["scheduler", "--executor-timeout", "10"]);
    command.arg("--model").arg(model).args(["--port", &port.to_string()]);
    let scheduler = Process::start(command, folder.join("scheduler.log"), port);
    wait_for("the scheduler", || scheduler.get("/healthz").is_some());
    scheduler
}

/// Complete parts of a job that is running, by what is beside its output.
pub fn parts_so_far(around: &Path) -> usize {
    let entries =
        |folder: &Path| fs::read_dir(folder).map(|entries| entries.flatten().collect::<Vec<_>>()).unwrap_or_default();
    let staging = entries(around).into_iter().find(|entry| entry.file_name().to_string_lossy().contains(".partial-"));
    staging.map_or(0, |staging| entries(&staging.path()).len())
}
