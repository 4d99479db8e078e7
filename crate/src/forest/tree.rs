//! A grown tree as flat arrays, in the order in which it was grown: depth first, the left child first.

use serde::{Deserialize, Serialize};

use super::average_path_length;
use super::hyperplanes::{Hyperplane, Hyperplanes};
use crate::optional_field::{not_empty, not_null};

/// What `left`, `right` and `feature` hold at a leaf.
pub const LEAF: i32 = -1;

/// One isolation tree; node `i` is entry `i` of every array, node 0 is the root.
///
/// A row goes from an inner node to `left` if `row[feature] <= threshold` (compared as `f32 <= f64`),
/// to `right` if not, and for a missing value where `missing_left` says.
/// A leaf has `left = right = feature = -1`, `threshold = 0` and `missing_left = false`.
///
/// Trees of other detectors than the standard one may have values of their own in the leaves, or cut with hyperplanes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tree {
    /// Column that an inner node tests, counted over all columns of the training data.
    pub feature: Vec<i32>,
    /// Threshold of an inner node.
    pub threshold: Vec<f64>,
    /// Index of the left child; greater than the node's own.
    pub left: Vec<i32>,
    /// Index of the right child; greater than the node's own.
    pub right: Vec<i32>,
    /// Distinct training rows that reached the node; 0 only in a leaf behind a hyperplane.
    pub n_samples: Vec<u32>,
    /// Whether a missing value goes left.
    pub missing_left: Vec<bool>,
    /// What a leaf adds to a row's sum, where it is not depth + c(n_samples); at least 0, and 0 at an inner node. Empty in a standard forest.
    #[serde(default, deserialize_with = "not_empty", skip_serializing_if = "Vec::is_empty")]
    pub leaf_value: Vec<f64>,
    /// The hyperplanes of inner nodes, whose `threshold` then is the hyperplane's, whose `feature` is the first term's, and which take no
    /// missing value. None where nodes test one feature.
    #[serde(default, deserialize_with = "not_null", skip_serializing_if = "Option::is_none")]
    pub hyperplanes: Option<Hyperplanes>,
}

impl Tree {
    /// Number of nodes, leaves included.
    pub fn n_nodes(&self) -> usize {
        self.left.len()
    }

    /// Number of leaves.
    pub fn n_leaves(&self) -> usize {
        self.left.iter().filter(|&&child| child == LEAF).count()
    }

    /// Both children of node `node`, or nothing if it is a leaf (or there is no such node).
    pub fn children(&self, node: usize) -> Option<(usize, usize)> {
        let left = usize::try_from(*self.left.get(node)?).ok()?;
        let right = usize::try_from(*self.right.get(node)?).ok()?;
        Some((left, right))
    }

    /// Depth of each node, the root at 0. A parent stands before its children, so one pass suffices.
    pub fn depths(&self) -> Vec<u32> {
        let mut depths = vec![0; self.n_nodes()];
        for node in 0..self.n_nodes() {
            if let Some((left, right)) = self.children(node) {
                let below = depths[node] + 1;
                for child in [left, right] {
                    if let Some(depth) = depths.get_mut(child) {
                        *depth = below;
                    }
                }
            }
        }
        depths
    }

    /// Depth of the deepest leaf.
    pub fn max_depth(&self) -> u32 {
        self.depths().into_iter().max().unwrap_or(0)
    }

    /// Path length of each node if a row ended there: its depth and `c(n_samples)` for the tree that was not grown below it.
    ///
    /// Added in scikit-learn's order, so that the last bit is the same. A tree with values of its own in the leaves has these instead.
    pub fn path_lengths(&self) -> Vec<f64> {
        if !self.leaf_value.is_empty() {
            return self.leaf_value.clone();
        }
        self.depths()
            .into_iter()
            .zip(&self.n_samples)
            .map(|(depth, &n)| (f64::from(depth + 1) + average_path_length(n as usize)) - 1.0)
            .collect()
    }

    /// The hyperplane of an inner node, if it has one.
    pub fn hyperplane(&self, node: usize) -> Option<Hyperplane<'_>> {
        self.hyperplanes.as_ref().map(|hyperplanes| hyperplanes.of(node)).filter(|plane| !plane.feature.is_empty())
    }

    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> usize {
        let node = 3 * size_of::<i32>() + size_of::<f64>() + size_of::<u32>() + size_of::<bool>();
        self.n_nodes() * node
            + size_of_val(&self.leaf_value[..])
            + self.hyperplanes.as_ref().map_or(0, Hyperplanes::bytes)
    }

    /// Adds a leaf of `n_samples` rows and gives its index.
    pub(super) fn push_leaf(&mut self, n_samples: u32) -> usize {
        self.feature.push(LEAF);
        self.threshold.push(0.0);
        self.left.push(LEAF);
        self.right.push(LEAF);
        self.n_samples.push(n_samples);
        self.missing_left.push(false);
        self.n_nodes() - 1
    }
}
