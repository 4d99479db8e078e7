//! The command line as its user meets it: files, messages and exit status.
#![cfg(feature = "cli")]

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::Instant,
};

use isoforest::{
    Contamination, IsolationForest, MaxFeatures, MaxSamples, ModelFile,
    data::{DEFAULT_SEED, generate, read_csv},
};
use tempfile::TempDir;

/// A folder in which the program runs, so that relative names in messages are short.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder with 500 training rows, 200 test rows and a model.
    fn with_model() -> Self {
        let folder = Self::new();
        folder.done(&["generate", "--output", ".", "--train-rows", "500", "--test-rows", "200"]);
        folder.done(&["train", "train.csv", "--output", "model.json", "--random-state", "16"]);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isoforest"));
        command.current_dir(self.0.path()).args(arguments).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs with `input` as standard input.
    fn run_with(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Output {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The program may end before it has read everything.
        let _ = child.stdin.take().unwrap().write_all(input.as_ref());
        child.wait_with_output().unwrap()
    }

    /// Runs a job that must end well, and gives its standard output.
    fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a job that must fail with status 1, and gives its one line of standard error without `error: `.
    fn failed(&self, arguments: &[&str]) -> String {
        failure(&self.run(arguments))
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn failure(output: &Output) -> String {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    text.strip_prefix("error: ").unwrap_or_else(|| panic!("no error: {text}")).trim_end().to_owned()
}

/// The scores of a file as the library gives them, in the columns of the program's output.
fn library_scores(model: &Path, data: &Path) -> Vec<(u64, u64, i8)> {
    let forest = ModelFile::read(model).unwrap().into_forest();
    let x = read_csv(data).unwrap().values;
    let scores = forest.score_samples(x.view()).unwrap();
    let decisions = forest.decision_function(x.view()).unwrap();
    let predictions = forest.predict(x.view()).unwrap();
    (0..x.nrows()).map(|row| (scores[row].to_bits(), decisions[row].to_bits(), predictions[row])).collect()
}

fn written_scores(text: &str) -> Vec<(u64, u64, i8)> {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("score_samples,decision_function,predict"));
    let read = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells.len(), 3, "{line}");
        let bits = |text: &str| text.parse::<f64>().unwrap().to_bits();
        (bits(cells[0]), bits(cells[1]), cells[2].parse().unwrap())
    };
    lines.map(read).collect()
}

#[test]
fn train_and_score_give_the_librarys_bits() {
    let folder = Folder::with_model();
    folder.done(&["score", "model.json", "test.csv", "--output", "scores.csv"]);
    let scores = written_scores(&fs::read_to_string(folder.path("scores.csv")).unwrap());
    assert_eq!(scores, library_scores(&folder.path("model.json"), &folder.path("test.csv")));
    assert_eq!(scores.len(), 200);

    let x = read_csv(folder.path("train.csv")).unwrap().values;
    let forest = IsolationForest::builder().random_state(16).fit(x.view()).unwrap();
    assert_eq!(ModelFile::read(folder.path("model.json")).unwrap().forest().trees(), forest.trees());
}

#[test]
fn every_option_of_train_reaches_the_forest() {
    let folder = Folder::with_model();
    let options = "--n-estimators 7 --max-samples 0.5 --contamination 0.1 --max-features 1 --bootstrap --n-jobs 2 \
                   --random-state 4294967295 --verbose";
    let arguments: Vec<&str> =
        "train train.csv --output other.json".split(' ').chain(options.split_whitespace()).collect();
    folder.done(&arguments);
    let model = ModelFile::read(folder.path("other.json")).unwrap();
    let params = IsolationForest::builder()
        .n_estimators(7)
        .max_samples(MaxSamples::Fraction(0.5))
        .contamination(Contamination::Fraction(0.1))
        .max_features(MaxFeatures::Count(1))
        .bootstrap(true)
        .n_jobs(2)
        .random_state(u32::MAX)
        .verbose(1);
    assert_eq!(*model.forest().params(), params);
    assert_eq!(model.forest().trees().len(), 7);
    assert_eq!(model.forest().feature_names(), ["mean", "sd"]);
    assert_eq!(model.profile().rows, 500);
}

#[test]
fn without_a_seed_one_is_drawn_and_recorded() {
    let folder = Folder::with_model();
    folder.done(&["train", "train.csv", "--output", "drawn.json", "--n-jobs", "-1"]);
    let drawn = ModelFile::read(folder.path("drawn.json")).unwrap();
    assert!(drawn.forest().params().random_state.is_some());
}

