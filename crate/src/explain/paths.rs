//! Exact Shapley values of a tree's path length, path-dependent as in TreeSHAP (Lundberg and others 2018 and 2020).
//!
//! A leaf counts for a set S of known features by its path length times a product over the features on its path: for a feature in
//! S, 1 if the row goes the leaf's way wherever the path tests the feature and 0 if not; for any other feature, the share of the
//! training rows that go that way. Call the two `o` (one or zero) and `z` (the share). Shapley's sum over all S is then an integral,
//! as `∫ t^s (1-t)^(d-1-s) dt = s! (d-1-s)! / d!`:
//!
//! ```text
//! value of feature i = Σ over leaves: path length · (o_i - z_i) · ∫ from 0 to 1: Π over j ≠ i: (t·o_j + (1-t)·z_j) dt
//! ```
//!
//! The integrand is a polynomial in t of degree `d - 1` for `d` features on the path, so that Gauss and Legendre's rule with
//! `d / 2` points gives the integral exactly. At each point the product is carried down the tree and the leaves' sums up again,
//! which is linear in the number of nodes (the idea of Linear TreeSHAP, Yu and others 2022, with other points: these
//! need no matrix to be inverted, and every factor is positive, so that nothing cancels).

use std::array::from_fn;

use super::quadrature::Rule;
use crate::forest::Tree;
use crate::scoring::largest_f32_not_above;

/// An inner node.
#[derive(Debug, Clone, Copy)]
struct Split {
    threshold: f32,
    feature: u32,
    missing_left: bool,
    /// Its own number.
    node: u32,
    /// Number of its left child; the right child's is the next.
    left: u32,
    /// The last node on the way from the root that lies right below a test of the same feature; the root if there is none.
    above: u32,
    /// Share of the training rows of `above`'s tests of the feature that pass them all; 1 for the root.
    share_above: f64,
    /// Shares of the node's own training rows that go left and right.
    shares: [f64; 2],
}

/// A leaf.
#[derive(Debug, Clone, Copy)]
struct Leaf {
    node: u32,
    path_length: f64,
}

/// Where a node stands, while a tree is laid out.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Its index in the tree.
    node: usize,
    /// The split above it, and whether it is its left (0) or right (1) child; none above the root.
    parent: Option<(usize, usize)>,
    /// Features that are tested above it.
    n_features: usize,
}

/// One tree, its nodes numbered from the root on, each before its children.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    splits: Vec<Split>,
    leaves: Vec<Leaf>,
    /// Most features that are tested on one path.
    most_features: usize,
}

/// What is known of a node while a row is explained.
#[derive(Debug, Clone, Copy)]
pub(super) struct State<const N: usize> {
    /// On the way down the product over the features on the path, on the way up the sum over the leaves below; at each point.
    sum: [f64; N],
    /// 1 over the factor of the feature tested right above, if `passes`.
    inverse: [f64; N],
    /// Whether the row passes all tests of that feature on the way to the node.
    passes: bool,
}

impl<const N: usize> State<N> {
    /// The root: no feature is tested above it.
    pub(super) const ROOT: Self = Self { sum: [1.0; N], inverse: [1.0; N], passes: true };
}

impl Paths {
    pub(super) fn new(tree: &Tree) -> Self {
        let path_lengths = tree.path_lengths();
        let samples = |node: usize| f64::from(tree.n_samples[node]);
        let mut paths = Self { splits: Vec::new(), leaves: Vec::new(), most_features: 0 };
        let mut places = vec![Place { node: 0, parent: None, n_features: 0 }];
        let mut next = 0;
        while let Some(&Place { node, n_features, .. }) = places.get(next) {
            let number = next;
            next += 1;
            let Some((left, right)) = tree.children(node) else {
                paths.leaves.push(Leaf { node: number as u32, path_length: path_lengths[node] });
                paths.most_features = paths.most_features.max(n_features);
                continue;
            };
            let feature = tree.feature[node] as u32;
            let (above, share_above) = paths.last_test(&places, number, feature);
            let n_features = n_features + usize::from(above == 0);
            let parent = |side| Some((paths.splits.len(), side));
            let first = places.len() as u32;
            places.push(Place { node: left, parent: parent(0), n_features });
            places.push(Place { node: right, parent: parent(1), n_features });
            paths.splits.push(Split {
                threshold: largest_f32_not_above(tree.threshold[node]),
                feature,
                missing_left: tree.missing_left[node],
                node: number as u32,
                left: first,
                above,
                share_above,
                shares: [left, right].map(|child| samples(child) / samples(node)),
            });
        }
        paths
    }

