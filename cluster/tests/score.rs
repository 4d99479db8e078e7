//! `isoforest-cluster score` on one machine.

mod common;

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    thread::sleep,
    time::Duration,
};

use common::{
    NAMES, batches, damage, expected, fail, left_beside, manifest, model, one_line_of_failure,
    processes::{parts_so_far, wait_for},
    program, program_on_a_small_disk, rows, run, scores, scratch, succeed, write_batch, write_parquet,
};
use datafusion::arrow::{
    array::{
        ArrayRef, AsArray, DictionaryArray, Float32Array, Float64Array, Int32Array, RecordBatch, StringArray,
        UInt64Array,
    },
    datatypes::{DataType, Field, Int32Type, Schema},
};
use isoforest::{
    data::{CsvBlocks, read_csv_expecting},
    ndarray::{Array2, Axis, array},
};
use isoforest_cluster::{
    engine,
    input::{Input, Keep, Wanted, group, partitions},
    model::Model,
    plan,
};

fn score(model: &Path, input: &str, output: &Path, more: &[&str]) -> Vec<String> {
    let mut arguments: Vec<String> =
        ["score", "--model", model.to_str().unwrap(), "--input", input].map(str::to_owned).to_vec();
    arguments.extend(["--output".to_owned(), output.to_str().unwrap().to_owned()]);
    arguments.extend(more.iter().map(|&argument| argument.to_owned()));
    arguments
}

#[test]
fn parquet_is_scored_bit_for_bit_and_in_order_whatever_the_partitions() {
    let folder = scratch();
    let (model, forest) = model(folder.path(), 16);
    let all = rows(50_000, 1);
    fs::create_dir(folder.path().join("in")).unwrap();
    for (i, part) in all.axis_chunks_iter(Axis(0), 20_000).enumerate() {
        write_parquet(&folder.path().join(format!("in/{i}.parquet")), part, 3000);
    }
    let expected = expected(&forest, all.view());
    for partitions in ["1", "2", "7", "1000"] {
        let output = folder.path().join(format!("out-{partitions}"));
        let pattern = folder.path().join("in/*.parquet");
        succeed(score(&model, pattern.to_str().unwrap(), &output, &["--partitions", partitions]));
        assert!(scores(&output) == expected, "{partitions} partitions");
        let manifest = manifest(&output);
        assert_eq!(manifest.rows, 50_000);
        assert_eq!(manifest.outliers, expected.iter().filter(|row| row.2 < 0).count() as u64);
        assert_eq!(manifest.columns, ["score_samples", "decision_function", "predict"]);
        assert_eq!(manifest.offset.to_bits(), forest.offset().to_bits());
        // A row group is the least that a partition reads; there are 18.
        let parts = manifest.parts.len();
        let asked: usize = partitions.parse().unwrap();
        assert!(parts <= asked && parts > asked.min(18) * 2 / 3, "{parts} parts of {asked}");
    }
    assert_eq!(left_beside(folder.path(), &["in", "model-16.json", "out-1", "out-2", "out-7", "out-1000"]), [""; 0]);
}

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
fn numbers_of_every_type_are_read_also_of_different_ones_in_different_files() {
    let folder = scratch();
    let (model, forest) = model(folder.path(), 16);
    let file = |name: &str, mean: ArrayRef, sd: ArrayRef| {
        write_batch(&folder.path().join(name), &RecordBatch::try_from_iter([("sd", sd), ("mean", mean)]).unwrap(), 10);
    };
    file("1.parquet", Arc::new(Int32Array::from(vec![Some(-3), None])), Arc::new(Float32Array::from(vec![0.1, 0.7])));
    file("2.parquet", Arc::new(UInt64Array::from(vec![1u64 << 60])), Arc::new(Float32Array::from(vec![f32::NAN])));
    let output = folder.path().join("out");
    succeed(score(&model, folder.path().join("?.parquet").to_str().unwrap(), &output, &["--keep", "all"]));
    let x = array![[-3.0, f64::from(0.1f32)], [f64::NAN, f64::from(0.7f32)], [(1u64 << 60) as f64, f64::NAN]];
    assert_eq!(scores(&output), expected(&forest, x.view()));
    assert_eq!(manifest(&output).columns, ["sd", "mean", "score_samples", "decision_function", "predict"]);
}

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

