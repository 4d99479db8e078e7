//! A scheduler and two executors as real processes: the same results, and what happens when one of them is lost.

mod common;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::{Mutex, PoisonError},
};

use common::{
    Scored, checksum, damage, expected, fail, left_beside, manifest, model, one_line_of_failure,
    processes::{Cluster, Gate, free_port, parts_so_far, send, wait_for},
    program, rows, run, scores, scratch, succeed, write_parquet,
};
use isoforest::ndarray::Axis;
use tempfile::TempDir;

const ROWS: usize = 10_000_000;
const FILES: usize = 4;
const PARTS: &str = "40";

/// One at a time: each takes the whole machine.
static TURN: Mutex<()> = Mutex::new(());

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

#[test]
fn two_executors_give_the_results_of_one_process_and_a_lost_one_changes_nothing() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let data = Data::new();

    succeed(data.arguments(None));
    data.check();
    let here = data.shared().join("here");
    fs::rename(data.output(), &here).unwrap();

    // Both executors work, and every part is the very file that one process writes.
    let mut cluster = Cluster::start(data.folder.path(), &[&data.model, &data.model]);
    succeed(data.arguments(Some(&cluster.address())));
    for part in manifest(&data.output()).parts {
        assert!(
            fs::read(here.join(&part.file)).unwrap() == fs::read(data.output().join(&part.file)).unwrap(),
            "{part:?}"
        );
    }
    fs::remove_dir_all(&here).unwrap();
    data.check();
    let worked: Vec<f64> = cluster.executors.iter().map(|one| one.metric("isoforest_executor_rows_total")).collect();
    assert_eq!(worked.iter().sum::<f64>(), ROWS as f64);
    assert!(worked.iter().all(|&rows| rows > 0.0), "{worked:?}");
    assert_eq!(cluster.scheduler.metric("job_completed_total"), 1.0);
    fs::remove_dir_all(data.output()).unwrap();

    // One executor is killed in the middle.
    let mut job = data.start(&cluster);
    cluster.executors[0].kill();
    assert!(job.try_wait().unwrap().is_none(), "the job was over before an executor was killed");
    let ended = job.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    data.check();
    fs::remove_dir_all(data.output()).unwrap();

    // What is left of the cluster works on, and ends when it is told to.
    succeed(data.arguments(Some(&cluster.address())));
    data.check();
    assert_eq!(cluster.executors[1].terminate(), Some(0));
    assert_eq!(cluster.scheduler.terminate(), Some(0));
}

#[test]
fn a_lost_scheduler_is_a_clear_error_and_leaves_no_output() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let data = Data::new();
    let mut cluster = Cluster::start(data.folder.path(), &[&data.model, &data.model]);
    let job = data.start(&cluster);
    cluster.scheduler.kill();
    let said = one_line_of_failure(&job.wait_with_output().unwrap());
    assert!(said.starts_with(&format!("lost the scheduler at {}", cluster.address())), "{said}");
    assert!(said.contains("the job has no result, run it again"), "{said}");
    assert!(!data.output().exists());
    wait_for("executors to give up", || left_beside(&data.shared(), &[]).is_empty());
    // The executors live on and work for the next scheduler.
    wait_for("the executors to notice", || cluster.executors.iter().all(|one| one.get("/readyz").is_none()));
    wait_for("the executors to start again", || cluster.executors.iter().all(|one| one.get("/healthz").is_some()));
    cluster.start_scheduler(data.folder.path(), &data.model);
    succeed(data.arguments(Some(&cluster.address())));
    data.check();
    fs::remove_dir_all(data.output()).unwrap();

    // One that is back at once knows nothing of the job.
    let job = data.start(&cluster);
    cluster.scheduler.kill();
    cluster.start_scheduler(data.folder.path(), &data.model);
    let said = one_line_of_failure(&job.wait_with_output().unwrap());
    assert!(said.contains("lost the scheduler") && said.contains("it does not know the job"), "{said}");
    assert!(left_beside(&data.shared(), &[]).is_empty());
}

