//! Parameters of the guided forest.

use serde::{Deserialize, Serialize};

use super::{ParamError, bad};

/// How a guided forest (Cortes 2021) draws columns, chooses thresholds and scores leaves.
///
/// `crate/quality/QUALITY.md` says how the defaults were chosen, and how well they do on sets that had no say in it.
///
/// ```
/// use isoforest::{Detector, Guided, GuidedScore, IsolationForest};
/// use ndarray::array;
///
/// let train = array![[0.0, 1.0], [0.1, 1.1], [0.2, 0.9], [9.0, 0.0]];
/// let guided = Guided { score: GuidedScore::Density, ..Guided::default() };
/// let forest = IsolationForest::builder().detector(Detector::Guided(guided)).random_state(16).fit(train.view())?;
/// let scores = forest.score_samples(train.view())?;
/// assert!(scores[3] < scores[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guided {
    /// Probability, in [0, 1], that a node is cut where the standard deviations of both sides, weighted by their rows, are least:
    /// between groups. Above 0.5, the contamination "auto" can call most rows outliers
    /// ([`FitWarning::GainWithoutShare`](crate::FitWarning::GainWithoutShare)).
    pub pooled_gain: f64,
    /// Probability, in [0, 1], that it is cut where the mean of both sides' standard deviations is least: where few rows lie apart. Both
    /// probabilities sum to at most 1; what is left is the probability of a cut anywhere, uniformly, as in the standard forest.
    pub average_gain: f64,
    /// How often each column is drawn.
    pub column_weights: ColumnWeights,
    /// What a leaf says of its rows.
    pub score: GuidedScore,
}

/// How often each column is drawn for a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnWeights {
    /// All alike.
    Equal,
    /// In proportion to their kurtosis in the rows of the tree (Liu, Ting and Zhou 2008, section 5; Cortes 2021): columns with values
    /// that lie far out are cut more often.
    Kurtosis,
    /// In proportion to the square root of their kurtosis: half-way between the two.
    RootKurtosis,
}

/// What a leaf adds to the sum from which a row's score is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuidedScore {
    /// Its depth, as in the standard forest.
    Depth,
    /// Its depth, each cut counted by how dense its side is: from 0, for few rows on a long part of the range, to 2.
    AdjustedDepth,
    /// Binary logarithm of its density, its rows over its part of the space: the score is -0.5 where the density is that of all rows.
    /// The contamination "auto" draws the line there, and so calls up to half of clean data outliers: a share is wanted
    /// ([`FitWarning::DensityWithoutShare`](crate::FitWarning::DensityWithoutShare)).
    Density,
}

impl ColumnWeights {
    /// Its name, as in a model file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Kurtosis => "kurtosis",
            Self::RootKurtosis => "root_kurtosis",
        }
    }
}

impl GuidedScore {
    /// Its name, as in a model file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Depth => "depth",
            Self::AdjustedDepth => "adjusted_depth",
            Self::Density => "density",
        }
    }
}

impl Default for Guided {
    fn default() -> Self {
        Self { pooled_gain: 0.0, average_gain: 0.5, column_weights: ColumnWeights::Kurtosis, score: GuidedScore::Depth }
    }
}

impl Guided {
    /// Checks the probabilities.
    pub(super) fn check(&self) -> Result<(), ParamError> {
        for (name, value) in [("pooled_gain", self.pooled_gain), ("average_gain", self.average_gain)] {
            if !(0.0..=1.0).contains(&value) {
                return Err(bad(name, "a probability in [0, 1]", value));
            }
        }
        if self.pooled_gain + self.average_gain > 1.0 {
            let value = format!("{} + {}", self.pooled_gain, self.average_gain);
            return Err(bad("pooled_gain + average_gain", "at most 1", value));
        }
        Ok(())
    }
}