    /// The node right below the last test of `feature` on the way from the root to node `number`, and the share of the training
    /// rows of the feature's tests that pass them all down to it; the root and 1 if there is none.
    fn last_test(&self, places: &[Place], number: usize, feature: u32) -> (u32, f64) {
        let mut at = number;
        while let Some((parent, side)) = places[at].parent {
            let split = &self.splits[parent];
            if split.feature == feature {
                return (at as u32, split.share_above * split.shares[side]);
            }
            at = split.node as usize;
        }
        (0, 1.0)
    }

    pub(super) fn most_features(&self) -> usize {
        self.most_features
    }

    pub(super) fn n_nodes(&self) -> usize {
        self.splits.len() + self.leaves.len()
    }

    /// Adds to `values`, one entry a feature, how much each lengthens the path of `row`. `states` has room for every node of the
    /// tree, the first of them being [`State::ROOT`]; `N` is at least half of `most_features`.
    pub(super) fn add_values<const N: usize>(
        &self,
        row: &[f32],
        rule: &Rule<N>,
        states: &mut [State<N>],
        values: &mut [f64],
    ) {
        states[0] = State::ROOT;
        for split in &self.splits {
            split.descend(row, rule, states);
        }
        for leaf in &self.leaves {
            states[leaf.node as usize].sum.iter_mut().for_each(|product| *product *= leaf.path_length);
        }
        for split in self.splits.iter().rev() {
            values[split.feature as usize] += split.ascend(rule, states);
        }
    }
}

impl Split {
    fn goes_left(&self, row: &[f32]) -> bool {
        let value = row[self.feature as usize];
        if value.is_nan() { self.missing_left } else { value <= self.threshold }
    }

    /// Carries the products from the node to its children.
    fn descend<const N: usize>(&self, row: &[f32], rule: &Rule<N>, states: &mut [State<N>]) {
        let product = states[self.node as usize].sum;
        let above = states[self.above as usize];
        let left = self.left as usize;
        if !above.passes {
            // The feature's factor is (1-t)·share, whatever the row's value: only the share changes.
            for (child, share) in [left, left + 1].into_iter().zip(self.shares) {
                states[child].passes = false;
                states[child].sum = product.map(|product| product * share);
            }
            return;
        }
        let goes_right = usize::from(!self.goes_left(row));
        let passed_share = self.shares[goes_right] * self.share_above;
        let failed_share = self.shares[1 - goes_right] * self.share_above;
        let others: [f64; N] = from_fn(|q| product[q] * above.inverse[q]);
        let factor: [f64; N] = from_fn(|q| rule.points[q] + rule.rests[q] * passed_share);
        states[left + goes_right] =
            State { sum: from_fn(|q| others[q] * factor[q]), inverse: factor.map(|factor| 1.0 / factor), passes: true };
        let failed = &mut states[left + 1 - goes_right];
        failed.passes = false;
        failed.sum = from_fn(|q| others[q] * (rule.rests[q] * failed_share));
    }

    /// Sums the children up in the node; gives what the node's test adds to the value of its feature.
    ///
    /// For a leaf whose last test of the feature is this one, that is its whole part. For a leaf below a further test of it the
    /// part was counted there, and what the test above counts for that leaf is taken off again here.
    fn ascend<const N: usize>(&self, rule: &Rule<N>, states: &mut [State<N>]) -> f64 {
        let left = self.left as usize;
        let (left, right) = (states[left], states[left + 1]);
        let above = states[self.above as usize];
        let sum: [f64; N] = from_fn(|q| left.sum[q] + right.sum[q]);
        states[self.node as usize].sum = sum;
        if !above.passes {
            return 0.0;
        }
        let (passed, failed, share) =
            if left.passes { (left, right, self.shares[0]) } else { (right, left, self.shares[1]) };
        let passed_share = share * self.share_above;
        let parts: [f64; N] = from_fn(|q| {
            // (o - z) over the factor t·o + (1-t)·z: for o = 1, for o = 0, and for the test above, where o = 1.
            let passed_part = passed.sum[q] * passed.inverse[q] * (1.0 - passed_share);
            let failed_part = failed.sum[q] * rule.inverses[q];
            let part_above = sum[q] * above.inverse[q] * (1.0 - self.share_above);
            rule.weights[q] * (passed_part - failed_part - part_above)
        });
        parts.iter().sum()
    }
}
