//! Scoring rows: the trees in a layout made for walking, rows in blocks, blocks on threads.
//!
//! Every way of scoring adds the same `f64` path lengths in the same order, so that all give the same bits.

/// Rows cast to `f32`, a block at a time, and checked.
mod block;
/// Trees in vector registers, a byte a row.
#[cfg(target_arch = "x86_64")]
mod bytes;
/// Path lengths by codes.
#[cfg(target_arch = "x86_64")]
mod codes;
/// Rows that were seen before.
mod equal_rows;
/// Trees as heaps of ranks.
#[cfg(target_arch = "x86_64")]
mod heap;
/// Trees that cut with hyperplanes in vector registers.
#[cfg(target_arch = "x86_64")]
mod hyperplane_registers;
/// The walk through trees that cut with hyperplanes.
mod hyperplanes;
/// The AND of a table's lines, for small trees.
mod masks;
/// A way of one's choice.
#[cfg(feature = "bench")]
mod one_way;
/// Values as ranks among the thresholds.
mod ranks;
/// Trees in vector registers.
#[cfg(target_arch = "x86_64")]
mod registers;
/// From sums to scores.
mod scale;
/// The walk: 8-byte nodes, several rows at a time.
mod walk;
/// Which way for which model, and the code for each CPU.
mod way;

use std::num::NonZero;
use std::thread;

use ndarray::{Array1, ArrayView2, ArrayViewMut1, Axis};

pub use block::Feature;
use block::MAX_BLOCK_ROWS;
pub(crate) use block::{BLOCK_ROWS, Block, find_infinite};
use equal_rows::EqualRows;
pub(crate) use scale::Scale;
pub(crate) use walk::largest_f32_not_above;
use way::{Room, Way};

use crate::forest::Tree;

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
    way: Way,
    n_features: usize,
    scale: Scale,
    /// What a missing value is read as, one a feature; empty where nodes say where a missing value goes.
    medians: Vec<f32>,
}

impl Scorer {
    /// Trees with hyperplanes need `medians`, one a feature.
    pub(crate) fn new(trees: &[Tree], n_features: usize, scale: Scale, medians: &[f32]) -> Self {
        let way = Way::quickest(trees, n_features);
        // Trees without hyperplanes are quicker with missing values as they are, and say the same.
        let medians = if way.reads_missing() { Vec::new() } else { medians.to_vec() };
        Self { way, n_features, scale, medians }
    }

    /// How scores are made of sums.
    pub(crate) fn scale(&self) -> Scale {
        self.scale
    }

    /// Bytes that were made for scoring, on the heap.
    pub(crate) fn bytes(&self) -> usize {
        self.way.bytes()
    }

