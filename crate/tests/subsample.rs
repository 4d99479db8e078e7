//! `isoforest train --subsample`: sampling beside training on everything.
#![cfg(feature = "cli")]

use std::{
    fs,
    io::Write,
    process::{Command, Output, Stdio},
};

use isoforest::{ModelFile, data::read_csv};
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    /// A folder with 20,000 training rows.
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.done(&["generate", "--output", ".", "--train-rows", "20000", "--test-rows", "10"]);
        folder
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isoforest"));
        command.current_dir(self.0.path()).args(arguments);
        command
    }

    fn done(&self, arguments: &[&str]) -> String {
        checked(&self.command(arguments).stdin(Stdio::null()).output().unwrap())
    }

    /// Trains with a sample of 2,000 rows from standard input.
    fn done_from_pipe(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        checked(&child.wait_with_output().unwrap())
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    fn model(&self, name: &str) -> ModelFile {
        ModelFile::read(self.0.path().join(name)).unwrap()
    }
}

/// Standard error of a job that must end well.
fn checked(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    text
}

const TRAIN: [&str; 7] = ["train", "train.csv", "--random-state", "16", "--contamination", "0.03", "--output"];

#[test]
fn a_file_that_fits_the_sample_gives_the_model_of_all_rows() {
    let folder = Folder::new();
    folder.done(&[&TRAIN[..], &["all.json"]].concat());
    folder.done(&[&TRAIN[..], &["sampled.json", "--subsample", "20000"]].concat());
    let (all, sampled) = (folder.model("all.json"), folder.model("sampled.json"));
    assert_eq!(all.forest().trees(), sampled.forest().trees());
    assert_eq!(all.forest().offset().to_bits(), sampled.forest().offset().to_bits());
    assert_eq!(all.profile(), sampled.profile());
}

#[test]
fn the_threshold_of_a_file_is_the_exact_percentile_of_all_rows() {
    let folder = Folder::new();
    let said = folder.done(&[&TRAIN[..], &["m.json", "--subsample", "2000"]].concat());
    assert!(said.starts_with("100 trees on 2,000 rows sampled of 20,000 of 2 features, seed 16: "), "{said}");
    let model = folder.model("m.json");
    assert_eq!(model.profile().rows, 2_000);
    let x = read_csv(folder.0.path().join("train.csv")).unwrap().values;
    let mut scores = model.forest().score_samples(x.view()).unwrap().to_vec();
    scores.sort_by(f64::total_cmp);
    // 0.03 * 19,999 = 599.97: numpy's percentile counts from the nearer neighbour.
    let (low, high) = (scores[599], scores[600]);
    let place: f64 = 19_999.0 * (100.0 * 0.03 / 100.0);
    let expected = high - (high - low) * (1.0 - place.fract());
    assert_eq!(model.forest().offset().to_bits(), expected.to_bits());

    folder.done(&[&TRAIN[..], &["again.json", "--subsample", "2000"]].concat());
    assert_eq!(folder.model("again.json").forest().trees(), model.forest().trees(), "the seed decides");
}

#[test]
fn the_threshold_of_a_pipe_is_within_the_error_that_is_told() {
    let folder = Folder::new();
    let text = folder.read("train.csv");
    let x = read_csv(folder.0.path().join("train.csv")).unwrap().values;
    for seed in 0..20 {
        let seed = seed.to_string();
        let options = ["--random-state", &seed, "--contamination", "0.1", "--subsample", "2000", "--output", "m.json"];
        let said = folder.done_from_pipe(&[&["train", "-"][..], &options].concat(), text.as_bytes());
        // 5 * sqrt(0.1 * 0.9 / 2000) + 1 / 2000
        assert!(
            said.starts_with("note: the threshold is that of the sample: 10.000 % of all rows, give or take 3.404 %"),
            "{said}"
        );
        let forest = folder.model("m.json").into_forest();
        let below = forest.decision_function(x.view()).unwrap().iter().filter(|&&decision| decision < 0.0).count();
        let up_to = forest.decision_function(x.view()).unwrap().iter().filter(|&&decision| decision <= 0.0).count();
        // Ties at the threshold count on either side: the data has a point where most rows lie.
        let (below, up_to) = (below as f64 / 20_000.0, up_to as f64 / 20_000.0);
        assert!(below <= 0.1 + 0.034_04 && up_to >= 0.1 - 0.034_04, "seed {seed}: {below} to {up_to}");
    }
}

