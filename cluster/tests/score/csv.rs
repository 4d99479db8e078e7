//! CSV: the rules of `isoforest`, wherever the file is cut.

use std::fmt::Write as _;
use std::fs;

use datafusion::arrow::array::AsArray;
use isoforest::data::{CsvBlocks, read_csv_expecting};
use isoforest::ndarray::{Array2, array};

use crate::common::{NAMES, batches, expected, fail, left_beside, manifest, model, rows, scores, scratch, succeed};
use crate::{planned, run_plan, score};

#[test]
fn csv_is_read_by_the_rules_of_the_command_line_isoforest() {
    let folder = scratch();
    let (model, forest) = model(folder.path(), 16);
    let text = "user,sd,mean\na, 1.5 ,0.1\nb,,-0.2\n\"c,d\",NaN,1e-3\ne,-7,\"2.5\"\nf,1e-400,0.30000000000000004\n";
    let path = folder.path().join("users.csv");
    fs::write(&path, text).unwrap();
    let output = folder.path().join("out");
    succeed(score(&model, path.to_str().unwrap(), &output, &["--keep", "user,mean"]));

    let numbers = "sd,mean\n 1.5 ,0.1\n,-0.2\nNaN,1e-3\n-7,\"2.5\"\n1e-400,0.30000000000000004\n";
    let mut blocks = CsvBlocks::new(numbers.as_bytes(), "", 10).unwrap().expecting(&["mean", "sd"]).unwrap();
    let x = blocks.next().unwrap().unwrap();
    assert_eq!(scores(&output), expected(&forest, x.view()));
    let kept = batches(&output).remove(0);
    let users: Vec<_> = kept.column_by_name("user").unwrap().as_string::<i32>().iter().flatten().collect();
    assert_eq!(users, ["a", "b", "c,d", "e", "f"]);
    assert_eq!(kept.schema().field(1).name(), "mean");
    assert_eq!(
        kept.column(1).as_primitive::<datafusion::arrow::datatypes::Float64Type>().values(),
        &x.column(0).to_vec()
    );
}

#[test]
fn csv_that_isoforest_refuses_is_refused_with_its_words_whatever_the_parts() {
    let folder = scratch();
    let (model, _) = model(folder.path(), 16);
    // Behind what is looked at before the job, and over several pieces.
    let good = "0.1,0.2\n".repeat(1_200_000);
    let path = folder.path().join("rows.csv");
    for wrong in [
        "1,2\n\n3,4\n",
        "1,2\n \t\n3,4\n",
        "1,\"2\n3,4\n",
        "\"1\n\",2\n",
        "1,2,3\n",
        "1\n",
        "1,2\rx\n",
        "1,inf\n",
        "1,0x1\n",
        "1;2\n",
    ] {
        for text in [
            format!("mean,sd\n{wrong}{good}"),
            format!("mean,sd\n{good}{wrong}"),
            format!("mean,sd\n{good}{wrong}{good}"),
        ] {
            fs::write(&path, text).unwrap();
            let expected = read_csv_expecting(&path, &NAMES).unwrap_err().to_string();
            for parts in ["1", "3"] {
                let said =
                    fail(score(&model, path.to_str().unwrap(), &folder.path().join("out"), &["--partitions", parts]));
                assert_eq!(said, expected);
            }
        }
    }
    assert_eq!(left_beside(folder.path(), &["rows.csv", "model-16.json"]), [""; 0]);
}

#[test]
fn blank_lines_at_the_end_and_other_orders_of_columns_change_nothing() {
    let folder = scratch();
    let (model, forest) = model(folder.path(), 16);
    fs::write(folder.path().join("1.csv"), "mean,sd\r\n1,2\r\n\r\n  \r\n").unwrap();
    fs::write(folder.path().join("2.csv"), "\u{feff}sd,note,mean\n4,,\n6, a \"\"b ,5").unwrap();
    fs::write(folder.path().join("3.csv"), "sd,mean\n\n").unwrap();
    let output = folder.path().join("out");
    succeed(score(&model, folder.path().join("*.csv").to_str().unwrap(), &output, &[]));
    let x = array![[1.0, 2.0], [f64::NAN, 4.0], [5.0, 6.0]];
    assert_eq!(scores(&output), expected(&forest, x.view()));
}

