//! Which row is sent next, when, and whether it asks for its score.

use std::time::Duration;

use crate::selection::Selection;

/// The slowest rate: a row in some weeks.
const SLOWEST: f64 = 1e-6;

/// Rows a second, from the command line.
pub fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if rate == 0.0 || (SLOWEST..=1e9).contains(&rate) => Ok(rate),
        _ => Err("expected rows a second: a positive number, or 0 for as fast as it goes".into()),
    }
}

/// A row to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The row, counted from 0.
    pub row: usize,
    /// Whether to ask for the score.
    pub with_score: bool,
    /// Not before this long after the start.
    pub at: Duration,
}

/// The rows in their order, once or without end.
pub struct Schedule {
    selection: Selection,
    rows: usize,
    is_endless: bool,
    interval: Duration,
    next_row: usize,
    next_at: Duration,
}

impl Schedule {
    /// All of `rows` rows, `rate` of them a second (0: all are due at once).
    pub fn new(rows: usize, rate: f64, is_endless: bool, selection: Selection) -> Self {
        let interval = if rate > 0.0 { Duration::from_secs_f64(rate.recip()) } else { Duration::ZERO };
        Self { selection, rows, is_endless, interval, next_row: 0, next_at: Duration::ZERO }
    }

    /// How many rows there are in all; none if without end.
    pub fn total(&self) -> Option<u64> {
        (!self.is_endless).then_some(self.rows as u64)
    }
}

impl Iterator for Schedule {
    type Item = Due;

    fn next(&mut self) -> Option<Due> {
        if self.next_row == self.rows && self.is_endless {
            self.next_row = 0;
        }
        if self.next_row == self.rows {
            return None;
        }
        let due = Due { row: self.next_row, with_score: self.selection.next(), at: self.next_at };
        self.next_row += 1;
        self.next_at = self.next_at.saturating_add(self.interval);
        Some(due)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Due, Schedule};
    use crate::selection::Selection;

    fn schedule(rows: usize, rate: f64, is_endless: bool) -> Schedule {
        Schedule::new(rows, rate, is_endless, Selection::new(rows, "1".parse().unwrap(), 16))
    }

    #[test]
    fn rows_come_once_in_order_at_the_rate() {
        let due = |row, at| Due { row, with_score: true, at: Duration::from_millis(at) };
        let all: Vec<Due> = schedule(3, 4.0, false).collect();
        assert_eq!(all, [due(0, 0), due(1, 250), due(2, 500)]);
    }

    #[test]
    fn a_rate_of_zero_is_all_at_once() {
        assert!(schedule(100, 0.0, false).all(|due| due.at.is_zero()));
    }

    #[test]
    fn without_end_the_file_begins_again() {
        let rows: Vec<usize> = schedule(2, 0.0, true).map(|due| due.row).take(5).collect();
        assert_eq!(rows, [0, 1, 0, 1, 0]);
        assert_eq!((schedule(2, 0.0, true).total(), schedule(2, 0.0, false).total()), (None, Some(2)));
    }

    #[test]
    fn no_rows_are_no_work_even_without_end() {
        assert_eq!(schedule(0, 0.0, true).next(), None);
    }
}
