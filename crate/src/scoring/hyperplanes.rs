//! The walk through trees that cut with hyperplanes, for any CPU: as [`super::walk`], with a weighted sum at each step.
//!
//! - **Every node has as many terms as the one with the most**, the others' weights being 0: where they stand does not have to be
//!   read first, and no branch depends on a node. One row alone takes 2.1 µs with this and 2.9 without (two terms of ten features).
//! - **Leaves point to themselves** with a NaN as threshold, which no sum is above, so that all rows take the same number of steps.
//! - **[`LANES`] rows together** hide the latency of each other's loads; a single row walks [`LANES`] trees together.

use super::block::Block;
use crate::forest::Tree;

/// Rows walked together; also trees walked together for a single row.
const LANES: usize = 16;

/// Terms with those that fill hyperplanes up, for each that there is; a leaf counts as one.
const MOST_FILLED: usize = 8;

#[derive(Debug, Clone, Copy)]
struct Node {
    threshold: f32,
    /// How far behind the node its left child stands, and the right one behind that; 0 for a leaf.
    left: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Term {
    weight: f32,
    feature: u32,
}

/// One tree's part of the arrays.
#[derive(Debug, Clone, Copy)]
struct Part {
    start: usize,
    /// Steps from the root to the deepest leaf.
    n_steps: u32,
}

/// All trees of a forest, one after the other, each breadth first.
#[derive(Debug, Clone)]
pub(super) struct HyperplaneWalk {
    parts: Vec<Part>,
    nodes: Vec<Node>,
    /// `n_terms` a node.
    terms: Vec<Term>,
    n_terms: usize,
    /// One a node.
    path_lengths: Vec<f64>,
}

impl HyperplaneWalk {
    /// The walk, or nothing if hyperplanes are of so different sizes that filling them up would take too much memory.
    pub(super) fn new(trees: &[Tree]) -> Option<Self> {
        let of_nodes = |tree: &'_ Tree| {
            (0..tree.n_nodes()).filter_map(|node| tree.hyperplane(node)).map(|it| it.feature.len()).collect::<Vec<_>>()
        };
        let n_terms_of: Vec<usize> = trees.iter().flat_map(of_nodes).collect();
        let n_terms = n_terms_of.iter().copied().max().unwrap_or(0).max(1);
        let n_nodes: usize = trees.iter().map(Tree::n_nodes).sum();
        if n_nodes.saturating_mul(n_terms) > MOST_FILLED * (n_terms_of.iter().sum::<usize>() + n_nodes) {
            return None;
        }
        let mut walk =
            Self { parts: Vec::new(), nodes: Vec::new(), terms: Vec::new(), n_terms, path_lengths: Vec::new() };
        for tree in trees {
            walk.push(tree);
        }
        Some(walk)
    }

    /// Lays a tree out breadth first, which puts both children of a node side by side.
    fn push(&mut self, tree: &Tree) {
        self.parts.push(Part { start: self.nodes.len(), n_steps: tree.max_depth() });
        let path_lengths = tree.path_lengths();
        let mut order = vec![0];
        let mut next = 0;
        while let Some(&node) = order.get(next) {
            let mut placed = Node { threshold: f32::NAN, left: 0 };
            let first_term = self.terms.len();
            self.terms.resize(first_term + self.n_terms, Term::default());
            if let Some(((left, right), plane)) = tree.children(node).zip(tree.hyperplane(node)) {
                placed = Node { threshold: plane.threshold(), left: (order.len() - next) as u32 };
                order.extend([left, right]);
                let terms = plane.weight.iter().zip(plane.feature);
                for (slot, (&weight, &feature)) in self.terms[first_term..].iter_mut().zip(terms) {
                    *slot = Term { weight, feature };
                }
            }
            self.nodes.push(placed);
            self.path_lengths.push(path_lengths[node]);
            next += 1;
        }
    }

    /// Bytes of the nodes and what belongs to them.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&self.parts[..])
            + size_of_val(&self.nodes[..])
            + size_of_val(&self.terms[..])
            + size_of_val(&self.path_lengths[..])
    }

    /// Writes into `sums` each row's path length summed over the trees in their order; one entry a row of the block, in which
    /// no value is missing.
    pub(super) fn path_length_sums(&self, block: &Block, sums: &mut [f64]) {
        if block.n_rows() == 1 {
            if let Some(sum) = sums.first_mut() {
                *sum = self.sum_of_one(block.row(0));
            }
        } else {
            self.sums_of_many(block, sums);
        }
    }

    /// How far behind the node at `at` the row goes on.
    #[inline]
    fn step(&self, at: usize, row: &[f32]) -> usize {
        let node = self.nodes[at];
        let mut sum = 0.0;
        for term in &self.terms[at * self.n_terms..][..self.n_terms] {
            sum += term.weight * row[term.feature as usize];
        }
        node.left as usize + usize::from(sum > node.threshold)
    }

    fn sums_of_many(&self, block: &Block, sums: &mut [f64]) {
        let n_features = block.n_features();
        sums.fill(0.0);
        for part in &self.parts {
            for (group, sums) in sums.chunks_mut(LANES).enumerate() {
                let rows = block.rows(group * LANES, LANES);
                let mut at = [part.start; LANES];
                for _ in 0..part.n_steps {
                    for (at, row) in at.iter_mut().zip(rows.chunks_exact(n_features)) {
                        *at += self.step(*at, row);
                    }
                }
                for (sum, at) in sums.iter_mut().zip(at) {
                    *sum += self.path_lengths[at];
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
                    *at += self.step(*at, row);
                }
            }
            for (at, _) in at.into_iter().zip(parts) {
                sum += self.path_lengths[at];
            }
        }
        sum
    }
}

/// The trees as they were grown, for hyperplanes of very different sizes, which no fit gives.
#[derive(Debug, Clone)]
pub(super) struct AsGrown {
    /// Each with the path length of its nodes.
    trees: Vec<(Tree, Vec<f64>)>,
}

impl AsGrown {
    pub(super) fn new(trees: &[Tree]) -> Self {
        Self { trees: trees.iter().map(|tree| (tree.clone(), tree.path_lengths())).collect() }
    }

    /// Bytes of the trees.
    pub(super) fn bytes(&self) -> usize {
        self.trees.iter().map(|(tree, path_lengths)| tree.bytes() + size_of_val(&path_lengths[..])).sum()
    }

    /// As [`HyperplaneWalk::path_length_sums`].
    pub(super) fn path_length_sums(&self, block: &Block, sums: &mut [f64]) {
        for (row, sum) in sums.iter_mut().enumerate() {
            *sum = 0.0;
            for (tree, path_lengths) in &self.trees {
                let mut node = 0;
                while let Some(((left, right), plane)) = tree.children(node).zip(tree.hyperplane(node)) {
                    node = if plane.side(block.row(row)) > plane.threshold() { right } else { left };
                }
                *sum += path_lengths[node];
            }
        }
    }
}
