//! What is refused or warned of before anything runs.

use std::fs;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float32Array, RecordBatch, StringArray};
use isoforest::ndarray::Array2;

use crate::common::{
    expected, fail, left_beside, model, rows, run, scores, scratch, succeed, write_batch, write_parquet,
};
use crate::score;

#[test]
fn a_wrong_column_is_an_error_before_anything_runs() {
    let folder = scratch();
    let (model, _) = model(folder.path(), 16);
    let good = folder.path().join("1.parquet");
    write_parquet(&good, rows(10, 1).view(), 10);
    let text: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
    let number: ArrayRef = Arc::new(Float32Array::from(vec![1.0]));
    let bad = folder.path().join("2.parquet");
    let all = folder.path().join("*.parquet");
    let output = folder.path().join("out");

    write_batch(&bad, &RecordBatch::try_from_iter([("mean", number.clone())]).unwrap(), 10);
    let said = fail(score(&model, all.to_str().unwrap(), &output, &[]));
    assert!(said.contains("2.parquet") && said.contains("the column \"sd\" is missing; found mean"), "{said}");

    write_batch(&bad, &RecordBatch::try_from_iter([("mean", number.clone()), ("sd", text)]).unwrap(), 10);
    let said = fail(score(&model, all.to_str().unwrap(), &output, &[]));
    assert!(said.contains("2.parquet") && said.contains("\"sd\" holds no numbers: its type is Utf8"), "{said}");

    let csv = folder.path().join("1.csv");
    fs::write(&csv, "mean,sd\n1,2\n3,abc\n").unwrap();
    let said = fail(score(&model, csv.to_str().unwrap(), &output, &[]));
    assert!(said.contains("1.csv, line 3, column 2 (\"sd\")") && said.contains("found \"abc\""), "{said}");

    fs::write(&csv, "mean\n1\n").unwrap();
    let said = fail(score(&model, csv.to_str().unwrap(), &output, &[]));
    assert!(said.contains("the column \"sd\" is missing"), "{said}");

    let said = fail(score(&model, folder.path().join("1.*").to_str().unwrap(), &output, &[]));
    assert!(said.contains("expected one format"), "{said}");
    let said = fail(score(&model, good.to_str().unwrap(), &output, &["--keep", "name"]));
    assert!(said.contains("the column \"name\" is missing"), "{said}");
    let said = fail(score(&model, folder.path().join("none/*.csv").to_str().unwrap(), &output, &[]));
    assert!(said.contains("found no CSV or Parquet file"), "{said}");
    let said = fail(score(&model, "s3://bucket/rows.parquet", &output, &[]));
    assert_eq!(
        said,
        "s3://bucket/rows.parquet: only files are read; mount a bucket as a folder, and give the path there"
    );
    assert_eq!(left_beside(folder.path(), &["1.csv", "1.parquet", "2.parquet", "model-16.json"]), [""; 0]);
}

#[test]
fn another_model_than_asked_for_is_refused() {
    let folder = scratch();
    let (model, _) = model(folder.path(), 16);
    let path = folder.path().join("rows.parquet");
    write_parquet(&path, rows(10, 5).view(), 100);
    let output = folder.path().join("out");
    let said = fail(score(&model, path.to_str().unwrap(), &output, &["--model-sha256", &"0".repeat(64)]));
    assert!(said.contains("is not the expected one: its SHA-256 is"), "{said}");
    fs::write(&model, "{}").unwrap();
    assert!(fail(score(&model, path.to_str().unwrap(), &output, &[])).contains("not a model file"));
}

#[test]
fn files_without_rows_beside_others_count_for_nothing() {
    let folder = scratch();
    let (model, forest) = model(folder.path(), 16);
    let x = rows(100, 9);
    write_parquet(&folder.path().join("a.parquet"), Array2::zeros((0, 2)).view(), 100);
    write_parquet(&folder.path().join("b.parquet"), x.view(), 30);
    let output = folder.path().join("out");
    // A folder means the data files in it, not the model.
    succeed(score(&model, &format!("{}/", folder.path().display()), &output, &[]));
    assert_eq!(scores(&output), expected(&forest, x.view()));
    let said = fail(score(&model, folder.path().join("a.parquet").to_str().unwrap(), &folder.path().join("o"), &[]));
    assert!(said.contains("there are no rows"), "{said}");
}

#[test]
fn what_is_passed_over_is_said() {
    let folder = scratch();
    let (model, forest) = model(folder.path(), 16);
    let x = rows(100, 9);
    let data = folder.path().join("data");
    for within in ["data/2024", "data/2025/1", "data/.scored.partial-1", "data/year=2024"] {
        fs::create_dir_all(folder.path().join(within)).unwrap();
        write_parquet(&folder.path().join(within).join("b.parquet"), x.view(), 100);
    }
    write_parquet(&data.join("a.parquet"), x.view(), 100);
    fs::write(data.join("c.csv"), "").unwrap();
    fs::write(data.join("README.txt"), "text").unwrap();
    let output = folder.path().join("out");
    let input = format!("{}/", data.display());
    let ended = run(score(&model, &input, &output, &[]));
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.success(), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    let file = |name: &str| data.join(name).display().to_string();
    assert_eq!(lines.len(), 3, "{said}");
    let below = file("2024/b.parquet");
    assert_eq!(
        lines[0],
        format!("warning: {input}: 2 files in folders within it are passed over; the first is {below}")
    );
    assert_eq!(lines[1], format!("warning: {input}: 1 empty file is passed over: {}", file("c.csv")));
    // Folders such as year=2024 are how some engines divide a table.
    let twice: Vec<_> = [expected(&forest, x.view()), expected(&forest, x.view())].concat();
    assert_eq!(scores(&output), twice);
}
