//! What the leaves of a guided tree say of their rows (Cortes 2021, "Isolation forests: looking beyond tree depth").

use super::average_path_length;
use super::params::GuidedScore;

/// Least share of a range that a side of a cut counts as having: a cut next to an end says that a side is small, not how small.
const LEAST_SHARE: f64 = 1.0 / (1 << 20) as f64;

/// One side of a cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cut {
    /// Its share of the node's rows.
    share_of_rows: f64,
    /// Its share of the range of the column that was cut, between the ends of the node's rows.
    share_of_range: f64,
}

impl Cut {
    pub(super) fn new(share_of_rows: f64, share_of_range: f64) -> Self {
        Self { share_of_rows, share_of_range: share_of_range.clamp(LEAST_SHARE, 1.0) }
    }

    /// What it adds to the adjusted depth, in (0, 2): 1 where the rows are half as dense as in the whole node, 4/3 where they are as
    /// dense, less or more where they are sparser or denser.
    fn adjusted(self) -> f64 {
        let density = self.share_of_rows / self.share_of_range;
        2.0 * density / (density + 0.5)
    }
}

/// The cuts from the root to a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Way {
    depth: u32,
    adjusted_depth: f64,
    /// Binary logarithm of how many times smaller the node's part of the space is than the root's.
    log_shrinkage: f64,
}

impl Way {
    /// No cut.
    pub(super) const ROOT: Self = Self { depth: 0, adjusted_depth: 0.0, log_shrinkage: 0.0 };

    pub(super) fn depth(self) -> u32 {
        self.depth
    }

    /// On to one side of a cut.
    pub(super) fn after(self, cut: Cut) -> Self {
        Self {
            depth: self.depth + 1,
            adjusted_depth: self.adjusted_depth + cut.adjusted(),
            log_shrinkage: self.log_shrinkage - cut.share_of_range.log2(),
        }
    }

    /// The value of a leaf of `n_rows` here: at least 0, and greater for more normal rows.
    pub(super) fn leaf_value(self, score: GuidedScore, n_rows: usize) -> f64 {
        match score {
            GuidedScore::Depth => f64::from(self.depth) + average_path_length(n_rows),
            GuidedScore::AdjustedDepth => self.adjusted_depth + average_path_length(n_rows),
            GuidedScore::Density => self.log_shrinkage + (n_rows as f64).log2(),
        }
    }
}

/// The most that a leaf of `n_rows` at `depth` can be worth: what [`Way::leaf_value`] gives it if each cut on its way adds the most.
pub(crate) fn most_leaf_value(score: GuidedScore, depth: u32, n_rows: usize) -> f64 {
    let (most_of_a_cut, rest) = match score {
        GuidedScore::Depth => (1.0, average_path_length(n_rows)),
        GuidedScore::AdjustedDepth => (2.0, average_path_length(n_rows)),
        GuidedScore::Density => (-LEAST_SHARE.log2(), (n_rows as f64).log2()),
    };
    f64::from(depth) * most_of_a_cut + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCORES: [GuidedScore; 3] = [GuidedScore::Depth, GuidedScore::AdjustedDepth, GuidedScore::Density];

    #[test]
    fn no_way_is_worth_more_than_the_most_and_some_come_near() {
        let steepest = Cut::new(1.0, 0.0);
        for score in SCORES {
            let mut way = Way::ROOT;
            for depth in 0..=31 {
                for n_rows in [1, 2, 3, 256, (1 << 31) - 1] {
                    let (value, most) = (way.leaf_value(score, n_rows), most_leaf_value(score, depth, n_rows));
                    assert!(most * (1.0 - 1e-6) <= value && value <= most, "{score:?}: {value}, at most {most}");
                }
                way = way.after(steepest);
            }
            // Whatever the cut.
            for rows in 0..=20 {
                for range in 0..=20 {
                    let cut = Cut::new(f64::from(rows) / 20.0, f64::from(range) / 20.0);
                    assert!(Way::ROOT.after(cut).leaf_value(score, 7) <= most_leaf_value(score, 1, 7));
                }
            }
        }
    }

    #[test]
    fn the_adjusted_depth_counts_less_for_sparse_sides() {
        let even = Way::ROOT.after(Cut::new(0.25, 0.25));
        let sparse = Way::ROOT.after(Cut::new(0.01, 0.9));
        let dense = Way::ROOT.after(Cut::new(0.99, 0.1));
        let value = |way: Way| way.leaf_value(GuidedScore::AdjustedDepth, 1);
        assert_eq!(value(even), 2.0 / 1.5);
        assert!(value(sparse) < 0.05 && value(dense) > 1.9);
        assert!([even, sparse, dense].iter().all(|way| way.leaf_value(GuidedScore::Depth, 1) == 1.0));
    }

    #[test]
    fn the_density_of_a_leaf_is_its_rows_over_its_part_of_the_space() {
        let way = Way::ROOT.after(Cut::new(0.5, 0.25)).after(Cut::new(0.5, 0.5));
        assert_eq!(way.leaf_value(GuidedScore::Density, 64), (64.0_f64 / (0.25 * 0.5)).log2());
        // Evenly spread rows have the density of the whole, however they are cut.
        let root = Way::ROOT.leaf_value(GuidedScore::Density, 256);
        assert_eq!(Way::ROOT.after(Cut::new(0.25, 0.25)).leaf_value(GuidedScore::Density, 64), root);
    }

    #[test]
    fn no_leaf_has_an_infinite_value() {
        let mut way = Way::ROOT;
        for _ in 0..31 {
            way = way.after(Cut::new(1.0, 0.0));
        }
        for score in SCORES {
            let value = way.leaf_value(score, 1 << 30);
            assert!(value.is_finite() && value >= 0.0);
        }
    }
}
