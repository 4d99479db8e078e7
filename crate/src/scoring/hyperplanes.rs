//! The walk through trees that cut with hyperplanes, for any CPU: as [`super::walk`], with a weighted sum at each step.
//!
//! - **Leaves point to themselves** with a NaN as threshold, which no sum is above, so that all rows take the same number of steps.
//! - **A leaf adds up its parent's terms once more**, for nothing: where all hyperplanes have as many terms, no branch is mispredicted.
//! - **[`LANES`] rows together** hide the latency of each other's loads; a single row walks [`LANES`] trees together.

use super::block::Block;
use crate::forest::Tree;

/// Rows walked together; also trees walked together for a single row.
const LANES: usize = 16;

#[derive(Debug, Clone, Copy)]
struct Node {
    threshold: f32,
    /// How far behind the node its left child stands, and the right one behind that; 0 for a leaf.
    left: u32,
    first_term: u32,
    n_terms: u32,
}

#[derive(Debug, Clone, Copy)]
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
    terms: Vec<Term>,
    /// One a node.
    path_lengths: Vec<f64>,
}

impl HyperplaneWalk {
    pub(super) fn new(trees: &[Tree]) -> Self {
        let mut walk = Self { parts: Vec::new(), nodes: Vec::new(), terms: Vec::new(), path_lengths: Vec::new() };
        for tree in trees {
            walk.push(tree);
        }
        walk
    }

    /// Lays a tree out breadth first, which puts both children of a node side by side.
    fn push(&mut self, tree: &Tree) {
        self.parts.push(Part { start: self.nodes.len(), n_steps: tree.max_depth() });
        let path_lengths = tree.path_lengths();
        // Nodes in their order, each with its parent's place among the terms.
        let mut order = vec![(0, (0, 0))];
        let mut next = 0;
        while let Some(&(node, (first_term, n_terms))) = order.get(next) {
            let mut placed = Node { threshold: f32::NAN, left: 0, first_term, n_terms };
            if let Some(((left, right), plane)) = tree.children(node).zip(tree.hyperplane(node)) {
                let own = (self.terms.len() as u32, plane.feature.len() as u32);
                placed = Node {
                    threshold: plane.threshold(),
                    left: (order.len() - next) as u32,
                    first_term: own.0,
                    n_terms: own.1,
                };
                order.extend([(left, own), (right, own)]);
                let terms = plane.weight.iter().zip(plane.feature);
                self.terms.extend(terms.map(|(&weight, &feature)| Term { weight, feature }));
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
        for term in &self.terms[node.first_term as usize..][..node.n_terms as usize] {
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
