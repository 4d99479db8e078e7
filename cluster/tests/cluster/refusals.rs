//! What is said where a job or a process cannot do its work.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use crate::common::processes::{Cluster, free_port};
use crate::common::{damage, fail, manifest, model, program, rows, scratch, write_parquet};
use crate::turn;

#[test]
fn a_stale_model_on_one_executor_is_a_clear_error() {
    let _turn = turn();
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
fn a_damaged_file_is_named() {
    let _turn = turn();
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
fn a_cluster_without_executors_is_said_and_the_job_begins_when_one_comes() {
    let _turn = turn();
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
    let executor = ["executor", "--model", model, "--scheduler", &nobody, "--port", &page, "--page-port", &page];
    assert_eq!(fail(executor), format!("--port and --page-port are both {page}; expected two ports"));
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
