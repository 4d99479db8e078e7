//! CSV and queries: as in one process.

use std::fs;
use std::process::Stdio;

use crate::common::processes::{Cluster, send, wait_for};
use crate::common::{
    expected, fail, manifest, model, one_line_of_failure, program, rows, scores, scratch, succeed, write_parquet,
};
use crate::turn;

#[test]
fn csv_is_scored_on_the_cluster_as_here_and_an_error_names_file_line_and_column() {
    let _turn = turn();
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
fn queries_run_on_the_cluster() {
    let _turn = turn();
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
fn an_interrupted_query_is_cancelled() {
    let _turn = turn();
    let folder = scratch();
    let (model, _) = model(folder.path(), 16);
    let input = folder.path().join("rows.parquet");
    write_parquet(&input, rows(100_000, 1).view(), 10_000);
    let cluster = Cluster::start(folder.path(), &[&model]);
    let address = cluster.address();
    // Longer than any test waits: ten billion pairs.
    let query = "SELECT count(*) AS n FROM rows a JOIN rows b ON a.mean < b.sd";
    let arguments = ["sql", "--input", input.to_str().unwrap(), "--scheduler", &address, query];
    let query = program(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("the query to be taken", || cluster.scheduler.metric("job_submitted_total") > 0.0);
    send("INT", &query);
    assert_eq!(one_line_of_failure(&query.wait_with_output().unwrap()), "interrupted");
    wait_for("the query to be cancelled", || cluster.scheduler.metric("job_cancelled_total") > 0.0);
}