#[test]
fn messages_that_the_network_swallows_are_not_waited_for() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = scratch();
    let (model, forest) = model(folder.path(), 16);
    let all = rows(4_000_000, 5);
    write_parquet(&folder.path().join("rows.parquet"), all.view(), 20_000);
    let shared = folder.path().join("shared");
    fs::create_dir(&shared).unwrap();
    let mut gate = None;
    let cluster = Cluster::start_behind(folder.path(), &[&model, &model], |port| gate.insert(Gate::to(port)).port);
    let gate = gate.unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (input, output) = (text(&folder.path().join("rows.parquet")), text(&shared.join("scored")));
    let score = ["score", "--model", &text(&model), "--input", &input, "--output", &output, "--partitions", "200"];
    let mut job = program(score).args(["--scheduler", &cluster.address()]).stderr(Stdio::piped()).spawn().unwrap();
    for parts in [5, 40, 80, 120, 160] {
        wait_for("parts", || job.try_wait().unwrap().is_some() || parts_so_far(&shared) >= parts);
        assert!(job.try_wait().unwrap().is_none(), "the job ended before the network failed");
        gate.swallow_an_answer();
    }
    wait_for("the job", || job.try_wait().unwrap().is_some());
    let ended = job.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert!(scores(Path::new(&output)) == expected(&forest.with_n_jobs(-1), all.view()));
    assert_eq!(left_beside(&shared, &["scored"]), [""; 0]);
    assert!(cluster.executors.iter().any(|one| one.said().contains("starting again under a new name")));
}

#[test]
fn an_executor_that_is_told_to_end_leaves_its_work_to_the_others_and_an_interrupted_job_is_cancelled() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let data = Data::new();
    let mut cluster = Cluster::start(data.folder.path(), &[&data.model, &data.model]);
    let mut job = data.start(&cluster);
    assert_eq!(cluster.executors[1].terminate(), Some(0));
    assert!(job.try_wait().unwrap().is_none(), "the job was over before an executor was told to end");
    let ended = job.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    data.check();
    fs::remove_dir_all(data.output()).unwrap();

    let job = data.start(&cluster);
    send("INT", &job);
    assert_eq!(one_line_of_failure(&job.wait_with_output().unwrap()), "interrupted");
    wait_for("the job to be cancelled", || cluster.scheduler.metric("job_cancelled_total") > 0.0);
    assert!(left_beside(&data.shared(), &[]).is_empty());
}

#[test]
fn csv_is_scored_on_the_cluster_as_here_and_an_error_names_file_line_and_column() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = scratch();
    let (model, forest) = model(folder.path(), 16);
    let all = rows(300_000, 9);
    let mut lines = vec!["user,sd,mean".to_owned()];
    lines.extend(all.rows().into_iter().enumerate().map(|(i, row)| format!("u{i},{},{}", row[1], row[0])));
    let input = folder.path().join("rows.csv");
    fs::write(&input, lines.join("\n")).unwrap();
    let cluster = Cluster::start(folder.path(), &[&model, &model]);
    let (output, address) = (folder.path().join("scored"), cluster.address());
    let (model, path) = (model.to_str().unwrap(), input.to_str().unwrap());
    let score = ["score", "--model", model, "--input", path, "--keep", "user", "--partitions", "3"];
    let score = [&score[..], &["--output", output.to_str().unwrap(), "--scheduler", &address]].concat();
    succeed(score.clone());
    assert!(scores(&output) == expected(&forest.with_n_jobs(-1), all.view()));
    assert_eq!(manifest(&output).parts.len(), 3);
    fs::remove_dir_all(&output).unwrap();

    lines[200_000] = "u199999,\"1\"\"\",2".to_owned();
    fs::write(&input, lines.join("\n")).unwrap();
    let said = fail(score);
    let place = "rows.csv, line 200001, column 2 (\"sd\")";
    let expected = format!("{place}: expected a number, or nothing for a missing value, found \"1\\\"\"");
    assert!(said.starts_with(folder.path().to_str().unwrap()) && said.ends_with(&expected), "{said}");
}

