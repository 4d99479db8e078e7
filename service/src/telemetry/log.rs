//! The log: lines of JSON, collected in memory and written by one thread.
//!
//! A request must never wait for whoever reads the log. So it only appends its line to a buffer; the thread takes what has gathered,
//! at most fifty times a second, and writes it at once. If the reader is slower than that, the buffer fills and further lines
//! are dropped and counted: predictions are worth more than their log.

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use std::{io, thread};

use super::instruments::Counter;
use super::metrics::Metrics;

/// Most bytes that wait to be written: a tenth of a second of lines at full load.
const MAX_WAITING: usize = 1 << 20;

/// How long lines may gather.
const GATHER: Duration = Duration::from_millis(20);

/// Longest wait for the last lines at the end of the program.
const LAST_WAIT: Duration = Duration::from_millis(500);

/// How grave an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Something that should be known.
    Info,
    /// Something to look into.
    Warning,
    /// Something that failed.
    Error,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The program's log. Lines that are waiting are written when it is dropped.
#[derive(Debug)]
pub struct Log {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    /// Tells the thread that there is something to do.
    work: Condvar,
    /// Tells those who flush that everything has been written.
    done: Condvar,
    dropped: Arc<Counter>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Lines,
    writer: Writer,
    /// Somebody waits for everything to be written.
    hurry: bool,
    closed: bool,
}

#[derive(Debug, Default)]
struct Lines {
    text: Vec<u8>,
    count: u64,
}

/// What the thread does.
#[derive(Debug, Default, PartialEq)]
enum Writer {
    /// Lets lines gather, or has not begun: it looks by itself, nobody spends a system call on waking it.
    #[default]
    Gathers,
    /// Writes lines that it has taken.
    Writes,
    /// Has nothing to do and must be woken.
    Sleeps,
}

impl Log {
    /// A log that goes to `output` and counts lost lines in `metrics`.
    ///
    /// # Errors
    ///
    /// The system starts no thread.
    pub fn new(output: impl Write + Send + 'static, metrics: &Metrics) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            work: Condvar::new(),
            done: Condvar::new(),
            dropped: Arc::clone(&metrics.log_lines_dropped),
        });
        let of_thread = Arc::clone(&shared);
        thread::Builder::new().name("log".to_owned()).spawn(move || of_thread.write(output))?;
        Ok(Self { shared })
    }

    /// Writes that something happened, by itself and not of a request: `{"time":…,"level":…,"message":…}`.
    pub fn event(&self, level: Level, message: &str) {
        let time = humantime::format_rfc3339_micros(SystemTime::now());
        let (level, message) = (level.name(), serde_json::Value::from(message));
        self.line(&format!("{{\"time\":\"{time}\",\"level\":\"{level}\",\"message\":{message}}}\n"));
    }

    /// Appends a line, which ends in a line feed; drops it if too much is waiting.
    pub(super) fn line(&self, line: &str) {
        let mut queue = self.shared.lock();
        if queue.waiting.text.len() + line.len() > MAX_WAITING {
            self.shared.dropped.inc();
            return;
        }
        queue.waiting.text.extend_from_slice(line.as_bytes());
        queue.waiting.count += 1;
        let asleep = queue.writer == Writer::Sleeps;
        if asleep {
            queue.writer = Writer::Gathers; // the next line need not wake it again
        }
        drop(queue);
        if asleep {
            self.shared.work.notify_one();
        }
    }

    /// Waits until what has been logged is written, at most half a second.
    pub fn flush(&self) {
        let mut queue = self.shared.lock();
        queue.hurry = true;
        self.shared.work.notify_one();
        let pending = |queue: &mut Queue| queue.writer == Writer::Writes || queue.waiting.count > 0;
        // Running into the time limit only means that the reader is gone or asleep: the lines are lost either way.
        let _ = self.shared.done.wait_timeout_while(queue, LAST_WAIT, pending);
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.flush();
        self.shared.lock().closed = true;
        self.shared.work.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread's work, until the log is closed.
    fn write(&self, mut output: impl Write) {
        let mut taken = Lines::default();
        let mut queue = self.lock();
        loop {
            while queue.waiting.count == 0 {
                if queue.closed {
                    return;
                }
                queue.writer = Writer::Sleeps;
                queue = self.work.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
            std::mem::swap(&mut queue.waiting, &mut taken);
            queue.writer = Writer::Writes;
            queue.hurry = false;
            drop(queue);
            if output.write_all(&taken.text).and_then(|()| output.flush()).is_err() {
                self.dropped.add(taken.count);
            }
            taken.text.clear();
            taken.count = 0;
            queue = self.lock();
            queue.writer = Writer::Gathers;
            if queue.waiting.count == 0 {
                self.done.notify_all();
            }
            let gathered = self.work.wait_timeout_while(queue, GATHER, |queue| !queue.hurry && !queue.closed);
            queue = gathered.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Arc, Mutex};

    use super::{Level, Log, MAX_WAITING};
    use crate::telemetry::Metrics;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Takes nothing until it is allowed to.
    struct Stuck {
        begun: Sender<()>,
        allowed: Receiver<()>,
    }

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.begun.send(());
            let _ = self.allowed.recv();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_of_many_threads_are_whole_and_all_there_after_a_flush() {
        let (memory, metrics) = (Memory::default(), Metrics::new());
        let log = Log::new(memory.clone(), &metrics).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let log = &log;
                scope.spawn(move || (0..1_000).for_each(|n| log.line(&format!("{thread} {n}\n"))));
            }
        });
        log.flush();
        let text = String::from_utf8(memory.0.lock().unwrap().clone()).unwrap();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        let mut expected: Vec<_> = (0..4).flat_map(|t| (0..1_000).map(move |n| format!("{t} {n}"))).collect();
        expected.sort();
        assert_eq!(lines, expected);
        assert_eq!(metrics.log_lines_dropped.get(), 0);
    }

    #[test]
    fn a_log_that_is_dropped_writes_what_waits() {
        let memory = Memory::default();
        let log = Log::new(memory.clone(), &Metrics::new()).unwrap();
        log.event(Level::Error, "a \"quoted\"\nmessage");
        drop(log);
        let text = String::from_utf8(memory.0.lock().unwrap().clone()).unwrap();
        let event: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(event["message"], "a \"quoted\"\nmessage");
        assert_eq!(event["level"], "error");
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn a_reader_that_sleeps_costs_lines_and_not_memory() {
        let metrics = Metrics::new();
        let (begun, has_begun) = channel();
        let (allow, allowed) = channel();
        let log = Log::new(Stuck { begun, allowed }, &metrics).unwrap();
        log.line("first\n");
        has_begun.recv().unwrap(); // the first line is taken and stuck
        let line = format!("{}\n", "x".repeat(1023));
        (0..MAX_WAITING / 1024 + 7).for_each(|_| log.line(&line));
        assert_eq!(metrics.log_lines_dropped.get(), 7);
        assert_eq!(log.shared.lock().waiting.text.len(), MAX_WAITING);
        drop(allow);
    }
}
