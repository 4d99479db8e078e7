//! `isoforest-cluster sql` on one machine.

mod common;

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader, Read},
    process::Stdio,
    sync::Arc,
};

use common::{fail, model, program, rows, scratch, succeed, write_batch, write_parquet};
use datafusion::arrow::{
    array::{ArrayRef, DictionaryArray, Float64Array, Int32Array, RecordBatch},
    datatypes::{DataType, Field, Int32Type, Schema},
};
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

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let folder = scratch();
    let path = folder.path().join("rows.parquet");
    write_parquet(&path, rows(300_000, 1).view(), 50_000);
    let arguments = ["sql", "--input", path.to_str().unwrap(), "--format", "csv", "SELECT * FROM rows"];
    let mut job = program(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(job.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "mean,sd\n");
    let mut said = String::new();
    job.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(job.wait().unwrap().success() && said.is_empty(), "{said}");
}

#[test]
fn columns_of_csv_files_have_types_that_hold_the_cells_of_all_files() {
    let folder = scratch();
    let mut long = String::from("a,b,c\n");
    for i in 0..120_000 {
        writeln!(long, "{i},{i},").unwrap();
    }
    fs::write(folder.path().join("1.csv"), &long).unwrap();
    fs::write(folder.path().join("2.csv"), "a,b,c\n1.5,x,7\n").unwrap();
    let input = folder.path().join("*.csv");
    let query = "SELECT max(a) AS a, min(a) AS low, max(b) AS b, sum(c) AS c, count(*) AS n FROM rows";
    let said = succeed(["sql", "--input", input.to_str().unwrap(), "--format", "csv", query]);
    assert_eq!(said, "a,low,b,c,n\n119999.0,0.0,x,7,120001\n");

    // A cell that does not fit, behind those that were looked at.
    fs::write(folder.path().join("1.csv"), format!("{long}1.5,1,2\n")).unwrap();
    let said = fail(["sql", "--input", folder.path().join("1.csv").to_str().unwrap(), "SELECT sum(a) FROM rows"]);
    assert!(
        said.starts_with("cannot read the value '1.5' as type 'Int64' for column 0: the first 100,000 rows"),
        "{said}"
    );
}

#[test]
fn a_dictionary_of_numbers_is_scored_and_a_name_that_two_columns_have_is_refused() {
    let folder = scratch();
    let (model, forest) = model(folder.path(), 16);
    let numbers: ArrayRef = Arc::new(Float64Array::from(vec![0.5, -1.25]));
    let dictionary = DictionaryArray::<Int32Type>::try_new(Int32Array::from(vec![1, 0]), numbers).unwrap();
    let sd: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
    let path = folder.path().join("rows.parquet");
    let columns: [(&str, ArrayRef); 2] = [("mean", Arc::new(dictionary)), ("sd", Arc::clone(&sd))];
    write_batch(&path, &RecordBatch::try_from_iter(columns).unwrap(), 10);
    let (model, input) = (model.to_str().unwrap(), path.to_str().unwrap());
    let arguments = ["sql", "--model", model, "--input", input, "--format", "csv"];
    let said = succeed([&arguments[..], &["SELECT isoforest_score(mean, sd) AS score FROM rows"]].concat());
    let scores = forest.score_samples(isoforest::ndarray::array![[-1.25, 1.0], [0.5, 2.0]].view()).unwrap();
    let found: Vec<f64> = said.lines().skip(1).map(|line| line.parse().unwrap()).collect();
    assert_eq!(found, scores.to_vec());

    let fields = ["mean", "mean"].map(|name| Field::new(name, DataType::Float64, true));
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields.to_vec())), vec![Arc::clone(&sd), sd]).unwrap();
    write_batch(&path, &batch, 10);
    let said = fail([&arguments[..], &["SELECT 1 FROM rows"]].concat());
    assert!(said.contains("two columns are called \"mean\""), "{said}");
}
