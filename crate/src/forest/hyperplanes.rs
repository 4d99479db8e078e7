//! Cuts with hyperplanes of several features.

use serde::{Deserialize, Serialize};

/// The hyperplanes of a tree's inner nodes, as flat arrays: term after term, node after node.
///
/// A node's terms are those from the end of the node before it up to its own end; a leaf has none. A row with the values `x` goes
/// right if `Σ weight · x` is above the tree's `threshold` of the node, which is `Σ weight · point`. Both sums are of `f32`, added in
/// the order of the terms from 0 on, without fused operations, so that they have the same bits on every machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hyperplanes {
    /// Number of terms up to and with each node; one entry a node.
    pub end: Vec<u32>,
    /// Column of each term, rising within a node.
    pub feature: Vec<u32>,
    /// Component of the normal vector.
    pub weight: Vec<f32>,
    /// Component of the point that the hyperplane goes through.
    pub point: Vec<f32>,
}

/// One node's hyperplane; three slices of one length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hyperplane<'a> {
    /// Columns, rising.
    pub feature: &'a [u32],
    /// The normal vector.
    pub weight: &'a [f32],
    /// A point of the hyperplane.
    pub point: &'a [f32],
}

impl Hyperplanes {
    /// The hyperplane of node `node`; of no terms for a leaf, or if there is no such node.
    pub fn of(&self, node: usize) -> Hyperplane<'_> {
        let end = |node: usize| self.end.get(node).map_or(0, |&end| end as usize);
        let terms = node.checked_sub(1).map_or(0, end)..end(node);
        Hyperplane {
            feature: self.feature.get(terms.clone()).unwrap_or_default(),
            weight: self.weight.get(terms.clone()).unwrap_or_default(),
            point: self.point.get(terms).unwrap_or_default(),
        }
    }

    /// Adds the next node's terms, none for a leaf.
    pub(super) fn push(&mut self, terms: &[Term]) {
        self.feature.extend(terms.iter().map(|term| term.feature));
        self.weight.extend(terms.iter().map(|term| term.weight));
        self.point.extend(terms.iter().map(|term| term.point));
        self.end.push(self.feature.len() as u32);
    }

    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&self.end[..])
            + size_of_val(&self.feature[..])
            + size_of_val(&self.weight[..])
            + size_of_val(&self.point[..])
    }
}

impl Hyperplane<'_> {
    /// The threshold: where the hyperplane's own point lies.
    pub fn threshold(&self) -> f32 {
        weighted_sum(self.weight.iter().zip(self.point).map(|(&weight, &point)| (weight, point)))
    }

    /// The sum in words, such as `0.3 * mean - 0.2 * sd`, with the features' names.
    pub fn formula(&self, name: impl Fn(u32) -> String) -> String {
        let mut sum = String::new();
        for (&feature, &weight) in self.feature.iter().zip(self.weight) {
            sum += match (sum.is_empty(), weight < 0.0) {
                (true, true) => "-",
                (true, false) => "",
                (false, true) => " - ",
                (false, false) => " + ",
            };
            if self.weight != [1.0] {
                sum += &weight.abs().to_string();
                sum += " * ";
            }
            sum += &name(feature);
        }
        sum
    }

    /// Where a row lies: what is compared with the threshold. No value may be missing.
    pub fn side(&self, row: &[f32]) -> f32 {
        let value = |feature: u32| row.get(feature as usize).copied().unwrap_or_default();
        weighted_sum(self.weight.iter().zip(self.feature).map(|(&weight, &feature)| (weight, value(feature))))
    }
}

/// One term of a hyperplane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term {
    pub(super) feature: u32,
    pub(super) weight: f32,
    pub(super) point: f32,
}

/// `Σ weight · value`: one multiplication and one addition a term, each rounded, in this order.
pub(crate) fn weighted_sum(terms: impl Iterator<Item = (f32, f32)>) -> f32 {
    terms.fold(0.0, |sum, (weight, value)| sum + weight * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_has_signs_between_its_terms_and_no_weight_if_there_is_one() {
        let name = |feature: u32| ["mean", "sd"][feature as usize].to_owned();
        let plane = |weight| Hyperplane { feature: &[0, 1], weight, point: &[0.0, 0.0] };
        assert_eq!(plane(&[0.25, -0.5]).formula(name), "0.25 * mean - 0.5 * sd");
        assert_eq!(plane(&[-0.25, 0.5]).formula(name), "-0.25 * mean + 0.5 * sd");
        assert_eq!(Hyperplane { feature: &[1], weight: &[1.0], point: &[0.0] }.formula(name), "sd");
    }
}
