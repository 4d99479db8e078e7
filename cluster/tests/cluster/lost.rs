//! What is lost on the way changes nothing, or is a clear error.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use isoforest_cluster::input::{Input, Keep, Wanted, group};
use isoforest_cluster::model::Model;
use isoforest_cluster::{cluster, engine, plan};

use crate::common::processes::{Cluster, Gate, parts_so_far, send, wait_for};
use crate::common::{
    expected, left_beside, manifest, model, one_line_of_failure, program, rows, run, scores, scratch, succeed,
    write_parquet,
};
use crate::{Data, ROWS, turn};

#[test]
fn two_executors_give_the_results_of_one_process_and_a_lost_one_changes_nothing() {
    let _turn = turn();
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
    data.finish(job);
    fs::remove_dir_all(data.output()).unwrap();

    // What is left of the cluster works on, and ends when it is told to.
    succeed(data.arguments(Some(&cluster.address())));
    data.check();
    assert_eq!(cluster.executors[1].terminate(), Some(0));
    assert_eq!(cluster.scheduler.terminate(), Some(0));
}

#[test]
fn a_lost_scheduler_is_a_clear_error_and_leaves_no_output() {
    let _turn = turn();
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
    let _turn = turn();
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
    let _turn = turn();
    let data = Data::new();
    let mut cluster = Cluster::start(data.folder.path(), &[&data.model, &data.model]);
    let mut job = data.start(&cluster);
    assert_eq!(cluster.executors[1].terminate(), Some(0));
    assert!(job.try_wait().unwrap().is_none(), "the job was over before an executor was told to end");
    data.finish(job);
    fs::remove_dir_all(data.output()).unwrap();

    let job = data.start(&cluster);
    send("INT", &job);
    assert_eq!(one_line_of_failure(&job.wait_with_output().unwrap()), "interrupted");
    wait_for("the job to be cancelled", || cluster.scheduler.metric("job_cancelled_total") > 0.0);
    assert!(left_beside(&data.shared(), &[]).is_empty());
}

#[test]
fn what_one_executor_cannot_write_another_one_writes_and_if_none_can_the_reason_is_said() {
    let _turn = turn();
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
    let times = |cluster: &Cluster, words: &str| cluster.executors[0].said().matches(words).count();
    // It may still be at a part of the job that failed, and the other one is quick.
    wait_for("the first executor to be free", || times(&cluster, "Received task") == times(&cluster, "Finished task"));
    let failures = |cluster: &Cluster| times(cluster, "File too large");
    let before = failures(&cluster);
    succeed(&score);
    assert_eq!(scores(&output), expected(&forest.with_n_jobs(-1), x.view()));
    assert!(failures(&cluster) > before, "the executor that cannot write was not asked to");
}

#[tokio::test]
async fn a_job_whose_files_are_all_there_is_over_also_if_nobody_says_so() {
    let folder = scratch();
    let (path, _) = model(folder.path(), 16);
    let input = folder.path().join("rows.parquet");
    write_parquet(&input, rows(1000, 1).view(), 1000);
    // Nobody is there to do the job, let alone to say that it is done.
    let processes = Cluster::without_executors(folder.path(), &path);
    let model = Arc::new(Model::read(&path, None).unwrap());
    let cluster = cluster::Cluster::new("127.0.0.1".to_owned(), processes.scheduler.page, Some(Arc::clone(&model)));
    let context = engine::session(1, Some(&model));
    let wanted = Wanted { features: Some(model.forest().feature_names()), keep: &Keep::Nothing };
    let input = Input::open(&context, &[input.to_str().unwrap().to_owned()], &wanted).await.unwrap();
    let groups = vec![group(&input.pieces, 0)];
    let plan = plan::write_scores(&context.state(), &input, &model, groups, folder.path()).unwrap();
    let glances = AtomicUsize::new(0);
    // Not there, there, gone again, and then there for good.
    let glance = || !matches!(glances.fetch_add(1, Ordering::SeqCst), 0 | 10);
    let ended = tokio::time::timeout(Duration::from_mins(2), cluster.run(&plan, glance)).await;
    ended.expect("waited in vain for the end").unwrap();
    // It was not over at the first glance that found all of them.
    assert!(glances.load(Ordering::SeqCst) > 20);
    wait_for("the job to be cancelled", || processes.scheduler.metric("job_cancelled_total") > 0.0);
}
