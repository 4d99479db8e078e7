//! What came back, counted.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    client::{Failure, Kind, Verdict},
    latency::Latencies,
};

/// The counts of a run.
pub struct Tally {
    /// Rows that got a usable answer.
    pub answered: u64,
    /// Those of them that asked for the score.
    pub with_score: u64,
    /// Those of them that are outliers.
    pub outliers: u64,
    /// Failed requests: of each kind the number, and the first one's message.
    pub failures: BTreeMap<Kind, (u64, String)>,
    /// Times from a request to its answer.
    pub latencies: Latencies,
    /// Requests since the last answer, of whatever content.
    pub unanswered_in_a_row: u64,
}

impl Tally {
    /// Nothing yet.
    pub fn new() -> Self {
        Self {
            answered: 0,
            with_score: 0,
            outliers: 0,
            failures: BTreeMap::new(),
            latencies: Latencies::new(),
            unanswered_in_a_row: 0,
        }
    }

    /// Counts an answer.
    pub fn add_answer(&mut self, verdict: Verdict, with_score: bool, latency: Duration) {
        self.answered += 1;
        self.with_score += u64::from(with_score);
        self.outliers += u64::from(verdict.is_outlier);
        self.latencies.add(latency);
        self.unanswered_in_a_row = 0;
    }

    /// Counts a failure.
    pub fn add_failure(&mut self, failure: Failure) {
        self.unanswered_in_a_row = if failure.kind == Kind::NoAnswer { self.unanswered_in_a_row + 1 } else { 0 };
        self.failures.entry(failure.kind).or_insert((0, failure.message)).0 += 1;
    }

    /// Failed requests of all kinds.
    pub fn failed(&self) -> u64 {
        self.failures.values().map(|(count, _)| count).sum()
    }

    /// Requests that ended, well or not.
    pub fn done(&self) -> u64 {
        self.answered + self.failed()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Tally;
    use crate::client::{Failure, Kind, Verdict};

    #[test]
    fn failures_are_counted_by_kind_with_the_first_message() {
        let mut tally = Tally::new();
        for (kind, message) in [(Kind::Status(422), "first"), (Kind::NoAnswer, "gone"), (Kind::Status(422), "second")] {
            tally.add_failure(Failure { kind, message: message.into() });
        }
        assert_eq!(tally.failures[&Kind::Status(422)], (2, "first".to_owned()));
        assert_eq!((tally.failed(), tally.done(), tally.answered), (3, 3, 0));
    }

    #[test]
    fn any_answer_ends_a_row_of_silence() {
        let mut tally = Tally::new();
        let silence = || Failure { kind: Kind::NoAnswer, message: String::new() };
        tally.add_failure(silence());
        tally.add_failure(silence());
        assert_eq!(tally.unanswered_in_a_row, 2);
        tally.add_failure(Failure { kind: Kind::Status(503), message: String::new() });
        assert_eq!(tally.unanswered_in_a_row, 0);
        tally.add_failure(silence());
        tally.add_answer(Verdict { is_outlier: true }, true, Duration::from_millis(1));
        assert_eq!(tally.unanswered_in_a_row, 0);
        assert_eq!((tally.answered, tally.with_score, tally.outliers), (1, 1, 1));
    }
}
