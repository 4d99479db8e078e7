//! A suggested threshold: where the curve of scores bends.

use serde::Serialize;

use super::curve::{Threshold, ThresholdCurve};

/// The rule of [`ThresholdCurve::elbow`], in a sentence.
pub const ELBOW_RULE: &str =
    "largest distance to the chord of the score over the logarithm of the number of rows flagged (Kneedle)";

/// A suggested threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Elbow {
    /// The threshold.
    pub threshold: Threshold,
    /// Distance to the chord, in [0, 1], both axes scaled to 1: 0 is a straight line, 1 a right angle. For
    /// comparing curves; it does not tell whether there are outliers.
    pub strength: f64,
}

/// Why a curve has no elbow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoElbow {
    /// More than half of the rows have the lowest score.
    #[error(
        "more than half of the rows have the lowest score, so that no threshold flags some of them and at most half of all"
    )]
    MostAreLowest,
    /// Only one threshold flags some rows and at most half of them.
    #[error(
        "only one threshold flags some rows and at most half of all, the one that flags {rows}, and an elbow lies between two"
    )]
    OneThreshold {
        /// Rows that it flags.
        rows: usize,
    },
    /// The curve does not bend the way of an elbow.
    #[error("the scores have no elbow: over the logarithm of the number of rows flagged, none lies below the chord")]
    Straight,
}

impl ThresholdCurve {
    /// The elbow of the curve: up to there, few rows have scores that are far lower than the next ones'; behind it, every
    /// small step of the threshold flags many more. Nothing if the scores do not bend at all.
    ///
    /// The rule is Kneedle's (Satopää, Albrecht, Irwin and Raghavan 2011, "Finding a 'kneedle' in a haystack"): the
    /// point of the largest distance to the chord between the two ends, both axes scaled to 1. The ends are the
    /// row of the lowest score and the highest below which at most half of the rows lie, as a contamination is at most 0.5. The number
    /// of rows is on a logarithmic scale: a share of 0.1 % is as possible as one of 10 %, and on a linear scale the elbow
    /// stands wherever the bulk of the scores begins, at 10 to 30 % of any data. [`try_elbow`](Self::try_elbow) says why there is none.
    ///
    /// When not to trust it:
    ///
    /// - **As a proof that there are outliers.** A normal or uniform cloud without any has an elbow all the same, as some
    ///   row has to score lowest, and a `strength` of 0.25; so has a cloud with twelve rows far outside of it.
    /// - **If outliers are many or form a group.** They hide each other and there is no gap: of seven labelled sets,
    ///   the elbow is right where outliers are few and far (http: 0.4 % suggested, 0.4 % true), cautious where they are
    ///   many (breastw: 16 %, true 35 %; annthyroid: 0.9 %, true 7 %) and wrong where what is unusual is not what
    ///   is labelled (smtp: 1.9 %, true 0.03 %).
    /// - **Beyond its first digit.** Another `random_state` moves it: 0.5 to 1.4 % of one data set.
    /// - **If you know better.** A number of rows that can be looked at in a day is a better reason than any rule.
    ///
    /// Cost: a pass over the scores.
    pub fn elbow(&self) -> Option<Elbow> {
        self.try_elbow().ok()
    }

    /// As [`elbow`](Self::elbow), or why the curve has none.
    ///
    /// # Errors
    ///
    /// [`NoElbow`].
    pub fn try_elbow(&self) -> Result<Elbow, NoElbow> {
        let steps = self.steps(self.n_rows() / 2);
        let (Some(&first), Some(&last)) = (steps.first(), steps.last()) else { return Err(NoElbow::MostAreLowest) };
        if first == last {
            return Err(NoElbow::OneThreshold { rows: first });
        }
        let place = |rows: usize| Some(((rows as f64).ln(), *self.scores().get(rows.checked_sub(1)?)?));
        let (Some((x0, y0)), Some((x1, y1))) = (place(1), place(last)) else { return Err(NoElbow::Straight) };
        let distances = steps.iter().filter_map(|&rows| {
            let (x, y) = place(rows)?;
            Some((rows, (x - x0) / (x1 - x0) - (y - y0) / (y1 - y0)))
        });
        let bend = distances.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, strength)| *strength > 0.0);
        let elbow = bend.and_then(|(rows, strength)| Some(Elbow { threshold: self.flagging(rows)?, strength }));
        elbow.ok_or(NoElbow::Straight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nine rows far out, all others close together.
    fn with_nine_outliers() -> impl Iterator<Item = f64> {
        let far = (0..9).map(|i| -0.9 + f64::from(i) * 1e-3);
        let near = (0..991).map(|i| -0.45 + f64::from(i) * 1e-4);
        near.chain(far)
    }

    #[test]
    fn the_elbow_stands_behind_the_rows_that_are_far_out() {
        let elbow = ThresholdCurve::new(with_nine_outliers()).unwrap().elbow().unwrap();
        assert_eq!((elbow.threshold.rows_flagged, elbow.threshold.contamination), (9, 0.009));
        assert!(elbow.threshold.offset > -0.9 && elbow.threshold.offset <= -0.45, "{elbow:?}");
    }

    #[test]
    fn tied_rows_are_on_one_side_of_the_elbow() {
        let twice = with_nine_outliers().flat_map(|score| [score; 7]);
        let elbow = ThresholdCurve::new(twice).unwrap().elbow().unwrap();
        assert_eq!(elbow.threshold.rows_flagged, 63);
    }

    #[test]
    fn outliers_that_are_all_alike_stand_before_the_elbow() {
        let curve = ThresholdCurve::new(with_nine_outliers().map(|score| score.max(-0.892))).unwrap();
        assert_eq!(curve.points(1_000)[0], (-0.892, 9));
        assert_eq!(curve.elbow().unwrap().threshold.rows_flagged, 9);
    }

    #[test]
    fn scores_without_a_bend_have_no_elbow() {
        let reason = |scores: &[f64]| {
            let curve = ThresholdCurve::new(scores.iter().copied()).unwrap();
            assert_eq!(curve.elbow(), None);
            curve.try_elbow().unwrap_err()
        };
        assert_eq!(reason(&[-0.5; 100]), NoElbow::MostAreLowest);
        assert_eq!(reason(&[-0.5]), NoElbow::MostAreLowest);
        assert_eq!(reason(&[-0.7, -0.7, -0.7, -0.4, -0.3]), NoElbow::MostAreLowest);
        assert_eq!(reason(&[-0.7, -0.7, -0.4, -0.4, -0.4]), NoElbow::OneThreshold { rows: 2 });
        assert_eq!(reason(&[-0.7, -0.4, -0.4, -0.4]), NoElbow::OneThreshold { rows: 1 });
        // They rise steeply at first and ever less: all lie above the chord.
        let bulging: Vec<f64> = (1..=100).map(|rank| -0.4 - 0.5 / f64::from(rank)).collect();
        assert_eq!(reason(&bulging), NoElbow::Straight);
    }
}
