//! What the tests share: rows, files, the program, and what the library says to the same rows.
#![allow(dead_code, reason = "each test program uses a part of it")]

/// Processes of a cluster.
pub mod processes;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::{ArrayRef, AsArray, Float64Array, RecordBatch},
        datatypes::{Float64Type, Int8Type},
    },
    parquet::{
        arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
        file::properties::WriterProperties,
    },
};
use isoforest::{
    Contamination, IsolationForest, ModelFile, TrainingProfile,
    ndarray::{Array2, ArrayView2},
};
use isoforest_cluster::parts::{MANIFEST, Manifest};
use tempfile::TempDir;

/// Columns of the rows.
pub const NAMES: [&str; 2] = ["mean", "sd"];

/// Rows of two columns: most of them near the origin, some far out, all different.
pub fn rows(n: usize, seed: u64) -> Array2<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    };
    // A logistic variable to the third power has tails.
    Array2::from_shape_simple_fn((n, NAMES.len()), || {
        let u = uniform();
        let x = (u / (1.0 - u)).ln();
        x * x * x / 30.0
    })
}

/// A scratch folder.
pub fn scratch() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Writes rows as Parquet with so many rows in a row group.
pub fn write_parquet(path: &Path, rows: ArrayView2<'_, f64>, group_rows: usize) {
    let columns = NAMES.iter().zip(rows.columns()).map(|(name, values)| {
        let values: ArrayRef = Arc::new(Float64Array::from(values.to_vec()));
        (*name, values)
    });
    write_batch(path, &RecordBatch::try_from_iter(columns).unwrap(), group_rows);
}

/// Writes any batch as Parquet.
pub fn write_batch(path: &Path, batch: &RecordBatch, group_rows: usize) {
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(group_rows)).build();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

/// Damages the first page of a Parquet file; its end, which is looked at before a job runs, stays as it is.
pub fn damage(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    for byte in &mut bytes[4..100] {
        *byte = !*byte;
    }
    fs::write(path, bytes).unwrap();
}

/// The program with arguments, which can write no file of more than 300 kB, as on a full disk.
pub fn program_on_a_small_disk<I: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = I>) -> Command {
    let mut command = Command::new("sh");
    // In blocks of 512 bytes. Without the signal a write ends with an error.
    command.args(["-c", "trap '' XFSZ; ulimit -f 600; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_isoforest-cluster")]);
    command.args(arguments);
    command
}

/// A model file and its forest, trained on a few rows.
pub fn model(folder: &Path, seed: u32) -> (PathBuf, IsolationForest) {
    let train = rows(5000, 7);
    let params = IsolationForest::builder().contamination(Contamination::Fraction(0.01)).random_state(seed);
    let forest = params.fit_named(train.view(), &NAMES.map(str::to_owned)).unwrap();
    let profile = TrainingProfile::new(&forest, train.view()).unwrap();
    let path = folder.join(format!("model-{seed}.json"));
    ModelFile::new(forest.clone(), profile).write(&path).unwrap();
    (path, forest)
}

/// The program with arguments.
pub fn program<I: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = I>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isoforest-cluster"));
    command.args(arguments);
    command
}

/// Runs the program to its end.
pub fn run<I: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = I>) -> Output {
    program(arguments).output().unwrap()
}

/// Runs the program, which must succeed, and gives its standard output.
pub fn succeed<I: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = I>) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs the program, which must fail with status 1 and one line, and gives that line.
pub fn fail<I: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = I>) -> String {
    one_line_of_failure(&run(arguments))
}

/// The line of a failed run.
pub fn one_line_of_failure(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    said.strip_prefix("error: ").unwrap_or_else(|| panic!("{said}")).trim_end().to_owned()
}

/// The manifest of a folder of scores.
pub fn manifest(folder: &Path) -> Manifest {
    serde_json::from_slice(&fs::read(folder.join(MANIFEST)).unwrap()).unwrap()
}

/// All rows of a folder of scores, in the order of the manifest's parts.
pub fn batches(folder: &Path) -> Vec<RecordBatch> {
    let parts = manifest(folder).parts;
    let read = |file: &String| ParquetRecordBatchReaderBuilder::try_new(File::open(folder.join(file)).unwrap());
    parts.iter().flat_map(|part| read(&part.file).unwrap().build().unwrap()).map(Result::unwrap).collect()
}

/// Bits of the three columns of each row.
pub type Scored = (u64, u64, i8);

/// The three columns of a folder of scores.
pub fn scores(folder: &Path) -> Vec<Scored> {
    let of_batch = |batch: RecordBatch| {
        let column = |name: &str| batch.column_by_name(name).unwrap().clone();
        let (score, decision) = (column("score_samples"), column("decision_function"));
        let (score, decision) = (score.as_primitive::<Float64Type>(), decision.as_primitive::<Float64Type>());
        let predict = column("predict");
        let predict = predict.as_primitive::<Int8Type>();
        let row = |i: usize| (score.value(i).to_bits(), decision.value(i).to_bits(), predict.value(i));
        (0..batch.num_rows()).map(row).collect::<Vec<_>>()
    };
    batches(folder).into_iter().flat_map(of_batch).collect()
}

/// The three columns as the library gives them.
pub fn expected(forest: &IsolationForest, rows: ArrayView2<'_, f64>) -> Vec<Scored> {
    let scores = forest.score_samples(rows).unwrap();
    let decisions = forest.decision_function(rows).unwrap();
    let predictions = forest.predict(rows).unwrap();
    let row = |i: usize| (scores[i].to_bits(), decisions[i].to_bits(), predictions[i]);
    (0..rows.nrows()).map(row).collect()
}

/// A sum over the rows that does not depend on their order, and changes if one is lost, doubled or altered.
pub fn checksum(rows: &[Scored]) -> u64 {
    let hash = |&(score, decision, predict): &Scored| {
        let mixed = score.rotate_left(17) ^ decision.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ predict as u64;
        (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9)
    };
    rows.iter().map(hash).fold(0, u64::wrapping_add)
}

/// Everything in a folder but the named files: what a job left behind.
pub fn left_beside(folder: &Path, known: &[&str]) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !known.contains(&name.as_str())).collect()
}