#[test]
fn more_samples_than_rows_is_a_warning() {
    let folder = Folder::with_model();
    let output = folder.run(&["train", "train.csv", "--output", "m.json", "--max-samples", "1000"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).starts_with("warning: max_samples (1000) is above the number of rows (500)"));
}

#[test]
fn a_hyphen_is_standard_input_and_output() {
    let folder = Folder::with_model();
    let test = fs::read(folder.path("test.csv")).unwrap();
    let expected = library_scores(&folder.path("model.json"), &folder.path("test.csv"));
    for arguments in [&["score", "model.json", "-"][..], &["score", "model.json", "-", "--output", "-"]] {
        let output = folder.run_with(arguments, &test);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(written_scores(str::from_utf8(&output.stdout).unwrap()), expected);
        assert!(stderr(&output).starts_with("200 rows scored in "), "{}", stderr(&output));
    }
    let train = fs::read(folder.path("train.csv")).unwrap();
    let output = folder.run_with(&["train", "-", "--output", "-", "--random-state", "16"], train);
    let model = ModelFile::from_slice(&output.stdout).unwrap();
    assert_eq!(model.forest().trees(), ModelFile::read(folder.path("model.json")).unwrap().forest().trees());

    let wrong = folder.run_with(&["score", "model.json", "-"], "mean,sd\n1,x\n");
    assert!(failure(&wrong).starts_with("standard input, line 2, column 2 (\"sd\"): expected a number"));
}

#[test]
fn columns_are_found_by_name_and_rows_with_missing_values_are_scored() {
    let folder = Folder::with_model();
    folder.write("swapped.csv", "sd,mean\n0.5,0.25\n,3\n");
    folder.write("plain.csv", "mean,sd\n0.25,0.5\n3,\n");
    let swapped = folder.done(&["score", "model.json", "swapped.csv", "--n-jobs", "2"]);
    assert_eq!(swapped, folder.done(&["score", "model.json", "plain.csv"]));
    assert_eq!(written_scores(&swapped), library_scores(&folder.path("model.json"), &folder.path("plain.csv")));
}

#[test]
fn a_wrong_csv_fails_with_file_line_and_column() {
    let folder = Folder::with_model();
    let before = folder.names();
    let number = "expected a number, or nothing for a missing value, found";
    let cases: &[(&[u8], &str)] = &[
        (b"", "bad.csv, line 1: the file is empty; expected a header with the column names, then rows of numbers"),
        (b"mean,sd\n", "bad.csv, line 1: there are no rows after the header; expected at least one row of numbers"),
        (
            b"1,2\n3,4\n",
            "bad.csv, line 1: the header is missing: expected the column names, found the numbers \"1\", \"2\"; write names above them, such as `a,b,c`",
        ),
        (
            b"mean,mean\n3,4\n",
            "bad.csv, line 1, column 2 (\"mean\"): the column name is already used by column 1; \
                               expected a different name for every column",
        ),
        (b"mean,sd\n1,2\n3,word\n", &format!("bad.csv, line 3, column 2 (\"sd\"): {number} \"word\"")),
        (b"mean,sd\ninf,2\n", "bad.csv, line 2, column 1 (\"mean\"): expected a finite number, found \"inf\""),
        (b"mean,sd\n1,1e999\n", "bad.csv, line 2, column 2 (\"sd\"): expected a finite number, found \"1e999\""),
        (
            b"mean,sd\n1,2\n1,1e39\n",
            "bad.csv, line 3, column 2 (\"sd\"): expected a number within the range of f32 \
                                     (up to 3.4e38), found 1e39",
        ),
        (b"mean,sd\n1,2\n3\n", "bad.csv, line 3: expected 2 cells, one for each column of the header, found 1"),
        (b"mean,sd\n1,2,3\n", "bad.csv, line 2: expected 2 cells, one for each column of the header, found 3"),
        (
            b"mean,sd\n\xFF,2\n",
            "bad.csv, line 2, column 1 (\"mean\"): expected UTF-8 text, found the byte 0xFF; \
                                save the file as UTF-8",
        ),
    ];
    for (bytes, message) in cases {
        folder.write("bad.csv", bytes);
        assert_eq!(&folder.failed(&["train", "bad.csv", "--output", "new.json"]), message);
        assert_eq!(&folder.failed(&["score", "model.json", "bad.csv", "--output", "new.csv"]), message);
    }
    fs::remove_file(folder.path("bad.csv")).unwrap();
    assert_eq!(folder.names(), before, "no output was left behind");
}

