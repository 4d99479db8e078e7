//! Scoring rows: the trees in a layout made for walking, rows in blocks, blocks on threads.
//!
//! Every way of scoring adds the same `f64` path lengths in the same order, so that all give the same bits.

/// Rows cast to `f32`, a block at a time, and checked.
mod block;
/// The walk: 8-byte nodes, several rows at a time.
mod walk;

use std::num::NonZero;
use std::thread;

use ndarray::{Array1, ArrayView2, ArrayViewMut1, Axis};

pub use block::Feature;
pub(crate) use block::{BLOCK_ROWS, Block, find_infinite};
use walk::Walk;
pub(crate) use walk::largest_f32_not_above;

use crate::forest::{Tree, average_path_length};

/// Rows that cannot be scored.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScoreError {
    /// Too few or too many columns.
    #[error("expected {expected} features in each row, as in the training data, found {found}")]
    FeatureCount {
        /// Columns of the training data.
        expected: usize,
        /// Columns of the rows handed over.
        found: usize,
    },
    /// An infinity, or a number beyond the range of `f32`.
    #[error(
        "row {row}, feature {name} (column {column}): {value} is infinite or too large for a 32-bit float; expected a finite number, or NaN for a missing value"
    )]
    Infinite {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// The column's name.
        name: String,
        /// What was found there.
        value: f64,
    },
}

/// The error of an infinite value at `place`, a row and a column of `x`.
pub(crate) fn infinite<A: Feature>(x: ArrayView2<'_, A>, names: &[String], place: (usize, usize)) -> ScoreError {
    let (row, column) = place;
    ScoreError::Infinite { row, column, name: names.get(column).cloned().unwrap_or_default(), value: x[place].to_f64() }
}

/// Trees made ready for scoring.
#[derive(Debug, Clone)]
pub(crate) struct Scorer {
    walk: AnyWalk,
    n_features: usize,
    /// `T · c(max_samples)`: what the summed path length is measured against; 0 if each tree saw one row.
    denominator: f64,
}

/// Node indices of 16 bits where they are enough, else of 32.
#[derive(Debug, Clone)]
enum AnyWalk {
    Narrow(Walk<u16>),
    Wide(Walk<u32>),
}

impl Scorer {
    pub(crate) fn new(trees: &[Tree], n_features: usize, max_samples: usize) -> Self {
        let largest = trees.iter().map(Tree::n_nodes).max().unwrap_or(0);
        let narrow = u16::try_from(largest.max(n_features)).is_ok();
        let walk = if narrow { AnyWalk::Narrow(Walk::new(trees)) } else { AnyWalk::Wide(Walk::new(trees)) };
        Self { walk, n_features, denominator: trees.len() as f64 * average_path_length(max_samples) }
    }

    /// Scores of all rows: `-2^(-Σ path length / (T · c(max_samples)))`.
    pub(crate) fn score_samples<A: Feature>(
        &self,
        x: ArrayView2<'_, A>,
        names: &[String],
        n_threads: NonZero<usize>,
    ) -> Result<Array1<f64>, ScoreError> {
        self.map_sums(x, names, n_threads, |sum| self.score(sum))
    }

    /// Path length of each row, summed over the trees.
    pub(crate) fn path_length_sums<A: Feature>(
        &self,
        x: ArrayView2<'_, A>,
        names: &[String],
        n_threads: NonZero<usize>,
    ) -> Result<Array1<f64>, ScoreError> {
        self.map_sums(x, names, n_threads, |sum| sum)
    }

