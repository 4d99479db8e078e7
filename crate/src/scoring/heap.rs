//! Trees as heaps of ranks: what the two ways in vector registers share.
//!
//! - **Values and thresholds become ranks** of 16 bits, the index of the threshold among all of its feature: x > t if rank(x) > index(t).
//! - **Nodes stand as in a heap**, the children of node i at 2i and 2i + 1: a step is `2i + (x > t)`, and no child is stored. A branch
//!   that ends early goes on downwards on the left, as no rank is above [`MISSING`].
//! - **A leaf is a byte**, the number of its path length: there are few different ones. They are added at the end, tree after tree.

use super::block::{BLOCK_ROWS, Block};
use super::codes::add_up;
use super::ranks::{GROUP, MISSING, ranks};
use super::walk::largest_f32_not_above;
use crate::forest::Tree;

/// What stands at a place of the heap.
pub(super) enum Entry {
    /// A test: the index of its threshold, its feature, and whether a missing value goes left.
    Test { index: u16, feature: u16, missing_left: bool },
    /// The number of a leaf's path length. The place is one of the level below the last.
    Leaf { code: u8 },
}

/// All trees of a forest, but for their nodes.
#[derive(Debug, Clone)]
pub(super) struct Heap {
    /// Distinct thresholds of each feature, ascending.
    thresholds: Vec<Vec<f32>>,
    /// Levels of every tree: those of the deepest.
    depth: u32,
    /// Features that each level of each tree tests, level after level, tree after tree.
    features: Vec<u16>,
    /// Ends of these lists.
    ends: Vec<u32>,
    /// Path length of each code.
    path_lengths: Box<[f64; 256]>,
}

impl Heap {
    /// A heap for each tree, whose entries are handed to `place` with the number of the tree and the place; or nothing if a feature has
    /// too many thresholds or path lengths are too many.
    pub(super) fn new(trees: &[Tree], n_features: usize, mut place: impl FnMut(usize, usize, Entry)) -> Option<Self> {
        let thresholds = distinct_thresholds(trees, n_features);
        if thresholds.iter().any(|all| all.len() >= usize::from(MISSING)) {
            return None;
        }
        let depth = depth(trees);
        let mut heap =
            Self { thresholds, depth, features: Vec::new(), ends: Vec::new(), path_lengths: Box::new([0.0; 256]) };
        let mut codes = Vec::new();
        for (number, tree) in trees.iter().enumerate() {
            heap.push(tree, &mut codes, |at, entry| place(number, at, entry))?;
        }
        heap.path_lengths[..codes.len()].copy_from_slice(&codes);
        Some(heap)
    }

    /// Appends a tree. `codes` are the path lengths so far, by code; nothing if they become too many.
    fn push(&mut self, tree: &Tree, codes: &mut Vec<f64>, mut place: impl FnMut(usize, Entry)) -> Option<()> {
        let path_lengths = tree.path_lengths();
        let mut level = vec![(0, 1)];
        for depth in 0..=self.depth {
            let mut next = Vec::new();
            let mut features = Vec::new();
            for (node, at) in level {
                if let Some((left, right)) = tree.children(node) {
                    let feature = tree.feature[node] as u16;
                    let threshold = largest_f32_not_above(tree.threshold[node]);
                    let index = self.thresholds[usize::from(feature)].partition_point(|&other| other < threshold);
                    place(at, Entry::Test { index: index as u16, feature, missing_left: tree.missing_left[node] });
                    features.push(feature);
                    next.extend([(left, 2 * at), (right, 2 * at + 1)]);
                } else {
                    let known = codes.iter().position(|known| known.to_bits() == path_lengths[node].to_bits());
                    let code = known.unwrap_or(codes.len());
                    if known.is_none() {
                        codes.push(path_lengths[node]);
                    }
                    place(at << (self.depth - depth), Entry::Leaf { code: u8::try_from(code).ok()? });
                }
            }
            if depth < self.depth {
                features.sort_unstable();
                features.dedup();
                self.features.extend(features);
                self.ends.push(self.features.len() as u32);
            }
            level = next;
        }
        Some(())
    }

    /// Levels of every tree.
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    /// Bytes of what is kept here.
    pub(super) fn bytes(&self) -> usize {
        self.thresholds.iter().map(|all| size_of_val(&all[..])).sum::<usize>()
            + size_of_val(&self.features[..])
            + size_of_val(&self.ends[..])
            + size_of_val(&*self.path_lengths)
    }

    /// The features that a level of a tree tests, ascending.
    #[inline]
    pub(super) fn tested(&self, tree: usize, depth: u32) -> &[u16] {
        let level = tree * self.depth as usize + depth as usize;
        let start = level.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.features[start as usize..self.ends[level] as usize]
    }

    /// Hands the ranks of a block to `put`, [`GROUP`] rows at a time: the feature, the first of the rows, and their ranks.
    #[inline]
    pub(super) fn rank(&self, block: &Block, mut put: impl FnMut(usize, usize, [u16; GROUP])) {
        let n_features = self.thresholds.len();
        for first in (0..block.n_rows()).step_by(GROUP) {
            let rows = block.rows(first, GROUP);
            for (feature, thresholds) in self.thresholds.iter().enumerate() {
                let mut values = [0.0; GROUP];
                for (value, row) in values.iter_mut().zip(rows.chunks_exact(n_features)) {
                    *value = row[feature];
                }
                put(feature, first, ranks(thresholds, values));
            }
        }
    }

    /// Adds the path lengths of the codes, a tree after the other.
    pub(super) fn add_up(&self, codes: &[[u8; BLOCK_ROWS]], sums: &mut [f64]) {
        add_up(codes, &self.path_lengths, sums);
    }
}

/// Levels of the deepest tree.
pub(super) fn depth(trees: &[Tree]) -> u32 {
    trees.iter().map(Tree::max_depth).max().unwrap_or(0)
}

/// Distinct thresholds of each feature over all trees, ascending.
fn distinct_thresholds(trees: &[Tree], n_features: usize) -> Vec<Vec<f32>> {
    let mut thresholds = vec![Vec::new(); n_features];
    for tree in trees {
        for (&feature, &threshold) in tree.feature.iter().zip(&tree.threshold) {
            if let Some(all) = usize::try_from(feature).ok().and_then(|feature| thresholds.get_mut(feature)) {
                all.push(largest_f32_not_above(threshold));
            }
        }
    }
    for all in &mut thresholds {
        all.sort_unstable_by(f32::total_cmp);
        // As numbers: 0 and -0 are one threshold.
        all.dedup();
    }
    thresholds
}