#[test]
fn a_header_that_is_not_the_models_fails_with_the_columns_name() {
    let folder = Folder::with_model();
    folder.write("bad.csv", "mean,std\n1,2\n");
    assert_eq!(
        folder.failed(&["score", "model.json", "bad.csv"]),
        "bad.csv, line 1: the column \"sd\" is missing: expected the columns \"mean\", \"sd\", found \"mean\", \"std\"",
    );
    folder.write("bad.csv", "mean,sd,age\n1,2,3\n");
    assert_eq!(
        folder.failed(&["score", "model.json", "bad.csv"]),
        "bad.csv, line 1, column 3 (\"age\"): the column is not one of the expected columns \"mean\", \"sd\"; remove it",
    );
}

#[test]
fn a_value_beyond_f32_is_found_in_any_block_and_column_order() {
    let folder = Folder::with_model();
    let mut text = "sd,mean\n".to_owned();
    // More rows than a block has.
    text.push_str(&"1,2\n".repeat(300_000));
    text.push_str("1,-1e300\n");
    let output = folder.run_with(&["score", "model.json", "-", "--output", "new.csv", "--n-jobs", "2"], text);
    assert_eq!(
        failure(&output),
        "standard input, line 300002, column 2 (\"mean\"): expected a number within the range of f32 \
         (up to 3.4e38), found -1e300",
    );
    assert!(!folder.path("new.csv").exists());
}

#[test]
fn files_that_cannot_be_read_or_written_are_named() {
    let folder = Folder::with_model();
    let no_file = "No such file or directory (os error 2)";
    assert_eq!(
        folder.failed(&["train", "none.csv", "--output", "m.json"]),
        format!("none.csv: cannot open the file: {no_file}"),
    );
    assert_eq!(
        folder.failed(&["train", "train.csv", "--output", "none/m.json"]),
        format!("cannot write none/m.json: cannot make a file in its folder: {no_file}"),
    );
    assert_eq!(
        folder.failed(&["score", "model.json", "test.csv", "--output", "."]),
        "cannot write .: expected the path of a file, found a folder",
    );
    assert!(folder.failed(&["score", "none.json", "test.csv"]).contains(no_file));
    assert!(folder.failed(&["score", "test.csv", "test.csv"]).starts_with("cannot use the model file test.csv: "));
    folder.write("empty.json", "");
    assert!(folder.failed(&["inspect", "empty.json"]).starts_with("cannot use the model file empty.json: "));
    assert_eq!(
        folder.failed(&["inspect", "model.json", "--tree", "100"]),
        "model.json has 100 trees: expected a tree from 0 to 99, found 100",
    );
}

#[test]
fn a_parameter_that_the_data_refuses_is_a_failed_job() {
    let folder = Folder::with_model();
    assert_eq!(
        folder.failed(&["train", "train.csv", "--output", "m.json", "--max-features", "3"]),
        "train.csv: max_features must be at most the number of columns, 2, got 3",
    );
}

#[test]
fn misuse_is_status_2_and_shows_the_usage() {
    let folder = Folder::new();
    let misuses = [
        "",
        "tain train.csv",
        "train",
        "train train.csv",
        "train train.csv --output m.json --unknown 1",
        "train train.csv --output m.json --n-estimators 0",
        "train train.csv --output m.json --n-estimators many",
        "train train.csv --output m.json --max-samples some",
        "train train.csv --output m.json --max-samples 0",
        "train train.csv --output m.json --max-samples -3",
        "train train.csv --output m.json --contamination 0.6",
        "train train.csv --output m.json --contamination -0.1",
        "train train.csv --output m.json --contamination nan",
        "train train.csv --output m.json --max-features 1.5",
        "train train.csv --output m.json --max-features auto",
        "train train.csv --output m.json --n-jobs 0",
        "train train.csv --output m.json --random-state -1",
        "train train.csv --output m.json --random-state 4294967296",
        "score model.json",
        "score model.json test.csv --n-jobs 0",
        "generate",
        "generate --output data --train-rows 0",
        "inspect model.json --tree -1",
    ];
    for misuse in misuses {
        let arguments: Vec<&str> = misuse.split_whitespace().collect();
        let output = folder.run(&arguments);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{misuse}: {text}");
        assert!(text.contains("Usage: ") || text.contains("--help"), "{misuse}: {text}");
        assert!(output.stdout.is_empty(), "{misuse}");
    }
    let refused = stderr(&folder.run(&["train", "train.csv", "--output", "m.json", "--contamination", "0.6"]));
    assert!(refused.starts_with("error: contamination must be \"auto\" or a number in (0, 0.5], got 0.6"), "{refused}");
    assert!(refused.contains("Usage: isoforest train "), "{refused}");
    assert_eq!(folder.names(), [""; 0]);
}