    /// What `result` makes of each row's path length, summed over the trees.
    fn map_sums<A: Feature>(
        &self,
        x: ArrayView2<'_, A>,
        names: &[String],
        n_threads: NonZero<usize>,
        result: impl Fn(f64) -> f64 + Copy + Send,
    ) -> Result<Array1<f64>, ScoreError> {
        if x.ncols() != self.n_features {
            return Err(ScoreError::FeatureCount { expected: self.n_features, found: x.ncols() });
        }
        let mut results = Array1::zeros(x.nrows());
        let infinite = |place| infinite(x, names, place);
        let share = x.nrows().div_ceil(n_threads.get()).next_multiple_of(BLOCK_ROWS);
        if share >= x.nrows() {
            self.walk_rows(x, results.view_mut(), result).map_err(infinite)?;
            return Ok(results);
        }
        thread::scope(|scope| {
            let workers: Vec<_> = x
                .axis_chunks_iter(Axis(0), share)
                .zip(results.axis_chunks_iter_mut(Axis(0), share))
                .map(|(rows, out)| scope.spawn(move || self.walk_rows(rows, out, result)))
                .collect();
            for (i, worker) in workers.into_iter().enumerate() {
                worker
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                    .map_err(|(row, column)| infinite((i * share + row, column)))?;
            }
            Ok(())
        })?;
        Ok(results)
    }

    /// Walks rows on this thread; the error is the place of the first infinite value.
    fn walk_rows<A: Feature>(
        &self,
        x: ArrayView2<'_, A>,
        mut out: ArrayViewMut1<'_, f64>,
        result: impl Fn(f64) -> f64,
    ) -> Result<(), (usize, usize)> {
        let mut block = Block::new(self.n_features, x.nrows());
        let mut sums = [0.0; BLOCK_ROWS];
        for (i, (rows, mut out)) in
            x.axis_chunks_iter(Axis(0), BLOCK_ROWS).zip(out.axis_chunks_iter_mut(Axis(0), BLOCK_ROWS)).enumerate()
        {
            block.fill(rows).map_err(|(row, column)| (i * BLOCK_ROWS + row, column))?;
            let sums = &mut sums[..rows.nrows()];
            match &self.walk {
                AnyWalk::Narrow(walk) => walk.path_length_sums(&block, sums),
                AnyWalk::Wide(walk) => walk.path_length_sums(&block, sums),
            }
            for (out, &sum) in out.iter_mut().zip(&*sums) {
                *out = result(sum);
            }
        }
        Ok(())
    }

    /// The score of a row whose path lengths add up to this.
    pub(crate) fn score(&self, path_length_sum: f64) -> f64 {
        let ratio = if self.denominator == 0.0 { 1.0 } else { path_length_sum / self.denominator };
        -(-ratio).exp2()
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use ndarray::{Array2, s};

    use crate::IsolationForest;

    #[test]
    fn rows_of_a_short_block_do_not_meet_missing_values_of_the_block_before() {
        let mut x = Array2::from_shape_fn((64 + 35, 2), |(i, j)| ((i * 13 + j * 7) % 50) as f64);
        let forest = IsolationForest::builder().random_state(16).fit(x.view()).unwrap();
        let expected = forest.score_samples(x.slice(s![64.., ..])).unwrap();
        x.slice_mut(s![..64, ..]).fill(f64::NAN);
        let scores = forest.score_samples(x.view()).unwrap();
        assert_eq!(scores.slice(s![64..]), expected);
    }

    #[test]
    fn wide_indices_give_the_bits_of_narrow_ones() {
        let mut x = Array2::from_shape_fn((150, 3), |(i, j)| ((i * 31 + j * 17) % 97) as f64);
        let forest = IsolationForest::builder().random_state(1).fit(x.view()).unwrap();
        x[(7, 1)] = f64::NAN;
        let narrow = super::Scorer::new(forest.trees(), 3, forest.max_samples());
        let wide = super::Scorer { walk: super::AnyWalk::Wide(super::Walk::new(forest.trees())), ..narrow.clone() };
        for n_rows in [1, 2, 16, 17, 64, 65, 150] {
            let rows = x.slice(s![..n_rows, ..]);
            let scores = |scorer: &super::Scorer| scorer.score_samples(rows, &[], NonZero::<usize>::MIN).unwrap();
            assert_eq!(scores(&narrow), scores(&wide), "{n_rows} rows");
        }
    }
}