#[test]
fn an_output_that_is_there_is_not_touched() {
    let folder = scratch();
    let (model, forest) = model(folder.path(), 16);
    let path = folder.path().join("rows.parquet");
    let x = rows(100, 5);
    write_parquet(&path, x.view(), 100);
    let output = folder.path().join("out");
    fs::create_dir(&output).unwrap();
    // An empty folder will do.
    succeed(score(&model, path.to_str().unwrap(), &output, &[]));
    assert_eq!(scores(&output), expected(&forest, x.view()));
    let said = fail(score(&model, path.to_str().unwrap(), &output, &[]));
    assert!(said.contains("the folder is not empty"), "{said}");
    let said = fail(score(&model, path.to_str().unwrap(), &path, &[]));
    assert!(said.contains("a file is there"), "{said}");
    assert_eq!(scores(&output), expected(&forest, x.view()));
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
fn an_interrupted_job_leaves_nothing() {
    let folder = scratch();
    let (model, _) = model(folder.path(), 16);
    let path = folder.path().join("rows.parquet");
    write_parquet(&path, rows(4_000_000, 5).view(), 50_000);
    let arguments =
        score(&model, path.to_str().unwrap(), &folder.path().join("out"), &["--partitions", "80", "--threads", "4"]);
    let mut job = program(arguments).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("some parts", || parts_so_far(folder.path()) >= 2);
    assert!(job.try_wait().unwrap().is_none(), "the job was over before it was interrupted");
    assert!(Command::new("kill").arg(job.id().to_string()).status().unwrap().success());
    assert_eq!(one_line_of_failure(&job.wait_with_output().unwrap()), "terminated");
    assert_eq!(left_beside(folder.path(), &["rows.parquet", "model-16.json"]), [""; 0]);
}

#[test]
fn memory_does_not_grow_with_the_input() {
    let folder = scratch();
    let (model, _) = model(folder.path(), 16);
    let peak = |n_rows: usize| {
        let path = folder.path().join(format!("{n_rows}.parquet"));
        write_parquet(&path, rows(n_rows, 5).view(), 100_000);
        let output = folder.path().join(format!("out-{n_rows}"));
        let one_part = ["--partitions", "1", "--threads", "1"];
        let mut job = program(score(&model, path.to_str().unwrap(), &output, &one_part)).spawn().unwrap();
        let mut peak = 0;
        while job.try_wait().unwrap().is_none() {
            peak = peak.max(peak_kilobytes(job.id()));
            sleep(Duration::from_millis(5));
        }
        peak
    };
    let (few, many) = (peak(1_000_000), peak(8_000_000));
    // Seven million rows are 112 MB as they come, and 168 MB as they go.
    assert!(many < few + 40_000, "{few} kB for a million rows, {many} kB for eight");
}

/// The most memory that a process has had so far; 0 once it has ended.
fn peak_kilobytes(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
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
fn a_damaged_file_is_named_among_several() {
    let folder = scratch();
    let (model, _) = model(folder.path(), 16);
    for i in 0..4 {
        write_parquet(&folder.path().join(format!("{i}.parquet")), rows(20_000, i).view(), 30_000);
    }
    damage(&folder.path().join("2.parquet"));
    let input = folder.path().join("*.parquet");
    let file = |name: &str| folder.path().join(name).display().to_string();
    for (partitions, begin) in [
        ("4", file("2.parquet: cannot read the rows: ")),
        ("2", format!("{} or {}", file("2.parquet"), file("3.parquet: cannot read the rows: "))),
        ("1", file("0.parquet or one of the 3 files after it: cannot read the rows: ")),
    ] {
        let output = folder.path().join("out");
        let said = fail(score(&model, input.to_str().unwrap(), &output, &["--partitions", partitions]));
        assert!(said.starts_with(&begin), "{said}");
    }
}

#[test]
fn a_full_disk_is_said_and_nothing_is_left() {
    let folder = scratch();
    let (model, _) = model(folder.path(), 16);
    for name in ["1.parquet", "2.parquet"] {
        write_parquet(&folder.path().join(name), rows(100_000, 5).view(), 100_000);
    }
    let input = folder.path().join("*.parquet");
    let arguments = score(&model, input.to_str().unwrap(), &folder.path().join("out"), &["--partitions", "1"]);
    let said = one_line_of_failure(&program_on_a_small_disk(arguments).output().unwrap());
    // The input is not to blame.
    assert!(
        said.starts_with("cannot write ") && said.ends_with("/part-00000.parquet: File too large (os error 27)"),
        "{said}"
    );
    assert_eq!(left_beside(folder.path(), &["1.parquet", "2.parquet", "model-16.json"]), [""; 0]);
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

#[test]
fn numbers_in_a_dictionary_are_read_and_a_name_that_two_columns_have_is_refused() {
    let folder = scratch();
    let (model, forest) = model(folder.path(), 16);
    let numbers: ArrayRef = Arc::new(Float64Array::from(vec![0.5, -1.25, f64::NAN]));
    let keys = Int32Array::from(vec![Some(1), None, Some(0), Some(2)]);
    let mean: ArrayRef = Arc::new(DictionaryArray::<Int32Type>::try_new(keys, numbers).unwrap());
    let sd: ArrayRef = Arc::new(Float32Array::from(vec![1.0, 2.0, 3.0, 4.0]));
    let path = folder.path().join("1.parquet");
    write_batch(&path, &RecordBatch::try_from_iter([("mean", mean), ("sd", Arc::clone(&sd))]).unwrap(), 10);
    let output = folder.path().join("out");
    succeed(score(&model, path.to_str().unwrap(), &output, &[]));
    let x = array![[-1.25, 1.0], [f64::NAN, 2.0], [0.5, 3.0], [f64::NAN, 4.0]];
    assert_eq!(scores(&output), expected(&forest, x.view()));

    let fields = ["mean", "sd", "mean"].map(|name| Field::new(name, DataType::Float32, true));
    let columns = vec![Arc::clone(&sd), Arc::clone(&sd), sd];
    write_batch(&path, &RecordBatch::try_new(Arc::new(Schema::new(fields.to_vec())), columns).unwrap(), 10);
    let said = fail(score(&model, path.to_str().unwrap(), &folder.path().join("other"), &[]));
    assert!(said.contains("1.parquet: two columns are called \"mean\""), "{said}");
}

/// What a job over a file does in this process, so that something can happen between its steps.
async fn write_parts(path: &std::path::Path, model: &std::path::Path, folder: &std::path::Path) -> Vec<fs::Metadata> {
    let plan = planned(path, model, folder).await;
    run_plan(&plan).await.unwrap();
    let mut parts: Vec<_> = fs::read_dir(folder).unwrap().map(|part| part.unwrap().path()).collect();
    parts.sort();
    parts.iter().map(|part| fs::metadata(part).unwrap()).collect()
}

async fn planned(
    path: &std::path::Path,
    model: &std::path::Path,
    folder: &std::path::Path,
) -> Arc<dyn datafusion::physical_plan::ExecutionPlan> {
    let model = Arc::new(Model::read(model, None).unwrap());
    let context = engine::session(2, Some(&model));
    let wanted = Wanted { features: Some(model.forest().feature_names()), keep: &Keep::Nothing };
    let input = Input::open(&context, &[path.to_str().unwrap().to_owned()], &wanted).await.unwrap();
    let groups = partitions(&input.pieces, 2).into_iter().zip(0..).map(|(pieces, part)| group(pieces, part)).collect();
    plan::write_scores(&context.state(), &input, &model, groups, folder).unwrap()
}

async fn run_plan(
    plan: &Arc<dyn datafusion::physical_plan::ExecutionPlan>,
) -> datafusion::common::Result<Vec<RecordBatch>> {
    let context = engine::session(2, None);
    datafusion::physical_plan::collect(Arc::clone(plan), context.task_ctx()).await
}

#[tokio::test]
async fn a_part_that_is_there_is_not_written_again_but_one_of_another_model_is() {
    use std::os::unix::fs::MetadataExt;
    let folder = scratch();
    let (model_16, _) = model(folder.path(), 16);
    let (model_17, _) = model(folder.path(), 17);
    let path = folder.path().join("rows.parquet");
    write_parquet(&path, rows(10_000, 1).view(), 1000);
    let parts = folder.path().join("parts");
    fs::create_dir(&parts).unwrap();
    let inodes = |parts: Vec<fs::Metadata>| parts.iter().map(MetadataExt::ino).collect::<Vec<_>>();
    let first = inodes(write_parts(&path, &model_16, &parts).await);
    assert_eq!(first.len(), 2);
    assert_eq!(inodes(write_parts(&path, &model_16, &parts).await), first);
    let second = inodes(write_parts(&path, &model_17, &parts).await);
    assert!(second.len() == 2 && second.iter().all(|part| !first.contains(part)));
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