    /// Scores of all rows, each made of its summed path length by the detector's [`Scale`].
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
        let block_rows = self.way.block_rows();
        let mut block = Block::new(self.n_features, x.nrows(), block_rows);
        let mut room = Room::default();
        let mut sums = [0.0; MAX_BLOCK_ROWS];
        let mut seen = (x.nrows() > BLOCK_ROWS && self.way.can_skip_rows(self.n_features)).then(EqualRows::new);
        for (i, (rows, mut out)) in
            x.axis_chunks_iter(Axis(0), block_rows).zip(out.axis_chunks_iter_mut(Axis(0), block_rows)).enumerate()
        {
            block.fill(rows).map_err(|(row, column)| (i * block_rows + row, column))?;
            block.fill_missing(&self.medians);
            if let Some(seen) = seen.as_mut().filter(|seen| seen.is_useful()) {
                let mut new_rows = [0; BLOCK_ROWS];
                let mut n_new = 0;
                for (row, out) in out.iter_mut().enumerate() {
                    if let Some(known) = seen.get(EqualRows::key(block.row(row))) {
                        *out = known;
                    } else {
                        block.copy_row(row, n_new);
                        new_rows[n_new] = row;
                        n_new += 1;
                    }
                }
                block.truncate(n_new);
                self.way.path_length_sums(&block, &mut room, &mut sums[..n_new]);
                for (i, (&row, &sum)) in new_rows[..n_new].iter().zip(&sums).enumerate() {
                    out[row] = result(sum);
                    seen.insert(EqualRows::key(block.row(i)), out[row]);
                }
            } else {
                let sums = &mut sums[..rows.nrows()];
                self.way.path_length_sums(&block, &mut room, sums);
                for (out, &sum) in out.iter_mut().zip(&*sums) {
                    *out = result(sum);
                }
            }
        }
        Ok(())
    }

    /// The score of a row whose path lengths add up to this.
    pub(crate) fn score(&self, path_length_sum: f64) -> f64 {
        self.scale.score(path_length_sum)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::num::NonZero;

    use ndarray::{Array2, ArrayView1, s};

    use super::Scorer;
    use super::way::{Kind, Way};
    use crate::{Detector, IsolationForest, MaxSamples};

    #[test]
    fn rows_of_a_short_block_do_not_meet_missing_values_of_the_block_before() {
        let mut x = Array2::from_shape_fn((64 + 35, 2), |(i, j)| ((i * 13 + j * 7) % 50) as f64);
        let forest = IsolationForest::builder().random_state(16).fit(x.view()).unwrap();
        let expected = forest.score_samples(x.slice(s![64.., ..])).unwrap();
        x.slice_mut(s![..64, ..]).fill(f64::NAN);
        let scores = forest.score_samples(x.view()).unwrap();
        assert_eq!(scores.slice(s![64..]), expected);
    }

    /// Each way that can score the forest on this machine; says on standard error which cannot.
    fn scorers(forest: &IsolationForest) -> Vec<(Kind, Scorer)> {
        let ways = Kind::ALL.into_iter().filter_map(|kind| {
            let Some(way) = Way::new(kind, forest.trees(), forest.n_features()) else {
                eprintln!("skipped: {kind:?} cannot score this forest here");
                return None;
            };
            let medians = if way.reads_missing() { Vec::new() } else { forest.medians().to_vec() };
            Some((kind, Scorer { way, medians, ..forest.scorer().clone() }))
        });
        ways.collect()
    }

    /// Path lengths of a row, node by node in the trees as they were grown, summed in their order.
    fn sum(forest: &IsolationForest, path_lengths: &[Vec<f64>], row: ArrayView1<'_, f64>) -> f64 {
        let mut sum = 0.0;
        for (tree, path_lengths) in forest.trees().iter().zip(path_lengths) {
            let mut node = 0;
            while let Some((left, right)) = tree.children(node) {
                let value = row[tree.feature[node] as usize] as f32;
                let goes_left = if let Some(plane) = tree.hyperplane(node) {
                    let mut sum = 0.0;
                    for (&feature, &weight) in plane.feature.iter().zip(plane.weight) {
                        let value = row[feature as usize] as f32;
                        sum += weight * if value.is_nan() { forest.medians()[feature as usize] } else { value };
                    }
                    f64::from(sum) <= tree.threshold[node]
                } else if value.is_nan() {
                    tree.missing_left[node]
                } else {
                    f64::from(value) <= tree.threshold[node]
                };
                node = if goes_left { left } else { right };
            }
            sum += path_lengths[node];
        }
        sum
    }

    #[test]
    fn every_way_adds_the_path_lengths_of_the_trees_bit_by_bit() {
        // Columns, rows a tree, trees, levels of each value: one leaf a tree, few leaves, 64 and more, one tree and more than a group.
        let forests = [
            (1, 1, 3, 50),
            (1, 16, 1, 50),
            (2, 256, 100, 5),
            (3, 64, 130, 1_000),
            (10, 256, 37, 1_000_000),
            (40, 900, 17, 1_000_000),
            (2, 2_000, 5, 1_000_000),
        ];
        let extended = |level| Detector::Extended { extension_level: level };
        let standard = forests.map(|forest| (forest, Detector::Standard));
        let level_1 = forests[2..].iter().map(|&forest| (forest, extended(Some(1))));
        let full = forests.map(|forest| (forest, extended(None)));
        let mut seen = HashSet::new();
        for ((n_features, max_samples, n_estimators, levels), detector) in
            standard.into_iter().chain(level_1).chain(full)
        {
            let mut state = 7_u64;
            let mut x = Array2::from_shape_simple_fn((2_100, n_features), || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                ((state >> 33) % levels) as f64 / 7.0
            });
            for missing_at_fit in [false, true] {
                if missing_at_fit {
                    x.iter_mut().step_by(11).for_each(|value| *value = f64::NAN);
                }
                let params = IsolationForest::builder().detector(detector).max_samples(MaxSamples::Count(max_samples));
                let forest = params.n_estimators(n_estimators).random_state(16).fit(x.view()).unwrap();
                let lengths: Vec<_> = forest.trees().iter().map(crate::Tree::path_lengths).collect();
                for (missing, step) in [(false, 1), (true, 1), (true, 97)] {
                    let mut rows = x.mapv(|value| if value.is_nan() { 0.5 } else { value });
                    if missing {
                        rows.iter_mut().step_by(3 * step).for_each(|value| *value = f64::NAN);
                    }
                    let expected: Vec<f64> = rows.rows().into_iter().map(|row| sum(&forest, &lengths, row)).collect();
                    for (kind, scorer) in scorers(&forest) {
                        seen.insert(format!("{kind:?}"));
                        for n_rows in [1, 2, 7, 8, 9, 16, 17, 31, 33, 63, 64, 65, 130, 2_100] {
                            for n_threads in [1, 3] {
                                let threads = NonZero::new(n_threads).unwrap();
                                let found =
                                    scorer.path_length_sums(rows.slice(s![..n_rows, ..]), &[], threads).unwrap();
                                assert_eq!(
                                    found.to_vec(),
                                    expected[..n_rows],
                                    "{kind:?}, {detector:?}, {n_features} features, {n_rows} rows"
                                );
                            }
                        }
                    }
                }
            }
        }
        assert!(seen.contains("Masks") && seen.contains("Narrow") && seen.contains("Wide"), "{seen:?}");
        assert!(seen.contains("Hyperplanes") && seen.contains("AsGrown"), "{seen:?}");
        if !seen.contains("Registers") || !seen.contains("HyperplaneRegisters") {
            eprintln!("skipped: no AVX-512 here");
        }
    }
}
