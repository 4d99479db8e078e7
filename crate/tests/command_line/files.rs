use isoforest::ModelFile;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use crate::folder::{Folder, failure, library_scores, stderr, written_scores};

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
