//! A scheduler and two executors as real processes: the same results, and what happens when one of them is lost.

#[path = "../common/mod.rs"]
mod common;

/// CSV and queries: as in one process.
mod jobs;
/// What is lost on the way changes nothing, or is a clear error.
mod lost;
/// What is said where a job or a process cannot do its work.
mod refusals;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use isoforest::ndarray::Axis;
use tempfile::TempDir;

use crate::common::processes::{Cluster, parts_so_far, wait_for};
use crate::common::{
    Scored, checksum, expected, left_beside, manifest, model, program, rows, scores, scratch, write_parquet,
};

const ROWS: usize = 10_000_000;
const FILES: usize = 4;
const PARTS: &str = "40";

/// One at a time: each takes the whole machine.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ten million rows in four files, a model, and the scores that they must get.
struct Data {
    folder: TempDir,
    model: PathBuf,
    count: usize,
    checksum: u64,
}

impl Data {
    fn new() -> Self {
        let folder = scratch();
        let (model, forest) = model(folder.path(), 16);
        fs::create_dir(folder.path().join("in")).unwrap();
        fs::create_dir(folder.path().join("shared")).unwrap();
        let all = rows(ROWS, 11);
        for (i, part) in all.axis_chunks_iter(Axis(0), ROWS / FILES).enumerate() {
            write_parquet(&folder.path().join(format!("in/{i}.parquet")), part, 50_000);
        }
        let scores: Vec<Scored> = expected(&forest.with_n_jobs(-1), all.view());
        Self { model, count: scores.len(), checksum: checksum(&scores), folder }
    }

    fn shared(&self) -> PathBuf {
        self.folder.path().join("shared")
    }

    fn output(&self) -> PathBuf {
        self.shared().join("scored")
    }

    fn arguments(&self, scheduler: Option<&str>) -> Vec<String> {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let input = self.folder.path().join("in/*.parquet");
        let mut arguments = vec!["score".to_owned(), "--model".to_owned(), text(&self.model)];
        arguments.extend(["--input".to_owned(), text(&input), "--output".to_owned(), text(&self.output())]);
        arguments.extend(["--partitions".to_owned(), PARTS.to_owned()]);
        arguments.extend(scheduler.iter().flat_map(|address| ["--scheduler".to_owned(), (*address).to_owned()]));
        arguments
    }

    /// Starts the job and waits until some parts of it are complete.
    fn start(&self, cluster: &Cluster) -> Child {
        let mut command = program(self.arguments(Some(&cluster.address())));
        let mut job = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for("some parts", || {
            assert!(job.try_wait().unwrap().is_none(), "the job ended before anything could happen to it");
            parts_so_far(&self.shared()) >= 3
        });
        job
    }

    /// Waits for the job, which must end well.
    fn finish(&self, job: Child) {
        let ended = job.wait_with_output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        self.check();
    }

    /// The output has every row once, and there is nothing else.
    fn check(&self) {
        let found = scores(&self.output());
        assert_eq!(found.len(), self.count);
        assert_eq!(checksum(&found), self.checksum);
        assert_eq!(manifest(&self.output()).rows, ROWS as u64);
        assert_eq!(left_beside(&self.shared(), &["scored"]), [""; 0]);
        let files = fs::read_dir(self.output()).unwrap().count();
        assert_eq!(files, manifest(&self.output()).parts.len() + 1, "the parts and the manifest");
    }
}
