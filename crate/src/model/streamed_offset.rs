//! The offset for rows that do not fit in memory: the exact percentile of scores that come in blocks.
//!
//! A sample says within which bounds the percentile lies, but for a chance of about one in a billion; one pass over all
//! scores then counts those below the bounds and keeps those within (Floyd and Rivest 1975). Should the chance strike,
//! a second pass with wider bounds finds it. Should more different scores lie within than may be kept, they are counted in bins,
//! and a second pass has one of these as its bounds.

/// How often each score came, in memory that has a limit.
mod counts;

use std::sync::Arc;

use ndarray::ArrayView1;

use self::counts::{Counts, LIMITS, Limits, Ranked};
use super::IsolationForest;
use crate::forest::Contamination;
use crate::quantile::interpolate;

/// Half the width of the bounds, in standard deviations of the share of a sample that lies below the percentile.
const DEVIATIONS: f64 = 6.0;

/// A search for the offset that calls the share `contamination` of a stream's rows outliers, exactly as a fit on all of
/// them would set it. Memory: some thousandths of the rows' scores, 27 MB at most (18 MB, and 9 MB more while the table grows); ties count once.
///
/// ```
/// use isoforest::{Contamination, IsolationForest, OffsetSearch};
/// use ndarray::{Array2, s};
///
/// let rows = Array2::from_shape_fn((5000, 1), |(i, _)| f64::from((i * i % 4999) as u32).sqrt());
/// let params = IsolationForest::builder().contamination(Contamination::Fraction(0.01)).random_state(16);
/// let forest = params.fit(rows.slice(s![..1000, ..]))?;
///
/// let mut search = OffsetSearch::new(&forest, forest.score_samples(rows.slice(s![..1000, ..]))?.view()).unwrap();
/// let offset = loop {
///     for block in rows.exact_chunks((500, 1)) {
///         search.add(forest.score_samples(block)?.view());
///     }
///     match search.finish() {
///         Ok(offset) => break offset,
///         Err(again) => search = again,
///     }
/// };
/// let forest = forest.with_offset(offset);
/// assert_eq!(forest.predict(rows.view())?.iter().filter(|&&label| label == -1).count(), 50);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct OffsetSearch {
    share: f64,
    /// The sample's scores, ascending.
    sample: Arc<[f64]>,
    deviations: f64,
    n_rows: u64,
    counts: Counts,
}

impl OffsetSearch {
    /// A search with bounds from the scores of a uniform sample of the rows; none if `contamination` is "auto", which
    /// asks for no percentile.
    pub fn new(forest: &IsolationForest, sample_scores: ArrayView1<'_, f64>) -> Option<Self> {
        let Contamination::Fraction(share) = forest.params().contamination else {
            return None;
        };
        let mut sample = sample_scores.to_vec();
        sample.sort_unstable_by(f64::total_cmp);
        Some(Self::bounded(share, sample.into(), DEVIATIONS, &LIMITS))
    }

    fn bounded(share: f64, sample: Arc<[f64]>, deviations: f64, limits: &'static Limits) -> Self {
        let n = sample.len() as f64;
        // One more row on either side for the two neighbours that the percentile lies between.
        let margin = deviations * (n * share * (1.0 - share)).sqrt() + 2.0;
        let (below, above) = (n * share - margin, n * share + margin);
        let at = |place: f64| sample.get(place as usize).copied();
        let low = if below < 0.0 { None } else { at(below.floor()) }.unwrap_or(f64::NEG_INFINITY);
        let high = at(above.ceil()).unwrap_or(f64::INFINITY);
        Self { share, sample, deviations, n_rows: 0, counts: Counts::new(low, high, limits) }
    }

    /// Counts the scores of the next rows.
    pub fn add(&mut self, scores: ArrayView1<'_, f64>) {
        self.n_rows += scores.len() as u64;
        scores.iter().for_each(|&score| self.counts.add(score));
    }

