use isoforest::ModelFile;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use crate::folder::Folder;

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
