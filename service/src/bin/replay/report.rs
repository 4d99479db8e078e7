//! What the user sees: progress on standard error while the run goes on, a summary on standard output at its end.

use std::{
    fmt,
    time::{Duration, Instant},
};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use crate::{
    client::{Failure, Information},
    say,
    tally::Tally,
};

/// Where there is no terminal, a line this often.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Characters of a model's hash that tell it from others.
const HASH_SHOWN: usize = 12;

/// A progress bar on a terminal, plain lines elsewhere.
pub struct Progress {
    bar: ProgressBar,
    total: Option<u64>,
    start: Instant,
    next_line: Duration,
}

impl Progress {
    /// Progress towards `total` rows, or without end.
    pub fn new(total: Option<u64>) -> Self {
        let (bar, template) = match total {
            Some(total) => (ProgressBar::new(total), "{wide_bar} {human_pos} of {human_len} rows, {msg}, {eta} left"),
            None => (ProgressBar::no_length(), "{spinner} {human_pos} rows, {msg}"),
        };
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, total, start: Instant::now(), next_line: LINE_EVERY }
    }

    /// Shows the state of things.
    pub fn show(&mut self, tally: &Tally) {
        let elapsed = self.start.elapsed();
        let state = State { tally, elapsed };
        if !self.bar.is_hidden() {
            self.bar.set_position(tally.done());
            self.bar.set_message(state.to_string());
        } else if elapsed >= self.next_line {
            self.next_line = elapsed + LINE_EVERY;
            let done = HumanCount(tally.done());
            match self.total {
                Some(total) => say(format_args!("{done} of {} rows, {state}", HumanCount(total))),
                None => say(format_args!("{done} rows, {state}")),
            }
        }
    }

    /// Takes the bar away and gives the time since the beginning.
    pub fn finish(&self) -> Duration {
        self.bar.finish_and_clear();
        self.start.elapsed()
    }
}

struct State<'a> {
    tally: &'a Tally,
    elapsed: Duration,
}

impl fmt::Display for State<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = HumanCount(self.tally.failed());
        write!(f, "{}, {failed} failed", PerSecond(self.tally.done(), self.elapsed))
    }
}

/// A count over a time.
struct PerSecond(u64, Duration);

impl fmt::Display for PerSecond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.0 as f64 / self.1.as_secs_f64().max(1e-9);
        if rate < 100.0 {
            write!(f, "{rate:.1} requests/s")
        } else {
            write!(f, "{} requests/s", HumanCount(rate as u64))
        }
    }
}

/// The end of a run.
pub struct Summary<'a> {
    /// What came back.
    pub tally: &'a Tally,
    /// Rows that were to be sent; none if without end.
    pub total: Option<u64>,
    /// How long it took.
    pub elapsed: Duration,
    /// What the service said of its model at the end.
    pub information: &'a Result<Information, Failure>,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tally = self.tally;
        let count = |number| HumanCount(number).to_string();
        write!(f, "rows answered  {:>12}", count(tally.answered))?;
        match self.total.filter(|&total| total != tally.answered) {
            Some(total) => writeln!(f, " of {}", HumanCount(total))?,
            None => writeln!(f)?,
        }
        writeln!(f, "with score     {:>12}", count(tally.with_score))?;
        writeln!(f, "outliers       {:>12}", count(tally.outliers))?;
        writeln!(f, "failed         {:>12}", count(tally.failed()))?;
        for (kind, (number, first)) in &tally.failures {
            writeln!(f, "  {kind}: {}, the first: {first}", HumanCount(*number))?;
        }
        writeln!(
            f,
            "time           {:>10.2} s, {}",
            self.elapsed.as_secs_f64(),
            PerSecond(tally.done(), self.elapsed)
        )?;
        if let (Some(median), Some(slow)) = (tally.latencies.quantile(0.5), tally.latencies.quantile(0.99)) {
            writeln!(f, "latency p50    {:>9.2} ms", median.as_secs_f64() * 1e3)?;
            writeln!(f, "latency p99    {:>9.2} ms", slow.as_secs_f64() * 1e3)?;
        }
        match self.information {
            Ok(Information { model }) => {
                let hash: String = model.sha256.chars().take(HASH_SHOWN).collect();
                write!(f, "model          {hash:>12}, features {}", model.feature_names.join(", "))
            }
            Err(failure) => write!(f, "model          GET /model_information: {}: {}", failure.kind, failure.message),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Summary;
    use crate::{
        client::{Failure, Information, Kind, Model, Verdict},
        tally::Tally,
    };

    #[test]
    fn the_summary_says_all_there_is() {
        let mut tally = Tally::new();
        for i in 0..2_000 {
            tally.add_answer(Verdict { is_outlier: i < 3 }, i % 4 == 0, Duration::from_micros(500));
        }
        tally.add_failure(Failure { kind: Kind::Status(422), message: "expected 2 features".into() });
        let model = Model { sha256: "0123456789abcdef".into(), feature_names: vec!["mean".into(), "sd".into()] };
        let summary = Summary {
            tally: &tally,
            total: Some(2_001),
            elapsed: Duration::from_secs(2),
            information: &Ok(Information { model }),
        };
        assert_eq!(
            summary.to_string(),
            "\
rows answered         2,000 of 2,001
with score              500
outliers                  3
failed                    1
  status 422: 1, the first: expected 2 features
time                 2.00 s, 1,000 requests/s
latency p50         0.50 ms
latency p99         0.50 ms
model          0123456789ab, features mean, sd"
        );
    }
}
