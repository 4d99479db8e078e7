use isoforest::ModelFile;
use isoforest::data::read_csv;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A folder in which the program runs, so that relative names in messages are short.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder with 500 training rows, 200 test rows and a model.
    pub fn with_model() -> Self {
        let folder = Self::new();
        folder.done(&["generate", "--output", ".", "--train-rows", "500", "--test-rows", "200"]);
        folder.done(&["train", "train.csv", "--output", "model.json", "--random-state", "16"]);
        folder
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isoforest"));
        command.current_dir(self.0.path()).args(arguments).stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs with `input` as standard input.
    pub fn run_with(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Output {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The program may end before it has read everything.
        let _ = child.stdin.take().unwrap().write_all(input.as_ref());
        child.wait_with_output().unwrap()
    }

    /// Runs a job that must end well, and gives its standard output.
    pub fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a job that must fail with status 1, and gives its one line of standard error without `error: `.
    pub fn failed(&self, arguments: &[&str]) -> String {
        failure(&self.run(arguments))
    }

    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub fn failure(output: &Output) -> String {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    text.strip_prefix("error: ").unwrap_or_else(|| panic!("no error: {text}")).trim_end().to_owned()
}

/// The scores of a file as the library gives them, in the columns of the program's output.
pub fn library_scores(model: &Path, data: &Path) -> Vec<(u64, u64, i8)> {
    let forest = ModelFile::read(model).unwrap().into_forest();
    let x = read_csv(data).unwrap().values;
    let scores = forest.score_samples(x.view()).unwrap();
    let decisions = forest.decision_function(x.view()).unwrap();
    let predictions = forest.predict(x.view()).unwrap();
    (0..x.nrows()).map(|row| (scores[row].to_bits(), decisions[row].to_bits(), predictions[row])).collect()
}

pub fn written_scores(text: &str) -> Vec<(u64, u64, i8)> {
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
