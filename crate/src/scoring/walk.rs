//! The walk from root to leaf, without a branch, for several rows (or several trees) at a time.
//!
//! - **Nodes of 8 bytes** (`f32` threshold, 16-bit feature, 16-bit left child), the children side by side: one load
//!   gives all that a step needs, and `left + !(x <= threshold)` is the next node. A tree of 511 nodes is 4 KiB.
//! - **Leaves point to themselves** with a threshold of +∞, so all rows take the same number of steps and no branch
//!   has to be predicted.
//! - **[`LANES`] rows together** hide the latency of each other's loads; a single row walks [`LANES`] trees together.
//! - **The `f32` threshold is the largest `f32` not above the `f64` one:** for an `f32` value the two tests are then the same.
//! - Blocks that hold a **missing value** take a walk of their own, as every comparison with NaN is false.

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
    left: I,
}

/// One tree's part of the arrays of [`Walk`].
#[derive(Debug, Clone, Copy)]
struct Part {
    start: usize,
    n_nodes: usize,
    /// Steps from the root to the deepest leaf.
    n_steps: u32,
}

/// All trees of a forest; indices inside a tree count from its own root.
#[derive(Debug, Clone)]
pub(super) struct Walk<I> {
    parts: Vec<Part>,
    nodes: Vec<Node<I>>,
    /// Path length of a row that ends at the node.
    path_lengths: Vec<f64>,
    missing_left: Vec<bool>,
}

impl<I: Index> Walk<I> {
    pub(super) fn new(trees: &[Tree]) -> Self {
        let mut walk =
            Self { parts: Vec::new(), nodes: Vec::new(), path_lengths: Vec::new(), missing_left: Vec::new() };
        for tree in trees {
            walk.push(tree);
        }
        walk
    }

    /// Lays a tree out breadth first, which puts both children of a node side by side.
    fn push(&mut self, tree: &Tree) {
        let index = |i: usize| I::try_from(i).unwrap_or_default();
        let path_lengths = tree.path_lengths();
        let start = self.nodes.len();
        let mut order = vec![0];
        let mut next = 0;
        while let Some(&node) = order.get(next) {
            let (threshold, feature, left) = match tree.children(node) {
                Some((left, right)) => {
                    let place = order.len();
                    order.extend([left, right]);
                    (largest_f32_not_above(tree.threshold[node]), tree.feature[node] as usize, place)
                }
                None => (f32::INFINITY, 0, next),
            };
            self.nodes.push(Node { threshold, feature: index(feature), left: index(left) });
            self.path_lengths.push(path_lengths[node]);
            self.missing_left.push(tree.missing_left[node]);
            next += 1;
        }
        self.parts.push(Part { start, n_nodes: order.len(), n_steps: tree.max_depth() });
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

    fn tree(&self, part: &Part) -> (&[Node<I>], &[f64]) {
        let range = part.start..part.start + part.n_nodes;
        (&self.nodes[range.clone()], &self.path_lengths[range])
    }

    fn sums_of_many(&self, block: &Block, sums: &mut [f64]) {
        let n_features = block.n_features();
        sums.fill(0.0);
        for part in &self.parts {
            let (nodes, path_lengths) = self.tree(part);
            for (group, sums) in sums.chunks_mut(LANES).enumerate() {
                let rows = block.rows(group * LANES, LANES);
                let mut at = [0; LANES];
                for _ in 0..part.n_steps {
                    for (lane, at) in at.iter_mut().enumerate() {
                        let node = nodes[*at];
                        *at = step(node, rows[lane * n_features + usize_of(node.feature)]);
                    }
                }
                for (sum, at) in sums.iter_mut().zip(at) {
                    *sum += path_lengths[at];
                }
            }
        }
    }

    fn sum_of_one(&self, row: &[f32]) -> f64 {
        let mut sum = 0.0;
        for parts in self.parts.chunks(LANES) {
            let mut at = [0; LANES];
            let n_steps = parts.iter().map(|part| part.n_steps).max().unwrap_or(0);
            for _ in 0..n_steps {
                for (at, part) in at.iter_mut().zip(parts) {
                    let node = self.nodes[part.start + *at];
                    *at = step(node, row[usize_of(node.feature)]);
                }
            }
            for (at, part) in at.iter().zip(parts) {
                sum += self.path_lengths[part.start + at];
            }
        }
        sum
    }

    fn sum_with_missing(&self, row: &[f32]) -> f64 {
        let mut sum = 0.0;
        for part in &self.parts {
            let mut at = 0;
            for _ in 0..part.n_steps {
                let node = self.nodes[part.start + at];
                let value = row[usize_of(node.feature)];
                at = if value.is_nan() && usize_of(node.left) != at {
                    usize_of(node.left) + usize::from(!self.missing_left[part.start + at])
                } else if value.is_nan() {
                    at
                } else {
                    step(node, value)
                };
            }
            sum += self.path_lengths[part.start + at];
        }
        sum
    }
}

/// The next node, for a value that is not missing.
fn step<I: Index>(node: Node<I>, value: f32) -> usize {
    // Written as "not (value <= threshold)" so that the compiler keeps one comparison and no branch.
    #[expect(clippy::neg_cmp_op_on_partial_ord)]
    let right = !(value <= node.threshold);
    usize_of(node.left) + usize::from(right)
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
