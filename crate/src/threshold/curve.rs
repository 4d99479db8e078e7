//! The scores of the training rows in order, and what a threshold among them flags.

use serde::Serialize;

use crate::IsolationForest;
use crate::forest::ParamError;
use crate::quantile::interpolate;

/// Scores that have no curve.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ThresholdError {
    /// No scores at all.
    #[error("expected the score of at least one row, found none")]
    Empty,
    /// A score that is none.
    #[error("the score of row {row} is {value}; expected a score_samples, a number in [-1, 0)")]
    Score {
        /// Row, from 0.
        row: usize,
        /// What was found there.
        value: f64,
    },
}

/// A threshold and what it flags.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Threshold {
    /// The contamination that gives the offset; [`IsolationForestParams::contamination`](crate::IsolationForestParams::contamination)
    /// takes it where it is in (0, 0.5].
    pub contamination: f64,
    /// Rows with a score below it are outliers.
    pub offset: f64,
    /// Rows that it flags as outliers.
    pub rows_flagged: usize,
    /// Their share of all rows, in [0, 1]: tied scores make it differ from the contamination.
    pub share_flagged: f64,
}

/// `score_samples` of the training rows, in order: how many rows each threshold flags.
#[derive(Debug, Clone, PartialEq)]
pub struct ThresholdCurve {
    /// Ascending, so the most anomalous first; never empty.
    sorted: Vec<f64>,
}

impl ThresholdCurve {
    /// The curve of `score_samples`, one entry a row. Cost: a sort.
    ///
    /// # Errors
    ///
    /// [`ThresholdError`]: no scores, or one that is not in [-1, 0).
    pub fn new(scores: impl IntoIterator<Item = f64>) -> Result<Self, ThresholdError> {
        let mut sorted: Vec<f64> = scores.into_iter().collect();
        if let Some((row, &value)) = sorted.iter().enumerate().find(|(_, score)| !(-1.0..0.0).contains(*score)) {
            return Err(ThresholdError::Score { row, value });
        }
        if sorted.is_empty() {
            return Err(ThresholdError::Empty);
        }
        sorted.sort_unstable_by(f64::total_cmp);
        Ok(Self { sorted })
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.sorted.len()
    }

    /// The scores, ascending: the most anomalous first.
    pub fn scores(&self) -> &[f64] {
        &self.sorted
    }

    /// Rows that a forest of this offset flags: those with a score below it. Cost: a binary search.
    pub fn rows_flagged(&self, offset: f64) -> usize {
        self.sorted.partition_point(|&score| score < offset)
    }

    /// The threshold of an offset; its contamination is the share that is flagged.
    pub fn at_offset(&self, offset: f64) -> Threshold {
        let rows_flagged = self.rows_flagged(offset);
        let share = rows_flagged as f64 / self.n_rows() as f64;
        Threshold { contamination: share, offset, rows_flagged, share_flagged: share }
    }

    /// The threshold of a contamination: the offset is that of a fit with it, to the last bit.
    ///
    /// # Errors
    ///
    /// A contamination that is not in (0, 0.5].
    pub fn at_contamination(&self, contamination: f64) -> Result<Threshold, ParamError> {
        IsolationForest::builder().contamination(crate::Contamination::Fraction(contamination)).check()?;
        Ok(Threshold { contamination, ..self.at_offset(self.offset_of(contamination)) })
    }

    /// As `percentile` in `model/fit.rs`, of scores that are sorted already.
    fn offset_of(&self, contamination: f64) -> f64 {
        let place = (self.n_rows() - 1) as f64 * (100.0 * contamination / 100.0);
        let low = self.sorted.get(place as usize).copied().unwrap_or(-1.0);
        let high = self.sorted.get(place as usize + 1).copied().unwrap_or(low);
        interpolate(low, high, place.fract())
    }

    /// The threshold that flags exactly `rows` rows, if some threshold does: tied rows are flagged together. Its
    /// contamination has as few digits as will do.
    pub(super) fn flagging(&self, rows: usize) -> Option<Threshold> {
        let share = rows as f64 / self.n_rows() as f64;
        let rounded = (2..=17).filter_map(|digits: usize| format!("{share:.*e}", digits - 1).parse().ok());
        rounded
            .chain([share])
            .find_map(|share| self.at_contamination(share).ok().filter(|threshold| threshold.rows_flagged == rows))
    }

