//! Threshold help: in the library and on the command line.

mod common;

use common::{Recipe, bell};
use isoforest::threshold::ThresholdCurve;
use isoforest::{Contamination, IsolationForest};

#[test]
fn a_contamination_on_the_curve_gives_the_offset_and_the_outliers_of_a_fit_with_it() {
    for recipe in [Recipe::new(1_000, 2, 61), Recipe { levels: Some(2), ..Recipe::new(683, 3, 62) }] {
        let x = recipe.cook();
        let params = IsolationForest::builder().n_estimators(20).random_state(16);
        let curve = ThresholdCurve::new(params.fit(x.view()).unwrap().score_samples(x.view()).unwrap()).unwrap();
        let suggested = curve.elbow().unwrap().threshold.contamination;
        for contamination in [0.001, 0.01, 1.0 / 3.0, 0.29, 0.5, suggested] {
            let found = curve.at_contamination(contamination).unwrap();
            let forest = params.contamination(Contamination::Fraction(contamination)).fit(x.view()).unwrap();
            let outliers = forest.predict(x.view()).unwrap().iter().filter(|&&label| label == -1).count();
            assert_eq!((found.offset, found.rows_flagged), (forest.offset(), outliers), "{contamination}");
        }
    }
}

#[test]
fn the_elbow_finds_a_few_rows_far_from_all_others() {
    let mut x = bell(2_000, 2, 63);
    for row in 0..12 {
        x[(row, 0)] += if row % 2 == 0 { 8.0 } else { -8.0 };
        x[(row, 1)] += f64::from(row as u32) - 6.0;
    }
    let forest = IsolationForest::builder().random_state(16).fit(x.view()).unwrap();
    let elbow = ThresholdCurve::new(forest.score_samples(x.view()).unwrap()).unwrap().elbow().unwrap();
    assert!((10..=40).contains(&elbow.threshold.rows_flagged), "{elbow:?}");
}

#[cfg(feature = "cli")]
mod command_line {
    use std::fs;
    use std::path::Path;
    use std::process::{Command, Output};

    use serde_json::Value;

    fn run(folder: &Path, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_isoforest")).current_dir(folder).args(arguments).output().unwrap()
    }

    fn done(folder: &Path, arguments: &[&str]) -> String {
        let output = run(folder, arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn with_model(contamination: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        done(folder.path(), &["generate", "--output", ".", "--train-rows", "2000", "--test-rows", "20"]);
        let options = ["--random-state", "16", "--contamination", contamination];
        done(folder.path(), &[&["train", "train.csv", "--output", "model.json"][..], &options].concat());
        folder
    }

    #[test]
    fn the_table_shows_round_contaminations_the_model_s_and_the_suggested_one() {
        let folder = with_model("0.01");
        let text = done(folder.path(), &["threshold", "model.json", "train.csv"]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "model.json on train.csv (2,000 rows)");
        let header: Vec<&str> = lines[2].split_whitespace().collect();
        assert_eq!(header, ["contamination", "offset", "rows", "flagged", "share"]);
        let chosen = lines.iter().find(|line| line.ends_with("<- the model's")).unwrap();
        assert!(chosen.trim_start().starts_with("0.01 ") && chosen.contains("1.00 %"), "{chosen}");
        let suggested = lines.iter().find(|line| line.ends_with("<- suggested")).unwrap();
        let contamination = suggested.split_whitespace().next().unwrap();
        assert!(text.ends_with(&format!("To use it, train again with --contamination {contamination}.\n")), "{text}");
        let offsets: Vec<f64> = lines[3..]
            .iter()
            .take_while(|line| !line.is_empty())
            .map(|line| line.split_whitespace().nth(1).unwrap().parse().unwrap())
            .collect();
        assert!(offsets.len() > 8 && offsets.is_sorted(), "{text}");
    }

    #[test]
    fn of_contaminations_that_flag_the_same_rows_the_largest_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        // No two scores are equal.
        let rows = (1..=300).map(|i| format!("{},{}\n", f64::from(i).powi(3), f64::from(i * 7 % 300).sqrt()));
        fs::write(folder.path().join("train.csv"), format!("a,b\n{}", rows.collect::<String>())).unwrap();
        done(folder.path(), &["train", "train.csv", "--output", "model.json", "--random-state", "16"]);
        let text = done(folder.path(), &["threshold", "model.json", "train.csv", "--json"]);
        let document: Value = serde_json::from_str(&text).unwrap();
        let table = document["table"].as_array().unwrap();
        let pair = |line: &Value| (line["contamination"].as_f64().unwrap(), line["rows_flagged"].as_u64().unwrap());
        let lines: Vec<_> = table.iter().map(pair).filter(|line| line.1 <= 6).collect();
        assert_eq!(lines, [(0.002, 1), (0.005, 2), (0.01, 3), (0.02, 6)], "{text}");
    }

    #[test]
    fn the_suggestion_is_the_model_s_once_it_is_used_and_auto_is_called_auto() {
        let folder = with_model("auto");
        let text = done(folder.path(), &["threshold", "model.json", "train.csv"]);
        assert!(text.contains("         auto   -0.50000"), "{text}");
        let document: Value =
            serde_json::from_str(&done(folder.path(), &["threshold", "model.json", "train.csv", "--json"])).unwrap();
        assert_eq!((&document["rows"], &document["model"]["contamination"]), (&2_000.into(), &"auto".into()));
        let curve = document["curve"].as_array().unwrap();
        assert!(curve.len() <= 200 && curve[curve.len() - 1]["rows_at_or_below"] == 2_000);
        let suggested = &document["suggested"]["at"];
        let contamination = suggested["contamination"].to_string();
        let options = ["--random-state", "16", "--contamination", &contamination];
        done(folder.path(), &[&["train", "train.csv", "--output", "model.json"][..], &options].concat());
        let text = done(folder.path(), &["threshold", "model.json", "train.csv"]);
        assert!(text.contains("<- the model's, and suggested"), "{text}");
    }

    #[test]
    fn without_a_suggestion_the_reason_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let cells = |cells: &[u32]| cells.iter().fold("a\n".to_owned(), |text, cell| format!("{text}{cell}\n"));
        for (name, rows, reason) in [
            ("equal", vec![1; 20], "more than half of the rows have the lowest score"),
            ("two", [vec![9; 3], vec![1; 17]].concat(), "the one that flags 3"),
        ] {
            fs::write(folder.path().join("train.csv"), cells(&rows)).unwrap();
            done(folder.path(), &["train", "train.csv", "--output", "model.json", "--random-state", "16"]);
            let text = done(folder.path(), &["threshold", "model.json", "train.csv"]);
            assert!(text.contains("\nNo suggestion: ") && text.contains(reason), "{name}: {text}");
            let json = done(folder.path(), &["threshold", "model.json", "train.csv", "--json"]);
            let document: Value = serde_json::from_str(&json).unwrap();
            assert!(document["suggested"].is_null());
            assert!(document["not_suggested"].as_str().unwrap().contains(reason), "{json}");
        }
    }

    #[test]
    fn other_columns_and_other_files_are_errors() {
        let folder = with_model("auto");
        fs::write(folder.path().join("other.csv"), "a,b\n1,2\n").unwrap();
        let output = run(folder.path(), &["threshold", "model.json", "other.csv"]);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(message.contains("other.csv, line 1: the column \"mean\" is missing"), "{message}");
        assert_eq!(run(folder.path(), &["threshold", "train.csv", "train.csv"]).status.code(), Some(1));
    }
}
