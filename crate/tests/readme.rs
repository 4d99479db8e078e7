//! The README's commands, run as they stand there, and what it says they print.
#![cfg(feature = "cli")]

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

const README: &str = include_str!("../../README.md");

/// A folder where the README's commands work: it has the data, and nothing that is in the way.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("../data"), folder.path().join("data")).unwrap();
    folder
}

/// Runs a command of this program; gives what it prints, errors and all.
fn run(folder: &TempDir, command: &str) -> String {
    let arguments = command.split_whitespace().skip(1);
    let output =
        Command::new(env!("CARGO_BIN_EXE_isoforest")).current_dir(folder.path()).args(arguments).output().unwrap();
    let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{command}: {printed}");
    printed
}

/// The blocks of the README that are marked with this word.
fn blocks(mark: &str) -> impl Iterator<Item = &'static str> {
    let opening = format!("```{mark}\n");
    README.split("\n```\n").filter_map(move |part| part.rsplit_once(&*opening).map(|(_, block)| block))
}

/// Whether it is the expected text, in which an ellipsis stands for anything on its line.
fn fits(printed: &str, expected: &str) -> bool {
    printed.lines().count() == expected.lines().count()
        && printed.lines().zip(expected.lines()).all(|(printed, expected)| match expected.split_once('…') {
            Some((start, end)) => printed.starts_with(start) && printed.ends_with(end),
            None => printed == expected,
        })
}

#[test]
fn each_command_prints_what_the_readme_says() {
    let folder = folder();
    let mut n_commands = 0;
    for block in blocks("console") {
        for call in block.split("$ ").filter(|call| call.starts_with("isoforest ")) {
            let (command, expected) = call.split_once('\n').unwrap_or((call, ""));
            let printed = run(&folder, command);
            assert!(fits(&printed, expected), "{command}\nprints\n{printed}\nthe README says\n{expected}");
            n_commands += 1;
        }
    }
    assert!(n_commands >= 3, "{n_commands} commands with what they print");

    let commands = blocks("sh").flat_map(str::lines).filter(|line| line.starts_with("isoforest "));
    // What is behind a pipe or in a file by another program is for the tests from outside.
    let commands: Vec<&str> = commands
        .map(|line| line.split(['#', '|', '>']).next().unwrap_or_default())
        .filter(|line| !line.starts_with("isoforest import forest.json"))
        .collect();
    assert!(commands.len() >= 5, "{commands:?}");
    for command in commands {
        run(&folder, command);
    }
}
