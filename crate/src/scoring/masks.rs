//! Rank masks, for trees of up to 64 leaves (QuickScorer: Lucchese and others 2015, with the masks multiplied out beforehand).
//!
//! Number a tree's leaves from left to right and keep a bit for each. The test `x > threshold`, where it holds, clears the bits of
//! the leaves in the node's left subtree; the row's leaf is the lowest bit that is left. What all tests of one feature clear depends
//! on the rank of the value alone, so the masks of all trees stand in a table, one line a rank: a row is a search and a line a
//! feature, the AND of the lines, and per tree a count of trailing zeros and an addition.
//!
//! - **Trees stand side by side by bytes**, not by words: 27 leaves take 4 bytes. A tree's mask is read as 8 bytes; those past its
//!   end belong to its neighbours and never hold the lowest bit, as one of its own is always set. This halves the table.
//! - **A line for every [`STEP`]th rank only**: between two lines each rank clears the bits of one node, which is done by itself.
//!   The table shrinks by that factor.
//! - **Parts of [`WIDTH`] bytes a line**: all sizes are constants, so no index has to be checked, and a large forest is several tables.
//! - **[`ROWS`] rows together** hide the latency of the sums.
//! - **Missing values** have a line of their own a feature, so they cost nothing.

use std::collections::BTreeMap;

use super::ranks::{GROUP, MISSING, ranks};
use super::walk::largest_f32_not_above;
use crate::forest::Tree;

/// Most leaves of a tree.
pub(super) const MAX_LEAVES: usize = 64;
/// Bytes of a line; a multiple of the longest vector register.
const WIDTH: usize = 512;
/// A line and what reading 8 bytes at its end may touch.
const PADDED: usize = WIDTH + 8;
/// Ranks from one line of the table to the next.
const STEP: usize = 16;
/// Rows together.
const ROWS: usize = GROUP;

/// The masks of a part's trees.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Line([u8; WIDTH]);

/// The leaves that a test clears, of the tree at `byte`.
#[derive(Debug, Clone, Copy)]
struct Clear {
    byte: u16,
    first: u8,
    n_leaves: u8,
}

impl Clear {
    fn mask(self) -> u64 {
        !((u64::MAX >> (64 - u32::from(self.n_leaves))) << self.first)
    }

    /// Clears the bits in a padded line.
    #[inline]
    fn apply(self, masks: &mut [u8; PADDED]) {
        let word = word_at(masks, self.byte) & self.mask();
        let byte = usize::from(self.byte) % WIDTH;
        masks[byte..byte + 8].copy_from_slice(&word.to_le_bytes());
    }
}

/// The 8 bytes from `byte` on.
#[inline]
fn word_at(masks: &[u8; PADDED], byte: u16) -> u64 {
    // The remainder changes nothing; it shows the compiler that the index is in range.
    let byte = usize::from(byte) % WIDTH;
    let mut word = [0; 8];
    word.copy_from_slice(&masks[byte..byte + 8]);
    u64::from_le_bytes(word)
}

/// One feature's part of the table.
#[derive(Debug, Clone)]
struct Column {
    feature: usize,
    /// Ascending; equal ones are kept, so that each rank is one node more.
    thresholds: Vec<f32>,
    clears: Vec<Clear>,
    /// Masks below rank 0, `STEP`, 2 · `STEP`, …
    lines: Vec<Line>,
    missing: Box<Line>,
}

/// A tree's place in the lines, and the path lengths of its leaves.
#[derive(Debug, Clone, Copy)]
struct Place {
    byte: u16,
    first_leaf: u32,
}

/// Trees whose masks fit into one line.
#[derive(Debug, Clone)]
struct Part {
    columns: Vec<Column>,
    places: Vec<Place>,
    /// Leaf after leaf, tree after tree; 63 more at the end.
    path_lengths: Vec<f64>,
}

/// All trees of a forest, in parts.
#[derive(Debug, Clone)]
pub(super) struct Masks {
    parts: Vec<Part>,
}