#[test]
fn a_first_row_longer_than_what_is_looked_at_is_scored() {
    let folder = scratch();
    let (model, forest) = model(folder.path(), 16);
    let path = folder.path().join("wide.csv");
    fs::write(&path, format!("mean,sd,note\n1,2,{}\n3,4,\n", "x".repeat(300_000))).unwrap();
    let output = folder.path().join("out");
    succeed(score(&model, path.to_str().unwrap(), &output, &[]));
    let rows = isoforest::ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]);
    assert_eq!(scores(&output), expected(&forest, rows.view()));
}

#[test]
fn a_large_csv_file_is_cut_anywhere_and_no_row_is_lost_or_doubled() {
    let folder = scratch();
    let (model, forest) = model(folder.path(), 16);
    let all = rows(1_800_000, 3);
    let mut text = String::from("mean,sd\n");
    for row in all.rows() {
        writeln!(text, "{},{}", row[0], row[1]).unwrap();
    }
    assert!(text.len() > 64 << 20);
    let path = folder.path().join("rows.csv");
    fs::write(&path, text).unwrap();
    let output = folder.path().join("out");
    succeed(score(&model, path.to_str().unwrap(), &output, &["--partitions", "3"]));
    assert_eq!(manifest(&output).parts.len(), 3);
    assert!(scores(&output) == expected(&forest, all.view()));
}

#[test]
fn an_error_in_the_middle_names_column_and_value_and_leaves_nothing() {
    let folder = scratch();
    let (model, _) = model(folder.path(), 16);
    let mut text = String::from("mean,sd\n");
    for i in 0..100_000 {
        writeln!(text, "{i},1").unwrap();
    }
    for (cell, expected) in [
        ("oops", "found \"oops\""),
        ("1e999", "expected a finite number, found \"1e999\""),
        ("1e39", "within the range of f32"),
    ] {
        let path = folder.path().join("rows.csv");
        fs::write(&path, format!("{text}5,{cell}\n")).unwrap();
        let said = fail(score(&model, path.to_str().unwrap(), &folder.path().join("out"), &[]));
        assert!(said.contains("rows.csv") && said.contains("\"sd\"") && said.contains(expected), "{said}");
        assert_eq!(left_beside(folder.path(), &["rows.csv", "model-16.json"]), [""; 0]);
    }
}

#[tokio::test]
async fn a_csv_file_that_grows_after_it_was_looked_at_is_refused() {
    let folder = scratch();
    let (model, _) = model(folder.path(), 16);
    let path = folder.path().join("rows.csv");
    fs::write(&path, "mean,sd\n1,2\n").unwrap();
    let plan = planned(&path, &model, folder.path()).await;
    fs::write(&path, "mean,sd\n1,2\n3,4\n").unwrap();
    let said = run_plan(&plan).await.unwrap_err().to_string();
    assert!(said.contains("rows.csv: the file had 12 bytes when the job began and has 16 now"), "{said}");
}

#[test]
fn wide_text_is_kept_in_small_batches_and_an_input_without_rows_is_an_error() {
    let folder = scratch();
    let (model, forest) = model(folder.path(), 16);
    let path = folder.path().join("rows.csv");
    let wide = "x".repeat(100_000);
    let lines: Vec<String> = (0..1000).map(|i| format!("{i},{wide}{i},1")).collect();
    fs::write(&path, format!("mean,note,sd\n{}\n", lines.join("\n"))).unwrap();
    let output = folder.path().join("out");
    succeed(score(&model, path.to_str().unwrap(), &output, &["--keep", "note"]));
    let x = Array2::from_shape_fn((1000, 2), |(i, column)| if column == 0 { i as f64 } else { 1.0 });
    assert!(scores(&output) == expected(&forest, x.view()));
    let batches = batches(&output);
    let notes = batches.iter().flat_map(|batch| batch.column(0).as_string::<i32>().iter().flatten());
    assert!(notes.enumerate().all(|(i, note)| note == format!("{wide}{i}")));

    fs::write(&path, format!("mean,sd\n{}", "\n".repeat(300_000))).unwrap();
    let said = fail(score(&model, path.to_str().unwrap(), &folder.path().join("none"), &[]));
    assert_eq!(said, "the input has no rows; expected at least one");
}