    /// For each distinct score from the lowest up, how many rows have it or a lower one; only up to `most` rows.
    pub(super) fn steps(&self, most: usize) -> Vec<usize> {
        let ends = self.sorted.windows(2).enumerate().filter(|(_, pair)| pair[0] < pair[1]).map(|(i, _)| i + 1);
        ends.chain([self.n_rows()]).take_while(|&rows| rows <= most).collect()
    }

    /// The curve in at most `most` points, from the lowest score to the highest, with the rows of that score or a lower one.
    /// The numbers of rows stand at about equal distances on a logarithmic scale, as small shares are the ones of
    /// interest.
    ///
    /// ```
    /// use isoforest::threshold::ThresholdCurve;
    ///
    /// let curve = ThresholdCurve::new([-0.4, -0.7, -0.4, -0.5])?;
    /// assert_eq!(curve.points(10), [(-0.7, 1), (-0.5, 2), (-0.4, 4)]);
    /// # Ok::<(), isoforest::threshold::ThresholdError>(())
    /// ```
    pub fn points(&self, most: usize) -> Vec<(f64, usize)> {
        let steps = self.steps(self.n_rows());
        let (Some(&first), Some(&last)) = (steps.first(), steps.last()) else { return Vec::new() };
        let point = |rows: usize| Some((*self.sorted.get(rows.checked_sub(1)?)?, rows));
        if steps.len() <= most {
            return steps.into_iter().filter_map(point).collect();
        }
        let ratio = (last as f64 / first as f64).powf(1.0 / most.saturating_sub(1).max(1) as f64);
        let wanted = (0..most).map(|i| first as f64 * ratio.powf(i as f64));
        let mut chosen: Vec<usize> = wanted
            .filter_map(|rows| steps.get(steps.partition_point(|&step| (step as f64) < rows - 0.5)).copied())
            .collect();
        chosen.dedup();
        chosen.into_iter().filter_map(point).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_flags_the_rows_below_it_and_no_tied_one() {
        let curve = ThresholdCurve::new([-0.4, -0.7, -0.4, -0.5]).unwrap();
        assert_eq!([-0.8, -0.7, -0.6, -0.5, -0.4, -0.1].map(|offset| curve.rows_flagged(offset)), [0, 0, 1, 1, 2, 4]);
        assert_eq!(curve.at_offset(-0.45).share_flagged, 0.5);
    }

    #[test]
    fn the_contamination_for_a_number_of_rows_is_short_and_flags_them() {
        let curve = ThresholdCurve::new((0..3_000).map(|i| -0.9 + f64::from(i) * 1e-4)).unwrap();
        for rows in 1..=1_500 {
            let found = curve.flagging(rows).unwrap();
            assert_eq!((found.rows_flagged, curve.rows_flagged(found.offset)), (rows, rows));
            assert!(found.contamination.to_string().len() <= 9, "{}", found.contamination);
        }
        // Three tied rows: no threshold tells them apart.
        let curve = ThresholdCurve::new([-0.7, -0.7, -0.7, -0.5, -0.5, -0.5, -0.4, -0.3]).unwrap();
        assert_eq!([1, 2, 3].map(|rows| curve.flagging(rows).is_some()), [false, false, true]);
    }

    #[test]
    fn a_long_curve_keeps_its_ends_and_rises() {
        let curve = ThresholdCurve::new((0..100_000).map(|i| -0.9 + f64::from(i / 3) * 1e-5)).unwrap();
        let points = curve.points(100);
        assert!((50..=100).contains(&points.len()), "{}", points.len());
        assert_eq!((points[0].1, points[points.len() - 1].1), (3, 100_000));
        assert!(points.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1));
        assert_eq!(ThresholdCurve::new([-0.5; 9]).unwrap().points(2), [(-0.5, 9)]);
    }

    #[test]
    fn scores_that_are_none_are_refused() {
        assert_eq!(ThresholdCurve::new([]), Err(ThresholdError::Empty));
        let error = ThresholdCurve::new([-0.5, 0.5]).unwrap_err();
        assert_eq!(error.to_string(), "the score of row 1 is 0.5; expected a score_samples, a number in [-1, 0)");
        assert!(ThresholdCurve::new([f64::NAN]).is_err());
        assert!(ThresholdCurve::new([-0.5]).unwrap().at_contamination(0.6).is_err());
    }
}
