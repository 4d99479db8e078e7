//! `isoforest-cluster sql` on one machine.

mod common;

use std::fs;

use common::{fail, model, rows, scratch, succeed, write_parquet};
use isoforest_cluster::model::Model;

#[test]
fn a_query_calls_the_scoring_function_by_its_short_and_by_its_full_name() {
    let folder = scratch();
    let (model, forest) = model(folder.path(), 16);
    let x = rows(1000, 1);
    let path = folder.path().join("rows.parquet");
    write_parquet(&path, x.view(), 100);
    let full = Model::read(&model, None).unwrap().function().to_owned();
    assert!(full.starts_with("isoforest_score_") && full.len() == 24);
    let query = format!("SELECT mean, isoforest_score(mean, sd) AS score FROM rows WHERE {full}(mean, sd) < -0.6");
    let (model, input) = (model.to_str().unwrap(), path.to_str().unwrap());
    let said = succeed(["sql", "--model", model, "--input", input, "--format", "csv", &query]);
    let scores = forest.score_samples(x.view()).unwrap();
    let mut found: Vec<(u64, u64)> = said
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(|cell| cell.parse::<f64>().unwrap().to_bits()).collect::<Vec<_>>())
        .map(|cells| (cells[0], cells[1]))
        .collect();
    let outliers = (0..1000).filter(|&i| scores[i] < -0.6);
    let mut expected: Vec<(u64, u64)> = outliers.map(|i| (x[[i, 0]].to_bits(), scores[i].to_bits())).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert!(!expected.is_empty() && expected.len() < 500);
    assert_eq!(found, expected);
    assert!(said.starts_with("mean,score\n"));
}

#[test]
fn wrong_arguments_are_errors_of_planning() {
    let folder = scratch();
    let (model, _) = model(folder.path(), 16);
    let path = folder.path().join("rows.csv");
    fs::write(&path, "user,mean,sd\na,1,2\nb,3,4\n").unwrap();
    let (model, input) = (model.to_str().unwrap(), path.to_str().unwrap());
    let ask = |query: &str| fail(["sql", "--model", model, "--input", input, query]);
    let said = ask("SELECT isoforest_score(mean) FROM rows");
    assert!(said.contains("expects the model's 2 features (mean, sd), found 1"), "{said}");
    let said = ask("SELECT isoforest_score(mean, \"user\") FROM rows");
    assert!(said.contains("expected a number for the feature \"sd\""), "{said}");
    let said = ask("SELECT isoforest_score(mean, other) FROM rows");
    assert!(said.contains("other"), "{said}");
    let said = ask("SELECT isoforest_score_00000000(mean, sd) FROM rows");
    assert!(said.contains("isoforest_score_00000000"), "{said}");
    let table = succeed(["sql", "--model", model, "--input", input, "SELECT count(*) AS n FROM rows"]);
    assert!(table.contains("| 2 |"), "{table}");
}
