//! Parquet: bit for bit, of all types of numbers.

use std::fs;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use datafusion::arrow::array::{
    ArrayRef, DictionaryArray, Float32Array, Float64Array, Int32Array, RecordBatch, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Schema};
use isoforest::ndarray::{Axis, array};

use crate::common::{
    damage, expected, fail, left_beside, manifest, model, program, rows, scores, scratch, succeed, write_batch,
    write_parquet,
};
use crate::score;

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
