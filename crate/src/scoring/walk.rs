//! The walk from root to leaf, without a branch, for several rows (or several trees) at a time.
//!
//! - **Nodes of 8 bytes** (`f32` threshold, 16-bit feature, 16-bit way to the left child), the children side by side: one load
//!   gives all that a step needs, and `at + left + (x > threshold)` is the next node. A tree of 511 nodes is 4 KiB.
//! - **Leaves point to themselves** with a NaN as threshold, which no value is above, so all rows take the same number of steps
//!   and no branch has to be predicted. The NaN's lower bits number the leaf's path length among the tree's distinct ones.
//! - **[`LANES`] rows together** hide the latency of each other's loads; a single row walks [`LANES`] trees together.
//! - **The `f32` threshold is the largest `f32` not above the `f64` one:** for an `f32` value the two tests are then the same.
//! - **Missing values** take a walk of their own, row by row, as every comparison with NaN is false.

use std::collections::HashMap;

use crate::forest::Tree;

use super::block::Block;

/// Rows walked together; also trees walked together for a single row.
pub(super) const LANES: usize = 16;

/// Integer type of node and feature indices.
pub(super) trait Index: Copy + Default + Into<u32> + TryFrom<usize> + std::fmt::Debug {}
impl Index for u16 {}
impl Index for u32 {}

fn usize_of(index: impl Into<u32>) -> usize {
    index.into() as usize
}

#[derive(Debug, Clone, Copy)]
struct Node<I> {
    threshold: f32,
    feature: I,
    /// How far behind the node its left child stands; 0 for a leaf.
    left: I,
}

/// A quiet NaN; the lower 22 bits are free.
const LEAF_BITS: u32 = 0x7fc0_0000;

/// One tree's part of the arrays of [`Walk`].
#[derive(Debug, Clone, Copy)]
struct Part {
    start: usize,
    /// Where the tree's path lengths begin.
    first_path_length: usize,
    /// Steps from the root to the deepest leaf.
    n_steps: u32,
}

/// All trees of a forest, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Walk<I> {
    parts: Vec<Part>,
    nodes: Vec<Node<I>>,
    /// A bit a node: whether a missing value goes left.
    missing_left: Vec<u64>,
    /// Distinct path lengths of each tree.
    path_lengths: Vec<f64>,
}

impl<I: Index> Walk<I> {
    /// Lays the trees out. No tree may have more nodes, and the data no more columns, than `I` can number.
    pub(super) fn new(trees: &[Tree]) -> Self {
        let mut walk =
            Self { parts: Vec::new(), nodes: Vec::new(), missing_left: Vec::new(), path_lengths: Vec::new() };
        for tree in trees {
            walk.push(tree);
        }
        walk
    }

    /// Lays a tree out breadth first, which puts both children of a node side by side.
    fn push(&mut self, tree: &Tree) {
        let index = |i: usize| I::try_from(i).unwrap_or_default();
        let path_lengths = tree.path_lengths();
        let part =
            Part { start: self.nodes.len(), first_path_length: self.path_lengths.len(), n_steps: tree.max_depth() };
        self.parts.push(part);
        // Rows of the leaves sum to fewer than 2^32, so there are far fewer than 2^22 pairs of rows and depth.
        let mut codes = HashMap::new();
        let mut order = vec![0];
        let mut next = 0;
        while let Some(&node) = order.get(next) {
            let (threshold, feature, left) = if let Some((left, right)) = tree.children(node) {
                let place = order.len() - next;
                order.extend([left, right]);
                (largest_f32_not_above(tree.threshold[node]), tree.feature[node] as usize, place)
            } else {
                let code = *codes.entry(path_lengths[node].to_bits()).or_insert_with(|| {
                    self.path_lengths.push(path_lengths[node]);
                    (self.path_lengths.len() - 1 - part.first_path_length) as u32
                });
                (f32::from_bits(LEAF_BITS | code), 0, 0)
            };
            self.set_missing_left(self.nodes.len(), tree.missing_left[node]);
            self.nodes.push(Node { threshold, feature: index(feature), left: index(left) });
            next += 1;
        }
    }

    fn set_missing_left(&mut self, at: usize, left: bool) {
        if at.is_multiple_of(64) {
            self.missing_left.push(0);
        }
        self.missing_left[at / 64] |= u64::from(left) << (at % 64);
    }

    fn missing_left(&self, at: usize) -> bool {
        self.missing_left[at / 64] >> (at % 64) & 1 == 1
    }