#[test]
fn a_stale_model_on_one_executor_is_a_clear_error() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = scratch();
    let (good, _) = model(folder.path(), 16);
    let (stale, _) = model(folder.path(), 17);
    let input = folder.path().join("rows.parquet");
    write_parquet(&input, rows(100_000, 1).view(), 1000);
    let cluster = Cluster::start(folder.path(), &[&good, &stale]);
    let address = cluster.address();
    let output = folder.path().join("scored");
    let (good, input, output) = (good.to_str().unwrap(), input.to_str().unwrap(), output.to_str().unwrap());
    let score = ["score", "--model", good, "--input", input, "--output", output, "--partitions", "100"];
    let said = fail([&score[..], &["--scheduler", &address]].concat());
    assert!(said.contains("stale model: this job scores with the model"), "{said}");
    assert!(said.contains("give all of them the same file"), "{said}");
    assert!(!Path::new(output).exists());

    // A client with another model than the scheduler's.
    let stale = stale.to_str().unwrap();
    let score = ["score", "--model", stale, "--input", input, "--output", output];
    let said = fail([&score[..], &["--scheduler", &address]].concat());
    assert!(said.starts_with("stale model: this job scores with the model"), "{said}");
}

#[test]
fn what_one_executor_cannot_write_another_one_writes_and_if_none_can_the_reason_is_said() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = scratch();
    let (model, forest) = model(folder.path(), 16);
    let x = rows(1_000_000, 3);
    let input = folder.path().join("rows.parquet");
    write_parquet(&input, x.view(), 50_000);
    let mut cluster = Cluster::without_executors(folder.path(), &model);
    cluster.add_executor_on_a_small_disk(folder.path(), &model);
    let address = cluster.address();
    let output = folder.path().join("scored");
    let (good, input, path) = (model.to_str().unwrap(), input.to_str().unwrap(), output.to_str().unwrap());
    let score = ["score", "--model", good, "--input", input, "--output", path, "--partitions", "20"];
    let score = [&score[..], &["--scheduler", &address]].concat();
    let ended = run(&score);
    let said = String::from_utf8_lossy(&ended.stderr);
    let last = said.lines().last().unwrap_or_default();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(
        last.starts_with("error: cannot write ") && last.ends_with(".parquet: File too large (os error 27)"),
        "{said}"
    );
    assert!(!output.exists());

    cluster.add_executor(folder.path(), &model);
    let failures = |cluster: &Cluster| cluster.executors[0].said().matches("File too large").count();
    let before = failures(&cluster);
    succeed(&score);
    assert_eq!(scores(&output), expected(&forest.with_n_jobs(-1), x.view()));
    assert!(failures(&cluster) > before, "the executor that cannot write was not asked to");
}

#[test]
fn a_damaged_file_is_named() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = scratch();
    let (model, _) = model(folder.path(), 16);
    for i in 0..4 {
        write_parquet(&folder.path().join(format!("{i}.parquet")), rows(20_000, i).view(), 30_000);
    }
    let damaged = folder.path().join("2.parquet");
    damage(&damaged);
    let cluster = Cluster::start(folder.path(), &[&model]);
    let (input, output) = (folder.path().join("*.parquet"), folder.path().join("scored"));
    let (model, input, output) = (model.to_str().unwrap(), input.to_str().unwrap(), output.to_str().unwrap());
    let score = ["score", "--model", model, "--input", input, "--output", output, "--partitions", "4"];
    let said = fail([&score[..], &["--scheduler", &cluster.address()]].concat());
    assert!(said.starts_with(&format!("{}: cannot read the rows: ", damaged.display())), "{said}");
    assert!(!Path::new(output).exists());
}

