//! Explaining trees that cut with hyperplanes: the cuts on the row's own way, each shared among the features of its hyperplane.
//!
//! At each cut the row goes on to a child, whose training rows have on average a longer or a shorter path than the node's. The change
//! belongs to the features in proportion to what they put between the row and the hyperplane's point: `|weight · (value - point)|`. The
//! changes on the way from the root to the leaf add up to the expected path length less the row's own, as Shapley values do; but
//! these are shares of one way (as Saabas 2014 has them for trees of single features), not averages over all orders of features.

use crate::forest::{Hyperplane, LEAF, Tree};

/// One tree, as it was grown.
#[derive(Debug, Clone)]
pub(super) struct Cuts {
    tree: Tree,
    /// Mean path length of the training rows of each node.
    expected: Vec<f64>,
}

impl Cuts {
    pub(super) fn new(tree: &Tree) -> Self {
        // Children stand behind their parents.
        let mut expected = tree.path_lengths();
        for node in (0..tree.n_nodes()).rev() {
            if let Some((left, right)) = tree.children(node) {
                let rows = |node: usize| f64::from(tree.n_samples[node]);
                expected[node] = (expected[left] * rows(left) + expected[right] * rows(right)) / rows(node);
            }
        }
        Self { tree: tree.clone(), expected }
    }

    /// Adds to `values`, one entry a feature, how much each lengthens the path of `row`, in which no value is missing.
    pub(super) fn add_values(&self, row: &[f32], values: &mut [f64]) {
        let mut node = 0;
        while self.tree.left[node] != LEAF {
            let (Some((left, right)), Some(plane)) = (self.tree.children(node), self.tree.hyperplane(node)) else {
                return;
            };
            let child = if plane.side(row) > plane.threshold() { right } else { left };
            share(plane, row, self.expected[child] - self.expected[node], values);
            node = child;
        }
    }
}

/// Shares a change among the features of a hyperplane.
fn share(plane: Hyperplane<'_>, row: &[f32], change: f64, values: &mut [f64]) {
    let distance = |term: usize| {
        let value = f64::from(row[plane.feature[term] as usize]);
        (f64::from(plane.weight[term]) * (value - f64::from(plane.point[term]))).abs()
    };
    let n_terms = plane.feature.len();
    let whole: f64 = (0..n_terms).map(distance).sum();
    for (term, &feature) in plane.feature.iter().enumerate() {
        // A row at the point itself is told from others by all features alike.
        let part = if whole > 0.0 { distance(term) / whole } else { 1.0 / n_terms as f64 };
        values[feature as usize] += change * part;
    }
}
