//! From what a row's leaves add up to, to its score.

use crate::forest::{Detector, GuidedScore, average_path_length};

/// How a detector makes a score of the sum of leaf values, the path lengths or the leaves' own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scale {
    /// `-2^(-sum / denominator)`.
    PathLength {
        /// What the sum is measured against, so that it gives a score of -0.5: for path lengths `T · c(max_samples)`, for logarithms of
        /// densities `T · log2(max_samples)`, the density of the whole; 0 if each tree saw one row.
        denominator: f64,
    },
}

impl Scale {
    /// The scale of a detector's forest of `n_trees`, each grown from `max_samples` rows.
    pub(crate) fn of(detector: Detector, n_trees: usize, max_samples: usize) -> Self {
        let of_a_tree = match detector {
            Detector::Guided(guided) if guided.score == GuidedScore::Density => (max_samples as f64).log2(),
            Detector::Standard | Detector::Extended { .. } | Detector::Guided(_) => average_path_length(max_samples),
        };
        Self::PathLength { denominator: n_trees as f64 * of_a_tree }
    }

    /// The score of a row, in [-1, 0); it rises with the sum, which is at least 0.
    pub(crate) fn score(self, sum: f64) -> f64 {
        match self {
            Self::PathLength { denominator } => {
                let ratio = if denominator == 0.0 { 1.0 } else { sum / denominator };
                -(-ratio).exp2()
            }
        }
    }
}
