use crate::folder::{Folder, stderr};

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