#[test]
fn a_bad_value_is_found_whether_its_row_is_kept_or_not() {
    let folder = Folder::new();
    let mut text = folder.read("train.csv");
    text.push_str("1,1e39\n");
    fs::write(folder.0.path().join("bad.csv"), text).unwrap();
    let output = folder
        .command(&["train", "bad.csv", "--output", "m.json", "--subsample", "10"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("error: bad.csv, line 20002, column 2 (\"sd\"): expected a number within"), "{said}");
}

#[cfg(feature = "parquet")]
mod parquet_input {
    use std::sync::Arc;

    use isoforest::ndarray::Array2;
    use parquet::{data_type::DoubleType, file::writer::SerializedFileWriter, schema::parser::parse_message_type};

    use super::*;

    fn write(folder: &Folder, name: &str, x: &Array2<f64>) {
        let schema = parse_message_type("message rows { required double mean; required double sd; }").unwrap();
        let file = fs::File::create(folder.0.path().join(name)).unwrap();
        let mut writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::default()).unwrap();
        let mut group = writer.next_row_group().unwrap();
        for column in x.columns() {
            let mut writer = group.next_column().unwrap().unwrap();
            writer.typed::<DoubleType>().write_batch(&column.to_vec(), None, None).unwrap();
            writer.close().unwrap();
        }
        group.close().unwrap();
        writer.close().unwrap();
    }

    #[test]
    fn parquet_trains_and_scores_as_csv_does() {
        let folder = Folder::new();
        let x = read_csv(folder.0.path().join("train.csv")).unwrap().values;
        write(&folder, "train.parquet", &x);
        // What it is, not what it is called.
        write(&folder, "unnamed", &x);
        for more in [&[][..], &["--subsample", "2000"]] {
            folder.done(&[&TRAIN[..], &["csv.json"], more].concat());
            let options = ["--random-state", "16", "--contamination", "0.03", "--output", "parquet.json"];
            folder.done(&[&["train", "train.parquet"][..], &options, more].concat());
            let (csv, parquet) = (folder.model("csv.json"), folder.model("parquet.json"));
            assert_eq!(csv.forest().trees(), parquet.forest().trees());
            assert_eq!(csv.forest().offset().to_bits(), parquet.forest().offset().to_bits());
            assert_eq!(csv.profile(), parquet.profile());
        }
        for input in ["train.csv", "train.parquet", "unnamed"] {
            folder.done(&["score", "csv.json", input, "--output", &format!("{input}.scores")]);
        }
        assert_eq!(folder.read("train.csv.scores"), folder.read("train.parquet.scores"));
        assert_eq!(folder.read("train.csv.scores"), folder.read("unnamed.scores"));
    }

    #[test]
    fn a_corrupted_file_is_one_line_of_error() {
        let folder = Folder::new();
        folder.done(&[&TRAIN[..], &["m.json"]].concat());
        write(&folder, "whole.parquet", &Array2::ones((100, 2)));
        let whole = fs::read(folder.0.path().join("whole.parquet")).unwrap();
        let mut n_errors = 0;
        // From the last pages on through all of the footer.
        for place in whole.len().saturating_sub(400)..whole.len() {
            let mut bytes = whole.clone();
            bytes[place] ^= 0x01;
            fs::write(folder.0.path().join("bad.parquet"), bytes).unwrap();
            let output = folder.command(&["score", "m.json", "bad.parquet", "--output", "/dev/null"]).output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(said.lines().count(), 1, "byte {place}: {said}");
            match output.status.code() {
                Some(0) => {}
                Some(1) => n_errors += 1,
                other => panic!("byte {place}: {other:?}: {said}"),
            }
        }
        assert!(n_errors > 100, "{n_errors}");
    }

    #[test]
    fn a_value_beyond_f32_and_a_pipe_are_told() {
        let folder = Folder::new();
        let mut x = Array2::ones((1_000, 2));
        x[(998, 1)] = 1e39;
        write(&folder, "bad.parquet", &x);
        folder.done(&[&TRAIN[..], &["m.json"]].concat());
        let failed = |arguments: &[&str]| {
            let output = folder.command(arguments).stdin(Stdio::null()).output().unwrap();
            assert_eq!(output.status.code(), Some(1));
            String::from_utf8(output.stderr).unwrap()
        };
        for arguments in [&["score", "m.json", "bad.parquet"][..], &["train", "bad.parquet", "--output", "n.json"]] {
            let said = failed(arguments);
            assert!(said.starts_with("error: bad.parquet, row 999, column \"sd\": expected a number within"), "{said}");
        }
        let pipe = fs::File::open(folder.0.path().join("bad.parquet")).unwrap();
        let output = folder.command(&["score", "m.json", "-"]).stdin(pipe).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.starts_with("error: standard input: Parquet is read from its end,"), "{said}");
        fs::write(folder.0.path().join("text.parquet"), "mean,sd\n1,2\n").unwrap();
        let said = failed(&["score", "m.json", "text.parquet"]);
        assert!(said.starts_with("error: text.parquet: expected a Parquet file, found other bytes"), "{said}");
    }
}