    /// Bytes of the nodes and what belongs to them.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&self.parts[..])
            + size_of_val(&self.nodes[..])
            + size_of_val(&self.missing_left[..])
            + size_of_val(&self.path_lengths[..])
    }

    /// Writes into `sums` each row's path length summed over the trees in their order; one entry a row of the block.
    pub(super) fn path_length_sums(&self, block: &Block, sums: &mut [f64]) {
        if block.any_missing() {
            for (row, sum) in sums.iter_mut().enumerate() {
                *sum = self.sum_with_missing(block.row(row));
            }
        } else if block.n_rows() == 1 {
            if let Some(sum) = sums.first_mut() {
                *sum = self.sum_of_one(block.row(0));
            }
        } else {
            self.sums_of_many(block, sums);
        }
    }

    /// Path length of the leaf at `at`, in the tree `part`.
    fn path_length(&self, part: &Part, at: usize) -> f64 {
        self.path_lengths[part.first_path_length + (self.nodes[at].threshold.to_bits() ^ LEAF_BITS) as usize]
    }

    fn sums_of_many(&self, block: &Block, sums: &mut [f64]) {
        let n_features = block.n_features();
        sums.fill(0.0);
        for part in &self.parts {
            for (group, sums) in sums.chunks_mut(LANES).enumerate() {
                let rows = block.rows(group * LANES, LANES);
                let mut at = [part.start; LANES];
                for _ in 0..part.n_steps {
                    for (lane, at) in at.iter_mut().enumerate() {
                        let node = self.nodes[*at];
                        *at += node.step(rows[lane * n_features + usize_of(node.feature)]);
                    }
                }
                for (sum, at) in sums.iter_mut().zip(at) {
                    *sum += self.path_length(part, at);
                }
            }
        }
    }

    fn sum_of_one(&self, row: &[f32]) -> f64 {
        let mut sum = 0.0;
        for parts in self.parts.chunks(LANES) {
            // Lanes without a tree walk down the first one.
            let mut at = [0; LANES];
            at.iter_mut().zip(parts).for_each(|(at, part)| *at = part.start);
            let n_steps = parts.iter().map(|part| part.n_steps).max().unwrap_or(0);
            for _ in 0..n_steps {
                for at in &mut at {
                    // SAFETY: `at` is a root or was reached from one by steps, which stay in the tree (`push` lays every child
                    // out), and a tree's features are fewer than the row has values (checked when it was grown or loaded).
                    #[expect(unsafe_code, reason = "one row: 1.25 µs with both checks, 1.0 µs without")]
                    let (node, value) = unsafe {
                        let node = self.nodes.get_unchecked(*at);
                        (node, row.get_unchecked(usize_of(node.feature)))
                    };
                    *at += node.step(*value);
                }
            }
            for (at, part) in at.into_iter().zip(parts) {
                sum += self.path_length(part, at);
            }
        }
        sum
    }

    fn sum_with_missing(&self, row: &[f32]) -> f64 {
        let mut sum = 0.0;
        for part in &self.parts {
            let mut at = part.start;
            for _ in 0..part.n_steps {
                let node = self.nodes[at];
                let value = row[usize_of(node.feature)];
                let left_if_missing = self.missing_left(at) || usize_of(node.left) == 0;
                at +=
                    if value.is_nan() { usize_of(node.left) + usize::from(!left_if_missing) } else { node.step(value) };
            }
            sum += self.path_length(part, at);
        }
        sum
    }
}

impl<I: Index> Node<I> {
    /// How far behind it the next node stands, for a value that is not missing.
    fn step(self, value: f32) -> usize {
        usize_of(self.left) + usize::from(value > self.threshold)
    }
}

/// The largest `f32` that is not above `threshold`.
pub(crate) fn largest_f32_not_above(threshold: f64) -> f32 {
    let nearest = threshold as f32;
    if f64::from(nearest) > threshold { nearest.next_down() } else { nearest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_f32_threshold_splits_every_f32_as_the_f64_one_does() {
        for threshold in
            [0.1, -0.1, 1.0, -0.0, 1e-46, -1e-46, 1e300, -1e300, f64::from(f32::MAX), 1.076_744_608_974_370_6]
        {
            let short = largest_f32_not_above(threshold);
            for value in [short, short.next_up(), short.next_down(), 0.0, -0.0, f32::MAX, f32::MIN] {
                assert_eq!(f64::from(value) <= threshold, value <= short, "{value} against {threshold}");
            }
        }
    }

    #[test]
    fn a_narrow_node_takes_eight_bytes() {
        assert_eq!(size_of::<Node<u16>>(), 8);
    }
}
