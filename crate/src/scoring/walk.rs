//! The walk from root to leaf, without a branch, for several rows (or several trees) at a time.
//!
//! - **Nodes of 8 bytes** (32-bit threshold, 16-bit feature, 16-bit way to the left child), the children side by side: one line of
//!   the cache gives all that a step needs, and `at + left + (x > threshold)` is the next node. A tree of 511 nodes is 4 KiB.
//! - **Values and thresholds are integers in the order of the floats** ([`key`]): comparing them sets the carry, with which the CPU
//!   adds the step in one instruction. With floats and checked indices a row of many took 1.7 times as long.
//! - **Leaves point to themselves** with a threshold that no value is above, so all rows take the same number of steps
//!   and no branch has to be predicted. Its lower bits number the leaf's path length among the tree's distinct ones.
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
    /// The [`key`] of its threshold.
    threshold: u32,
    feature: I,
    /// How far behind the node its left child stands; 0 for a leaf.
    left: I,
}

/// The key of a quiet NaN, which is above that of every number; the lower 22 bits are free.
const LEAF_BITS: u32 = 0xffc0_0000;

/// The key of a missing value.
const MISSING: u32 = u32::MAX;

/// An integer that is above that of another `f32` if and only if the number is; above all others for NaN.
#[inline]
fn key(value: f32) -> u32 {
    // A zero is a zero, whatever its sign.
    let bits = (value + 0.0).to_bits();
    // The bits of negative numbers run the other way.
    let key = bits ^ (((bits.cast_signed() >> 31).cast_unsigned()) | 1 << 31);
    if value.is_nan() { MISSING } else { key }
}

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
                (key(largest_f32_not_above(tree.threshold[node])), tree.feature[node] as usize, place)
            } else {
                let code = *codes.entry(path_lengths[node].to_bits()).or_insert_with(|| {
                    self.path_lengths.push(path_lengths[node]);
                    (self.path_lengths.len() - 1 - part.first_path_length) as u32
                });
                (LEAF_BITS | code, 0, 0)
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

    /// Writes into `sums` each row's path length summed over the trees in their order; one entry a row of the block. `keys` is room
    /// that is used again.
    pub(super) fn path_length_sums(&self, block: &Block, keys: &mut Vec<u32>, sums: &mut [f64]) {
        let n_rows = if block.n_rows() == 1 { 1 } else { block.n_rows().next_multiple_of(LANES) };
        keys.clear();
        keys.extend(block.rows(0, n_rows).iter().map(|&value| key(value)));
        if block.any_missing() {
            for (row, sum) in sums.iter_mut().enumerate() {
                *sum = self.sum_with_missing(&keys[row * block.n_features()..]);
            }
        } else if let ([sum], 1) = (&mut *sums, block.n_rows()) {
            *sum = self.sum_of_one(keys);
        } else {
            self.sums_of_many(keys, block.n_features(), sums);
        }
    }

    /// Path length of the leaf at `at`, in the tree `part`.
    fn path_length(&self, part: &Part, at: usize) -> f64 {
        self.path_lengths[part.first_path_length + (self.nodes[at].threshold ^ LEAF_BITS) as usize]
    }

    fn sums_of_many(&self, keys: &[u32], n_features: usize, sums: &mut [f64]) {
        sums.fill(0.0);
        for part in &self.parts {
            for (keys, sums) in keys.chunks_exact(LANES * n_features).zip(sums.chunks_mut(LANES)) {
                let mut at = [part.start; LANES];
                for _ in 0..part.n_steps {
                    for (lane, at) in at.iter_mut().enumerate() {
                        // SAFETY: as in `sum_of_one`; `keys` holds the rows of all lanes.
                        #[expect(
                            unsafe_code,
                            reason = "many rows: without checks and with integers 0.6 µs, in place of 1.0 µs"
                        )]
                        let (node, key) = unsafe {
                            let node = self.nodes.get_unchecked(*at);
                            (node, keys.get_unchecked(lane * n_features + usize_of(node.feature)))
                        };
                        *at += node.step(*key);
                    }
                }
                for (sum, at) in sums.iter_mut().zip(at) {
                    *sum += self.path_length(part, at);
                }
            }
        }
    }

    fn sum_of_one(&self, keys: &[u32]) -> f64 {
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
                    #[expect(unsafe_code, reason = "one row: a quarter more with both checks")]
                    let (node, key) = unsafe {
                        let node = self.nodes.get_unchecked(*at);
                        (node, keys.get_unchecked(usize_of(node.feature)))
                    };
                    *at += node.step(*key);
                }
            }
            for (at, part) in at.into_iter().zip(parts) {
                sum += self.path_length(part, at);
            }
        }
        sum
    }

    fn sum_with_missing(&self, keys: &[u32]) -> f64 {
        let mut sum = 0.0;
        for part in &self.parts {
            let mut at = part.start;
            for _ in 0..part.n_steps {
                let node = self.nodes[at];
                let key = keys[usize_of(node.feature)];
                let left_if_missing = self.missing_left(at) || usize_of(node.left) == 0;
                at += if key == MISSING { usize_of(node.left) + usize::from(!left_if_missing) } else { node.step(key) };
            }
            sum += self.path_length(part, at);
        }
        sum
    }
}

impl<I: Index> Node<I> {
    /// How far behind it the next node stands, for the key of a value that is not missing.
    fn step(self, key: u32) -> usize {
        usize_of(self.left) + usize::from(key > self.threshold)
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
    fn keys_are_in_the_order_of_the_numbers_and_leaves_above_all() {
        let numbers = [f32::MIN, -1.5, -f32::MIN_POSITIVE, -1e-45, -0.0, 0.0, 1e-45, 1.0, 1.0_f32.next_up(), f32::MAX];
        for a in numbers {
            for b in numbers {
                assert_eq!(key(a) > key(b), a > b, "{a} and {b}");
            }
            assert!(key(a) < LEAF_BITS && key(a) < key(f32::NAN) && key(a) < key(-f32::NAN), "{a}");
        }
    }

    #[test]
    fn a_narrow_node_takes_eight_bytes() {
        assert_eq!(size_of::<Node<u16>>(), 8);
    }
}