    /// Takes over what another search has counted, so that parts of the rows can be scored side by side: `other` began as a
    /// clone of this one, before rows were added to either. The result does not depend on the order of the parts.
    ///
    /// ```
    /// use isoforest::{Contamination, IsolationForest, OffsetSearch};
    /// use ndarray::Array2;
    ///
    /// let rows = Array2::from_shape_fn((500, 1), |(i, _)| f64::from((i * i % 499) as u32));
    /// let params = IsolationForest::builder().contamination(Contamination::Fraction(0.1)).random_state(16);
    /// let forest = params.fit(rows.view())?;
    /// let scores = forest.score_samples(rows.view())?;
    ///
    /// let mut search = OffsetSearch::new(&forest, scores.view()).unwrap();
    /// let mut part = search.clone();
    /// let (first, second) = scores.view().split_at(ndarray::Axis(0), 200);
    /// search.add(first);
    /// part.add(second);
    /// search.merge(part);
    /// assert_eq!(search.finish().unwrap(), forest.offset());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn merge(&mut self, other: Self) {
        debug_assert!(self.counts.has_bounds_of(&other.counts), "searches with different bounds count different rows");
        self.n_rows += other.n_rows;
        self.counts.merge(other.counts);
    }

    /// The number of rows that have been added.
    pub fn n_rows(&self) -> u64 {
        self.n_rows
    }

    /// The offset, when all rows have been added.
    ///
    /// # Errors
    ///
    /// The percentile lies outside of the bounds, or among too many different scores to keep them; the error is a search with wider
    /// or narrower ones, to which all rows must be added again. The widest bounds are none, the narrowest are one score: the search
    /// ends.
    pub fn finish(self) -> Result<f64, Self> {
        // As the fit places it, the detour over a percentage included.
        let last = self.n_rows.saturating_sub(1);
        let place = last as f64 * (100.0 * self.share / 100.0);
        let rank = place.floor() as u64;
        let limits = self.counts.limits();
        match self.counts.at([rank, (rank + 1).min(last)]) {
            Some([Ranked::Score(low), Ranked::Score(high)]) => Ok(interpolate(low, high, place - place.floor())),
            // If both are unknown, then in the same bin: the last of one and the first of the next are known.
            Some([Ranked::Between(low, high), _] | [_, Ranked::Between(low, high)]) => {
                Err(Self { n_rows: 0, counts: Counts::new(low, high, limits), ..self })
            }
            // Without rows there is no percentile; as little as for a forest without a training row.
            None if self.n_rows == 0 => Ok(f64::NAN),
            None => Err(Self::bounded(self.share, self.sample, self.deviations * 8.0, limits)),
        }
    }
}

impl IsolationForest {
    /// The same forest with another offset: rows that score below it are outliers. Scores stay as they are.
    #[must_use]
    pub fn with_offset(mut self, offset: f64) -> Self {
        self.offset = offset;
        self
    }
}

#[cfg(test)]
mod tests {
    use ndarray::aview1;

    use super::{
        DEVIATIONS, OffsetSearch,
        counts::{LIMITS, Limits},
    };
    use crate::quantile::interpolate;

    /// The search over all scores, with a sample given, and the number of passes that it took.
    fn searched(scores: &[f64], sample: Vec<f64>, share: f64) -> (f64, usize) {
        searched_within(scores, sample, share, &LIMITS)
    }

    /// The same, with limits to what is held.
    fn searched_within(scores: &[f64], mut sample: Vec<f64>, share: f64, limits: &'static Limits) -> (f64, usize) {
        sample.sort_unstable_by(f64::total_cmp);
        let mut search = OffsetSearch::bounded(share, sample.into(), DEVIATIONS, limits);
        for pass in 1..100 {
            scores.chunks(7).for_each(|part| search.add(aview1(part)));
            assert!(search.counts.n_held() <= limits.scores.max(limits.bins));
            match search.finish() {
                Ok(offset) => return (offset, pass),
                Err(again) => search = again,
            }
        }
        panic!("the search does not end");
    }

    fn sorted_percentile(scores: &[f64], share: f64) -> f64 {
        let mut sorted = scores.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let place = (sorted.len() - 1) as f64 * (100.0 * share / 100.0);
        let rank = place as usize;
        interpolate(sorted[rank], sorted[(rank + 1).min(sorted.len() - 1)], place.fract())
    }