#[test]
fn help_and_version_are_no_errors() {
    let folder = Folder::new();
    for command in ["train", "score", "generate", "inspect"] {
        let help = folder.done(&[command, "--help"]);
        assert!(help.contains("Examples:\n  isoforest "), "{help}");
    }
    assert_eq!(folder.done(&["--version"]), format!("isoforest {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn generate_writes_the_librarys_tables() {
    let folder = Folder::new();
    folder.done(&["generate", "--output", "new/data", "--seed", "3", "--train-rows", "100", "--test-rows", "10"]);
    let data = generate(3, 100, 10);
    assert_eq!(read_csv(folder.path("new/data/train.csv")).unwrap(), data.train);
    assert_eq!(read_csv(folder.path("new/data/test.csv")).unwrap(), data.test);

    folder.done(&["generate", "--output", "new/data", "--train-rows", "100", "--test-rows", "10"]);
    let data = generate(DEFAULT_SEED, 100, 10);
    assert_eq!(read_csv(folder.path("new/data/train.csv")).unwrap(), data.train);
    assert_eq!(fs::read_dir(folder.path("new/data")).unwrap().count(), 2);
}

#[test]
fn inspect_shows_parameters_profile_and_file() {
    let folder = Folder::with_model();
    let text = folder.done(&["inspect", "model.json"]);
    let value = |name: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(name));
        line.unwrap_or_else(|| panic!("{name} in {text}")).trim_start().strip_prefix(name).unwrap().trim()
    };
    assert_eq!(value("format"), "isoforest, version 1");
    assert_eq!(value("n_estimators"), "100");
    assert_eq!(value("max_samples "), "auto");
    assert_eq!(value("max_features"), "1.0");
    assert_eq!(value("random_state"), "16");
    assert_eq!(value("offset_"), "-0.5");
    assert_eq!(value("rows"), "500");
    assert_eq!(value("features"), "2: mean, sd");
    let bytes = fs::metadata(folder.path("model.json")).unwrap().len();
    assert_eq!(value("size").replace(',', ""), format!("{bytes} bytes"));
}

#[test]
fn inspect_shows_every_node_of_a_tree() {
    let folder = Folder::new();
    folder.write("train.csv", "a,b\n1,\n2,5\n3,6\n4,\n10,7\n");
    folder.done(&["train", "train.csv", "--output", "model.json", "--random-state", "1"]);
    let model = ModelFile::read(folder.path("model.json")).unwrap();
    let tree = &model.forest().trees()[0];
    let text = folder.done(&["inspect", "model.json", "--tree", "0"]);
    assert!(text.starts_with(&format!("tree 0: {} nodes, {} of them leaves", tree.n_nodes(), tree.n_leaves())));
    // One line a leaf, and one a condition: every node but the root is reached by one.
    assert_eq!(text.lines().filter(|line| line.contains("--- leaf: ")).count(), tree.n_leaves());
    assert_eq!(text.lines().count(), 1 + tree.n_leaves() + tree.n_nodes() - 1);
    for (feature, threshold) in tree.feature.iter().zip(&tree.threshold).filter(|(feature, _)| **feature >= 0) {
        let name = ["a", "b"][usize::try_from(*feature).unwrap()];
        assert!(text.contains(&format!("--- {name} <= {threshold}")), "{text}");
        assert!(text.contains(&format!("--- {name} > {threshold}")), "{text}");
    }
    let all: String =
        (0..100).map(|tree| folder.done(&["inspect", "model.json", "--tree", &tree.to_string()])).collect();
    assert!(all.contains("b <= ") && all.contains(" or missing"), "b has missing values");
    assert!(!all.lines().any(|line| line.contains("--- a ") && line.contains("missing")), "a has none");
}

