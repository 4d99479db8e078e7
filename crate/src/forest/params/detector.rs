//! Which kind of forest.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Guided;

/// How trees are grown. All detectors have the same parameters beside it, scores, model file, explanations and service.
///
/// As JSON, in a model file and in the service's `/model_information`: `{"name": "extended", "extension_level": 1}`.
///
/// ```
/// use isoforest::{Detector, IsolationForest};
/// use ndarray::array;
///
/// let train = array![[0.0, 1.0], [0.1, 1.1], [9.0, 0.0]];
/// let params = IsolationForest::builder().detector(Detector::Extended { extension_level: None }).random_state(16);
/// let forest = params.fit(train.view())?;
/// assert_eq!(forest.params().detector, Detector::Extended { extension_level: Some(1) });
/// let scores = forest.score_samples(train.view())?;
/// assert!(scores[2] < scores[0] && scores[2] < scores[1], "{scores}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum Detector {
    /// Isolation forest (Liu, Ting and Zhou 2008) with scikit-learn's numbers, bit for bit: each node compares one feature with a threshold.
    #[default]
    Standard,
    /// Extended isolation forest (Hariri, Carrasco Kind and Brunner 2019): each node cuts with a random hyperplane, so that no direction is
    /// special. The standard forest knows only cuts along the axes, and calls normal what lies on a line with a cluster along an axis.
    /// Its cuts depend on the units of the columns, as the standard forest's do not: a column of larger numbers counts for more, so bring
    /// the columns to one scale first, such as that of their standard deviations.
    Extended {
        /// Features of a hyperplane, less one: 0 cuts along the axes, the number of features less one, the most, in every direction. None is the most.
        ///
        /// A tree of fewer columns ([`max_features`](crate::IsolationForestParams::max_features)), or a node at which fewer vary, cuts
        /// with all of these.
        extension_level: Option<usize>,
    },
    /// Guided isolation forest (Cortes 2021): columns and thresholds are not drawn blindly, and leaves can say more than their depth.
    Guided(Guided),
}

impl Detector {
    /// Its name, as in a model file.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Extended { .. } => "extended",
            Self::Guided(_) => "guided",
        }
    }

    /// Whether its trees cut with hyperplanes of more than one feature.
    pub(crate) fn has_hyperplanes(&self) -> bool {
        matches!(self, Self::Extended { extension_level } if *extension_level != Some(0))
    }

    /// Whether its leaves carry values of their own.
    pub(crate) fn has_leaf_values(&self) -> bool {
        match self {
            Self::Standard | Self::Extended { .. } => false,
            Self::Guided(_) => true,
        }
    }

    /// Whether it reads a missing value as the median of the training data.
    pub(crate) fn reads_medians(&self) -> bool {
        matches!(self, Self::Extended { .. })
    }
}

impl fmt::Display for Detector {
    /// Its name, and its own parameters by theirs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard | Self::Extended { extension_level: None } => f.write_str(self.name()),
            Self::Extended { extension_level: Some(level) } => {
                write!(f, "{} with extension_level {level}", self.name())
            }
            Self::Guided(Guided { pooled_gain, average_gain, column_weights, score }) => write!(
                f,
                "{} with pooled_gain {pooled_gain}, average_gain {average_gain}, column_weights {}, score {}",
                self.name(),
                column_weights.name(),
                score.name()
            ),
        }
    }
}