    /// Scores from a linear congruential generator; `distinct` of them at most.
    fn scores(n: u64, distinct: u64) -> Vec<f64> {
        let next = |state: u64| state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let states = std::iter::successors(Some(n), |&state| Some(next(state)));
        states.skip(1).take(n as usize).map(|state| -(((state >> 33) % distinct + 1) as f64) / 1e10).collect()
    }

    #[test]
    fn one_pass_finds_the_percentile_of_a_sort_to_the_last_bit() {
        for n in [1, 2, 3, 10, 999, 20_000] {
            for distinct in [1, 3, 50, 1 << 31] {
                let scores = scores(n, distinct);
                let sample: Vec<f64> = scores.iter().copied().step_by(10).collect();
                for share in [0.001, 0.01, 0.1, 0.25, 0.5] {
                    let expected = sorted_percentile(&scores, share);
                    assert_eq!(searched(&scores, sample.clone(), share), (expected, 1), "{share} of {n}, {distinct}");
                }
            }
        }
    }

    #[test]
    fn parts_that_are_counted_side_by_side_give_the_same_percentile() {
        let scores = scores(20_000, 5000);
        let sample: Vec<f64> = scores.iter().copied().step_by(10).collect();
        let mut sorted = sample.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let whole = OffsetSearch::bounded(0.01, sorted.into(), DEVIATIONS, &LIMITS);
        for n_parts in [2, 3, 16] {
            let mut joined = whole.clone();
            for part in scores.chunks(20_000 / n_parts) {
                let mut search = whole.clone();
                search.add(aview1(part));
                joined.merge(search);
            }
            assert_eq!(joined.n_rows(), 20_000);
            assert_eq!(joined.finish().ok(), Some(sorted_percentile(&scores, 0.01)), "{n_parts} parts");
        }
    }

    #[test]
    fn only_scores_near_the_percentile_are_kept() {
        let scores = scores(100_000, 1 << 31);
        let mut sample = scores[..10_000].to_vec();
        sample.sort_unstable_by(f64::total_cmp);
        let mut search = OffsetSearch::bounded(0.01, sample.into(), DEVIATIONS, &LIMITS);
        search.add(aview1(&scores));
        assert!(search.counts.n_held() < 2_000, "{}", search.counts.n_held());
    }

    #[test]
    fn more_different_scores_than_may_be_kept_cost_passes_and_no_accuracy() {
        let limits = &Limits { scores: 64, bins: 16 };
        let even = scores(20_000, 1 << 31);
        // Most of them crowd together on either side of a gap, where bins of equal width tell little.
        let crowded: Vec<f64> = (0..20_000)
            .map(|i| if i % 2 == 0 { -0.9 - f64::from(i) * 1e-14 } else { -1e-3 - f64::from(i) * 1e-14 })
            .collect();
        let alike = vec![-0.25; 20_000];
        for scores in [even, crowded, alike] {
            // Without a sample there are no bounds.
            for sample in [Vec::new(), scores.iter().copied().step_by(10).collect()] {
                for share in [0.0001, 0.01, 0.1, 0.25, 0.49, 0.5] {
                    let (offset, passes) = searched_within(&scores, sample.clone(), share, limits);
                    assert_eq!(offset.to_bits(), sorted_percentile(&scores, share).to_bits(), "{share}");
                    // Of the 64 bits of a number, each pass tells 4.
                    assert!(passes <= 16, "{passes}");
                }
            }
        }
    }

    #[test]
    fn a_sample_that_misleads_costs_a_pass_and_no_accuracy() {
        let scores = scores(50_000, 1 << 31);
        let mut sorted = scores.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        for sample in [&sorted[..1000], &sorted[49_000..]] {
            let (offset, passes) = searched(&scores, sample.to_vec(), 0.1);
            assert_eq!(offset, sorted_percentile(&scores, 0.1));
            assert!(passes > 1);
        }
    }
}