impl Masks {
    /// The table, or nothing if a tree has too many leaves or a feature too many thresholds.
    pub(super) fn new(trees: &[Tree]) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = trees;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fitting = rest.iter().take_while(|tree| {
                bytes += tree.n_leaves().div_ceil(8);
                bytes <= WIDTH
            });
            let (part, others) = rest.split_at(fitting.count());
            if part.iter().any(|tree| tree.n_leaves() > MAX_LEAVES) || part.is_empty() {
                return None;
            }
            parts.push(Part::new(part));
            rest = others;
        }
        Some(Self { parts })
    }

    /// Bytes of the tables.
    pub(super) fn bytes(&self) -> usize {
        let column = |column: &Column| {
            size_of_val(&column.thresholds[..]) + size_of_val(&column.clears[..]) + size_of_val(&column.lines[..])
        };
        let part = |part: &Part| {
            part.columns.iter().map(|it| column(it) + size_of::<Line>()).sum::<usize>()
                + size_of_val(&part.places[..])
                + size_of_val(&part.path_lengths[..])
        };
        self.parts.iter().map(part).sum()
    }

    /// Adds to `sums` each row's path length in every tree, in their order; `rows` holds `n_features` values a row, and `ranks` is
    /// room that is used again.
    #[inline]
    pub(super) fn add_path_lengths(&self, rows: &[f32], n_features: usize, ranks: &mut Vec<u16>, sums: &mut [f64]) {
        let (groups, rest) = sums.as_chunks_mut::<ROWS>();
        let (rows, rows_left) = rows.split_at(groups.len() * ROWS * n_features);
        for part in &self.parts {
            for (rows, sums) in rows.chunks_exact(ROWS * n_features).zip(&mut *groups) {
                part.add_path_lengths(rows, n_features, ranks, sums);
            }
            for (row, sum) in rows_left.chunks_exact(n_features).zip(rest.as_chunks_mut::<1>().0) {
                part.add_path_lengths(row, n_features, ranks, sum);
            }
        }
    }
}

impl Part {
    fn new(trees: &[Tree]) -> Self {
        let mut tests = BTreeMap::<usize, Vec<Test>>::new();
        let mut places = Vec::new();
        let mut path_lengths = Vec::new();
        let mut byte = 0;
        for tree in trees {
            let first_leaf = path_lengths.len();
            places.push(Place { byte: byte as u16, first_leaf: first_leaf as u32 });
            let leaves = LeafRanges::new(tree);
            path_lengths.resize(first_leaf + tree.n_leaves(), 0.0);
            for (node, path_length) in tree.path_lengths().into_iter().enumerate() {
                let Some((left, _)) = tree.children(node) else {
                    path_lengths[first_leaf + leaves.first[node]] = path_length;
                    continue;
                };
                tests.entry(tree.feature[node] as usize).or_default().push(Test {
                    threshold: largest_f32_not_above(tree.threshold[node]),
                    clear: Clear { byte: byte as u16, first: leaves.first[left] as u8, n_leaves: leaves.n[left] as u8 },
                    missing_left: tree.missing_left[node],
                });
            }
            byte += tree.n_leaves().div_ceil(8);
        }
        path_lengths.extend([0.0; MAX_LEAVES - 1]);
        let columns = tests.into_iter().map(|(feature, tests)| Column::new(feature, tests)).collect();
        Self { columns, places, path_lengths }
    }

    /// Adds the path lengths of `N` rows.
    #[inline]
    fn add_path_lengths<const N: usize>(
        &self,
        rows: &[f32],
        n_features: usize,
        found: &mut Vec<u16>,
        sums: &mut [f64; N],
    ) {
        found.clear();
        for column in &self.columns {
            let mut values = [0.0; N];
            for (value, row) in values.iter_mut().zip(rows.chunks_exact(n_features)) {
                *value = row[column.feature];
            }
            found.extend(ranks(&column.thresholds, values));
        }
        let mut masks = [[u8::MAX; PADDED]; N];
        self.and_lines(found, &mut masks);
        // Only now, when the long stores above are done: a load that needs parts of two stores waits for both.
        for (row, masks) in masks.iter_mut().enumerate() {
            for (column, &rank) in self.columns.iter().zip(found.iter().skip(row).step_by(N)) {
                column.between_lines(rank).iter().for_each(|clear| clear.apply(masks));
            }
        }
        let mut lanes = *sums;
        for place in &self.places {
            let leaves = &self.path_lengths[place.first_leaf as usize..][..MAX_LEAVES];
            for (sum, masks) in lanes.iter_mut().zip(&masks) {
                // As in `word_at`: the remainder takes a check away.
                *sum += leaves[word_at(masks, place.byte).trailing_zeros() as usize % MAX_LEAVES];
            }
        }
        *sums = lanes;
    }

    /// Writes the AND of the lines of `N` rows.
    fn and_lines<const N: usize>(&self, ranks: &[u16], masks: &mut [[u8; PADDED]; N]) {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx512bw") {
            // SAFETY: the CPU has been found to have what the function is compiled for.
            #[expect(unsafe_code, reason = "calls code that is compiled for a CPU that has been found")]
            return unsafe { self.and_lines_avx512(ranks, masks) };
        }
        self.and_lines_here(ranks, masks);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn and_lines_avx512<const N: usize>(&self, ranks: &[u16], masks: &mut [[u8; PADDED]; N]) {
        self.and_lines_here(ranks, masks);
    }