#[test]
fn a_reader_that_stops_early_is_no_error() {
    let folder = Folder::with_model();
    let mut rows = "mean,sd\n".to_owned();
    rows.push_str(&"0.5,0.5\n".repeat(100_000));
    folder.write("long.csv", rows);
    let mut child = folder
        .command(&["score", "model.json", "long.csv"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "score_samples,decision_function,predict\n");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_on_either_output() {
    let folder = Folder::with_model();
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for arguments in
        [&["score", "model.json", "test.csv"][..], &["inspect", "model.json"], &["train", "train.csv", "-o", "-"]]
    {
        let output = folder.command(arguments).stdout(full()).stderr(Stdio::piped()).output().unwrap();
        let message = failure(&output);
        assert!(message.starts_with("cannot write to standard output: No space left"), "{message}");
    }
    let message = folder.failed(&["score", "model.json", "test.csv", "--output", "/dev/full"]);
    assert!(message.starts_with("cannot write /dev/full: No space left"), "{message}");
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_file() {
    let folder = Folder::new();
    let header = (0..10).map(|i| format!("f{i}")).collect::<Vec<_>>().join(",");
    let rows = |n: usize| "0.5,1.5,2,3,4,5,6,7,8,9\n".repeat(n);
    folder.write("train.csv", format!("{header}\n{}", rows(300)));
    folder.done(&["train", "train.csv", "--output", "model.json", "--n-estimators", "5"]);

    let arguments = ["score", "model.json", "-", "--output", "scores.csv"];
    let mut child = folder.command(&arguments).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let peak_kilobytes = |pid: u32| -> u64 {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let part = rows(100_000);
    writeln!(input, "{header}").unwrap();
    // All but a pipe's worth of it has been read when the write returns. The first parts fill the blocks that are read ahead.
    for _ in 0..4 {
        input.write_all(part.as_bytes()).unwrap();
    }
    let early = peak_kilobytes(child.id());
    for _ in 0..8 {
        input.write_all(part.as_bytes()).unwrap();
    }
    let late = peak_kilobytes(child.id());
    drop(input);
    assert!(child.wait().unwrap().success());
    // The 800,000 rows between are 64 MB as numbers; a few blocks are read ahead.
    assert!(late < early + 10_000, "{early} kB at first, {late} kB at last");
}

#[cfg(unix)]
mod interrupted {
    use super::*;

    fn signal(pid: u32, name: &str) {
        let done = Command::new("kill").args(["-s", name, &pid.to_string()]).stderr(Stdio::null()).status();
        // The process may have ended by itself.
        done.unwrap();
    }

    /// Starts a job that waits for more input, sends the signal, and says what is in the folder then.
    fn leaves_in_the_middle(folder: &Folder, arguments: &[&str], name: &str) -> Vec<String> {
        let mut child = folder.command(arguments).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        // More than a pipe holds: when the write returns, the job is in the middle of it.
        input.write_all(b"mean,sd\n").unwrap();
        input.write_all("0.5,0.25\n".repeat(200_000).as_bytes()).unwrap();
        signal(child.id(), name);
        assert_eq!(child.wait().unwrap().code(), None, "ended by the signal");
        drop(input);
        folder.names()
    }

    #[test]
    fn train_and_score_leave_no_file_whatever_the_signal() {
        let folder = Folder::with_model();
        let before = folder.names();
        for name in ["INT", "TERM", "HUP", "KILL"] {
            let train = leaves_in_the_middle(&folder, &["train", "-", "--output", "new.json"], name);
            assert_eq!(train, before, "train after SIG{name}");
            let score = leaves_in_the_middle(&folder, &["score", "model.json", "-", "--output", "new.csv"], name);
            assert_eq!(score, before, "score after SIG{name}");
        }
    }

    #[test]
    fn train_killed_at_any_moment_leaves_a_whole_model_or_none() {
        const KILLS: u32 = 40;
        let folder = Folder::with_model();
        let before = folder.names();
        let arguments = ["train", "train.csv", "--output", "new.json", "--n-estimators", "300"];
        let start = Instant::now();
        folder.done(&arguments);
        let duration = start.elapsed();
        fs::remove_file(folder.path("new.json")).unwrap();

        let mut ended = 0;
        for moment in 0..KILLS {
            let mut child = folder.command(&arguments).stderr(Stdio::null()).spawn().unwrap();
            thread::sleep(duration * moment / (KILLS - 10));
            child.kill().unwrap();
            child.wait().unwrap();
            if folder.path("new.json").exists() {
                ended += 1;
                assert_eq!(ModelFile::read(folder.path("new.json")).unwrap().forest().trees().len(), 300);
                fs::remove_file(folder.path("new.json")).unwrap();
            }
            assert_eq!(folder.names(), before, "left behind at moment {moment} of {duration:?}");
        }
        assert!(ended < KILLS, "no run was killed before its end");
    }
}

#[test]
fn an_output_that_would_replace_an_input_is_refused() {
    let folder = Folder::with_model();
    let before = fs::read(folder.path("train.csv")).unwrap();
    let message = folder.failed(&["train", "train.csv", "--output", "./train.csv"]);
    assert!(message.contains("would replace the input train.csv"), "{message}");
    for output in ["test.csv", "model.json"] {
        let message = folder.failed(&["score", "model.json", "test.csv", "--output", output]);
        assert!(message.contains("would replace the input"), "{message}");
    }
    assert_eq!(fs::read(folder.path("train.csv")).unwrap(), before);
}
