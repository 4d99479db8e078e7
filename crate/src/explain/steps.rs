//! What a forest expects of a row of which one feature alone is known: a function of that feature's value that changes only at the
//! thresholds, so that a table holds it and a binary search finds it.
//!
//! For two features this is half of the work: the value of the first is `½ (v₁ - v₀) + ½ (v₁₂ - v₂)`, where `v₀` is the expected
//! path length of any row, `v₁` and `v₂` are tables, and `v₁₂` is the path length that scoring walks to anyway.

use crate::forest::Tree;
use crate::scoring::largest_f32_not_above;

/// Mean path length over the forest as a function of one feature.
#[derive(Debug, Clone)]
pub(super) struct Steps {
    /// Thresholds of the feature in the whole forest, rising.
    thresholds: Vec<f32>,
    /// Value up to the first threshold, up to the second, …, and above the last.
    values: Vec<f64>,
    /// Value where the feature is missing.
    missing: f64,
}

/// A node on the way through a tree: which part of the function its rows make up.
struct Visit {
    node: usize,
    /// First entry of `values` whose rows come here, and the one after the last.
    from: usize,
    to: usize,
    /// Share of the training rows that pass the tests of the other features on the way.
    share: f64,
    /// Whether rows without the feature come here.
    missing: bool,
}

impl Steps {
    /// The function of column `feature`. Cost: one pass over the trees and a sort.
    pub(super) fn new(trees: &[Tree], feature: usize) -> Self {
        let mut thresholds: Vec<f32> = trees.iter().flat_map(|tree| thresholds(tree, feature)).collect();
        thresholds.sort_unstable_by(f32::total_cmp);
        thresholds.dedup();
        // First the difference of each entry from the one before.
        let mut values = vec![0.0; thresholds.len() + 2];
        let mut missing = 0.0;
        let n_trees = trees.len() as f64;
        for tree in trees {
            let path_lengths = tree.path_lengths();
            let root = Visit { node: 0, from: 0, to: thresholds.len() + 1, share: 1.0 / n_trees, missing: true };
            let mut to_visit = vec![root];
            while let Some(visit) = to_visit.pop() {
                if let Some((left, right)) = tree.children(visit.node) {
                    to_visit.extend(visit.children(tree, [left, right], feature, &thresholds));
                    continue;
                }
                let part = visit.share * path_lengths[visit.node];
                if visit.from < visit.to {
                    values[visit.from] += part;
                    values[visit.to] -= part;
                }
                if visit.missing {
                    missing += part;
                }
            }
        }
        values.pop();
        let mut sum = 0.0;
        for value in &mut values {
            sum += *value;
            *value = sum;
        }
        Self { thresholds, values, missing }
    }

    /// Mean path length that the forest expects of a row with this value of the feature.
    pub(super) fn value(&self, value: f32) -> f64 {
        if value.is_nan() {
            return self.missing;
        }
        self.values[self.thresholds.partition_point(|&threshold| threshold < value)]
    }
}

/// Thresholds of a column in a tree.
fn thresholds(tree: &Tree, feature: usize) -> impl Iterator<Item = f32> {
    let tested = tree.feature.iter().zip(&tree.threshold);
    tested.filter(move |(tested, _)| usize::try_from(**tested) == Ok(feature)).map(|(_, &at)| largest_f32_not_above(at))
}

impl Visit {
    /// Both children of an inner node.
    fn children(&self, tree: &Tree, [left, right]: [usize; 2], feature: usize, thresholds: &[f32]) -> [Self; 2] {
        let Self { node, from, to, share, missing } = *self;
        if usize::try_from(tree.feature[node]) != Ok(feature) {
            let share_of = |child: usize| share * f64::from(tree.n_samples[child]) / f64::from(tree.n_samples[node]);
            return [left, right].map(|child| Self { node: child, share: share_of(child), ..*self });
        }
        let threshold = largest_f32_not_above(tree.threshold[node]);
        let above = thresholds.partition_point(|&other| other <= threshold);
        let missing_left = tree.missing_left[node];
        [
            Self { node: left, from, to: to.min(above), share, missing: missing && missing_left },
            Self { node: right, from: from.max(above), to, share, missing: missing && !missing_left },
        ]
    }
}