    /// The same for any CPU.
    #[expect(clippy::inline_always, reason = "compiled anew inside `and_lines_avx512`: 7 steps a row in place of 32")]
    #[inline(always)]
    fn and_lines_here<const N: usize>(&self, ranks: &[u16], masks: &mut [[u8; PADDED]; N]) {
        for (row, masks) in masks.iter_mut().enumerate() {
            let mut lines =
                self.columns.iter().zip(ranks.iter().skip(row).step_by(N)).map(|(column, &rank)| &column.line(rank).0);
            // The first two at once: most tables have two columns or more.
            match (lines.next(), lines.next()) {
                (Some(a), Some(b)) => masks.iter_mut().zip(a).zip(b).for_each(|((mask, a), b)| *mask = a & b),
                (Some(a), None) => masks.iter_mut().zip(a).for_each(|(mask, a)| *mask = *a),
                _ => masks.iter_mut().for_each(|mask| *mask = u8::MAX),
            }
            for line in lines {
                masks.iter_mut().zip(line).for_each(|(mask, line)| *mask &= line);
            }
        }
    }
}

impl Column {
    fn new(feature: usize, mut tests: Vec<Test>) -> Self {
        tests.sort_by(|a, b| a.threshold.total_cmp(&b.threshold));
        let mut missing = Box::new(Line([u8::MAX; WIDTH]));
        let mut masks = [u8::MAX; PADDED];
        let mut lines = Vec::with_capacity(tests.len() / STEP + 1);
        for (i, test) in tests.iter().enumerate() {
            if i % STEP == 0 {
                lines.push(Line::of(&masks));
            }
            test.clear.apply(&mut masks);
        }
        if tests.len().is_multiple_of(STEP) {
            lines.push(Line::of(&masks));
        }
        let mut masks = [u8::MAX; PADDED];
        tests.iter().filter(|test| !test.missing_left).for_each(|test| test.clear.apply(&mut masks));
        *missing = Line::of(&masks);
        Self {
            feature,
            thresholds: tests.iter().map(|test| test.threshold).collect(),
            clears: tests.iter().map(|test| test.clear).collect(),
            lines,
            missing,
        }
    }

    /// The last line that is not past `rank`.
    #[inline]
    fn line(&self, rank: u16) -> &Line {
        if rank == MISSING { &self.missing } else { &self.lines[usize::from(rank) / STEP] }
    }

    /// What is to be cleared beyond that line.
    #[inline]
    fn between_lines(&self, rank: u16) -> &[Clear] {
        let rank = usize::from(rank);
        self.clears.get(rank / STEP * STEP..rank).unwrap_or_default()
    }
}

impl Line {
    fn of(masks: &[u8; PADDED]) -> Self {
        let mut line = Self([0; WIDTH]);
        line.0.copy_from_slice(&masks[..WIDTH]);
        line
    }
}

/// A node's test, on the way to the table.
struct Test {
    threshold: f32,
    clear: Clear,
    missing_left: bool,
}

/// The leaves below each node, numbered from left to right.
struct LeafRanges {
    first: Vec<usize>,
    n: Vec<usize>,
}

impl LeafRanges {
    fn new(tree: &Tree) -> Self {
        let mut n = vec![1; tree.n_nodes()];
        // Children stand behind their parents.
        for node in (0..tree.n_nodes()).rev() {
            if let Some((left, right)) = tree.children(node) {
                n[node] = n[left] + n[right];
            }
        }
        let mut first = vec![0; tree.n_nodes()];
        for node in 0..tree.n_nodes() {
            if let Some((left, right)) = tree.children(node) {
                first[left] = first[node];
                first[right] = first[node] + n[left];
            }
        }
        Self { first, n }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::IsolationForest;

    #[test]
    fn the_code_for_any_cpu_gives_the_masks_of_the_code_for_this_one() {
        let x = Array2::from_shape_fn((200, 3), |(i, j)| ((i * 31 + j * 17) % 13) as f64);
        let forest = IsolationForest::builder().random_state(16).fit(x.view()).unwrap();
        let masks = Masks::new(forest.trees()).unwrap();
        for part in &masks.parts {
            let ranks: Vec<u16> =
                (0..part.columns.len() * ROWS).map(|i| if i == 5 { MISSING } else { i as u16 }).collect();
            let (mut here, mut any) = ([[0; PADDED]; ROWS], [[0; PADDED]; ROWS]);
            part.and_lines(&ranks, &mut here);
            part.and_lines_here(&ranks, &mut any);
            for (here, any) in here.iter().zip(&any) {
                assert_eq!(here[..WIDTH], any[..WIDTH]);
            }
        }
    }
}
