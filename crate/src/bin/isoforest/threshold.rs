//! `isoforest threshold`: what each contamination would flag, as a table or as JSON.

use std::{
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use anyhow::Context;
use clap::Args;
use isoforest::{
    Contamination, IsolationForest, ModelFile,
    data::Shortest,
    threshold::{ELBOW_RULE, Elbow, Threshold, ThresholdCurve},
};
use serde_json::json;

use crate::{
    input, printable,
    progress::{Progress, thousands},
};

/// First digits of the contaminations in the table; each power of ten has all of them.
const DIGITS: [f64; 3] = [1.0, 2.0, 5.0];

/// Points of the curve in the JSON.
const POINTS: usize = 200;

/// Show what share of the rows each contamination would flag, and suggest one.
///
/// The contamination says what share of the training data are outliers; it sets the threshold and never changes a score.
/// The suggestion is the elbow of the curve: up to there, few rows score far lower than the next ones do. It is only a
/// hint: the number of rows that somebody can look at is a better guide.
#[derive(Args)]
#[command(after_help = "\
Examples:
  isoforest threshold model.json data/train.csv
  isoforest threshold model.json data/train.csv --json > threshold.json

To use a contamination, train again with it; the trees and scores stay the same for the same seed:
  isoforest train data/train.csv --output model.json --random-state 16 --contamination 0.01")]
pub struct ThresholdTable {
    /// Model file, as written by `isoforest train`.
    model: PathBuf,
    /// CSV or Parquet file that the model was trained on; `-` is CSV from standard input.
    data: PathBuf,
    /// Write JSON: the table's entries, the suggestion and the curve.
    #[arg(long)]
    json: bool,
    /// Threads; -1 is one per core [default: as in training]. Changes only the time.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    n_jobs: Option<i32>,
}

/// A line of the table.
struct Line {
    threshold: Threshold,
    mark: &'static str,
}

impl ThresholdTable {
    /// Scores all rows and writes to standard output.
    pub fn run(self) -> anyhow::Result<()> {
        IsolationForest::builder().n_jobs(self.n_jobs).check()?;
        let forest = ModelFile::read(&self.model)
            .with_context(|| format!("cannot use the model file {}", self.model.display()))?
            .into_forest();
        let forest = match self.n_jobs {
            None => forest,
            n_jobs => forest.with_n_jobs(n_jobs),
        };
        let curve = self.curve(&forest)?;
        let mut output = BufWriter::new(io::stdout().lock());
        let written = if self.json {
            writeln!(output, "{:#}", as_json(&forest, &curve))
        } else {
            self.write_table(&forest, &curve, &mut output)
        };
        written.and_then(|()| output.flush()).context("cannot write to standard output")
    }

    fn curve(&self, forest: &IsolationForest) -> anyhow::Result<ThresholdCurve> {
        let progress = Progress::new("scoring", false);
        let mut rows = input::open_in_blocks(&self.data, &progress)?.of_model(forest, &progress)?;
        let mut scores = Vec::new();
        while let Some(x) = rows.next().transpose()? {
            let found = forest.score_samples(x.view()).map_err(|error| rows.locate(error, scores.len() as u64))?;
            scores.extend(found);
        }
        Ok(ThresholdCurve::new(scores)?)
    }

    fn write_table(&self, forest: &IsolationForest, curve: &ThresholdCurve, out: &mut impl Write) -> io::Result<()> {
        let rows = thousands(curve.n_rows() as u64);
        writeln!(out, "{} on {} ({rows} rows)\n", self.model.display(), printable(&self.data.to_string_lossy()))?;
        writeln!(out, "{:>13}  {:>9}  {:>12}  {:>8}", "contamination", "offset", "rows flagged", "share")?;
        let elbow = curve.try_elbow();
        for Line { threshold, mark } in lines(forest, curve, elbow.ok()) {
            let contamination = if mark.starts_with(CHOSEN) && forest.params().contamination == Contamination::Auto {
                "auto".to_owned()
            } else {
                Shortest(threshold.contamination).to_string()
            };
            let rows = thousands(threshold.rows_flagged as u64);
            let share = 100.0 * threshold.share_flagged;
            let line = format!("{contamination:>13}  {:>9.5}  {rows:>12}  {share:>6.2} %  {mark}", threshold.offset);
            writeln!(out, "{}", line.trim_end())?;
        }
        match elbow {
            Err(reason) => writeln!(out, "\nNo suggestion: {reason}."),
            Ok(elbow) => {
                writeln!(out, "\nSuggested by: {ELBOW_RULE}.")?;
                writeln!(out, "This is a hint, not a proof: data without outliers can have an elbow, too.")?;
                writeln!(
                    out,
                    "To use it, train again with --contamination {}.",
                    Shortest(elbow.threshold.contamination)
                )
            }
        }
    }
}

const CHOSEN: &str = "<- the model's";

/// The table: round contaminations that flag a row, the model's own threshold and the suggested one, the lowest offset first.
fn lines(forest: &IsolationForest, curve: &ThresholdCurve, elbow: Option<Elbow>) -> Vec<Line> {
    let chosen = match forest.params().contamination {
        Contamination::Auto => curve.at_offset(forest.offset()),
        Contamination::Fraction(share) => Threshold { contamination: share, ..curve.at_offset(forest.offset()) },
    };
    let suggested = elbow.map(|elbow| elbow.threshold);
    let mut lines = if suggested.is_some_and(|one| one.offset == chosen.offset) {
        vec![Line { threshold: chosen, mark: "<- the model's, and suggested" }]
    } else {
        let suggested = suggested.map(|threshold| Line { threshold, mark: "<- suggested" });
        [Line { threshold: chosen, mark: CHOSEN }].into_iter().chain(suggested).collect()
    };
    // Of those that flag the same rows, the largest one is closest to their share.
    let powers = (1..=9).map(|power| 10_f64.powi(power));
    let round = powers.flat_map(|power| DIGITS.map(|digit| digit / power).into_iter().rev());
    for threshold in round.filter_map(|share| curve.at_contamination(share).ok()) {
        let is_there = lines.iter().any(|line| line.threshold.rows_flagged == threshold.rows_flagged);
        if threshold.rows_flagged > 0 && !is_there {
            lines.push(Line { threshold, mark: "" });
        }
    }
    lines.sort_by(|a, b| a.threshold.offset.total_cmp(&b.threshold.offset));
    lines
}

fn as_json(forest: &IsolationForest, curve: &ThresholdCurve) -> serde_json::Value {
    let elbow = curve.try_elbow();
    let table: Vec<Threshold> = lines(forest, curve, elbow.ok()).into_iter().map(|line| line.threshold).collect();
    let points: Vec<_> = curve
        .points(POINTS)
        .into_iter()
        .map(|(score, rows)| json!({ "score_samples": score, "rows_at_or_below": rows }))
        .collect();
    json!({
        "rows": curve.n_rows(),
        "model": { "contamination": forest.params().contamination, "at": curve.at_offset(forest.offset()) },
        "suggested": elbow.ok().map(|elbow| json!({
            "rule": ELBOW_RULE,
            "strength": elbow.strength,
            "at": elbow.threshold,
        })),
        "not_suggested": elbow.err().map(|reason| reason.to_string()),
        "table": table,
        "curve": points,
    })
}