#[test]
fn queries_run_on_the_cluster() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = scratch();
    let (model, _) = model(folder.path(), 16);
    for i in 0..3 {
        write_parquet(&folder.path().join(format!("{i}.parquet")), rows(20_000, i).view(), 3000);
    }
    let cluster = Cluster::start(folder.path(), &[&model, &model]);
    let address = cluster.address();
    let input = folder.path().join("*.parquet");
    let (model, input) = (model.to_str().unwrap(), input.to_str().unwrap());
    for query in [
        "SELECT count(*) AS n, count(DISTINCT mean) AS d, min(isoforest_score(mean, sd)) AS low FROM rows",
        "SELECT mean, sd, isoforest_score(mean, sd) AS score FROM rows ORDER BY score, mean LIMIT 20",
        "SELECT isoforest_score(mean, sd) < -0.6 AS low, count(*) AS n FROM rows GROUP BY low ORDER BY low",
        "SELECT count(*) AS n FROM rows a JOIN rows b ON a.mean = b.mean AND a.sd = b.sd",
        "SELECT count(*) AS n FROM (SELECT isoforest_score(mean, sd) AS score FROM rows) WHERE score >= -1",
        "SELECT 1 AS one",
    ] {
        let arguments = ["sql", "--model", model, "--input", input, "--format", "csv"];
        let here = succeed([&arguments[..], &[query]].concat());
        let there = succeed([&arguments[..], &["--scheduler", &address, query]].concat());
        assert!(here.lines().count() > 1);
        assert_eq!(here, there);
    }
}

#[test]
fn a_cluster_without_executors_is_said_and_the_job_begins_when_one_comes() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = scratch();
    let (model, _) = model(folder.path(), 16);
    let input = folder.path().join("rows.parquet");
    write_parquet(&input, rows(1000, 1).view(), 1000);
    let mut cluster = Cluster::without_executors(folder.path(), &model);
    let output = folder.path().join("scored");
    let (path, input, output) = (model.to_str().unwrap(), input.to_str().unwrap(), output.to_str().unwrap());
    let score = ["score", "--model", path, "--input", input, "--output", output, "--scheduler", &cluster.address()];
    let mut job = program(score).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(job.stderr.as_mut().unwrap()).read_line(&mut said).unwrap();
    assert!(said.starts_with("no part is complete after 20 s; http://127.0.0.1:"), "{said}");
    cluster.add_executor(folder.path(), &model);
    assert!(job.wait().unwrap().success());
    assert_eq!(manifest(Path::new(output)).rows, 1000);
}

#[test]
fn a_port_that_is_taken_is_said() {
    let folder = scratch();
    let (model, _) = model(folder.path(), 16);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (model, page) = (model.to_str().unwrap(), free_port().to_string());
    let nobody = format!("127.0.0.1:{}", free_port());
    for (command, what) in [
        (vec!["scheduler", "--port", &port], "jobs and executors"),
        (vec!["executor", "--scheduler", &nobody, "--page-port", &page, "--port", &port], "intermediate results"),
        (vec!["executor", "--scheduler", &nobody, "--page-port", &port, "--port", &page], "health and metrics"),
    ] {
        let ended = program(command).args(["--model", model]).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        let last = said.lines().last().unwrap_or_default();
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(
            last.starts_with("error: ") && last.contains(&format!("cannot listen on 127.0.0.1:{port} ({what})")),
            "{said}"
        );
    }
}

#[test]
fn a_scheduler_that_is_not_there_is_said_at_once() {
    let folder = scratch();
    let (model, _) = model(folder.path(), 16);
    let input = folder.path().join("rows.parquet");
    write_parquet(&input, rows(10, 1).view(), 10);
    let address = format!("df://127.0.0.1:{}", free_port());
    let output = folder.path().join("scored");
    let (model, input, output) = (model.to_str().unwrap(), input.to_str().unwrap(), output.to_str().unwrap());
    let said = fail(["score", "--model", model, "--input", input, "--output", output, "--scheduler", &address]);
    assert!(said.contains(&format!("no scheduler answers at {address}")), "{said}");
    let query = ["sql", "--model", model, "--input", input, "--scheduler", &address, "SELECT count(*) FROM rows"];
    let said = fail(query);
    assert!(said.contains(&format!("no scheduler answers at {address}")), "{said}");
}
