use std::time::{Duration, Instant};

use ndarray::{Array1, ArrayView2};

use super::error::CompareError;
use crate::forest::{Contamination, Detector, Guided, IsolationForestParams};
use crate::model::percentile;
use crate::neighbours::{NeighbourDetector, NeighbourParams};
use crate::{FitError, IsolationForest};

/// Neighbours of the two detectors by neighbours: the usual choices, of pyod and of scikit-learn.
const KTH: usize = 5;
const FACTOR_OF: usize = 20;

/// A detector by name, with all its parameters but the seed.
#[derive(Debug, Clone)]
pub struct Contender {
    /// What it is called in tables and figures.
    pub name: &'static str,
    params: Params,
}

#[derive(Debug, Clone)]
enum Params {
    Forest(IsolationForestParams),
    Neighbours(NeighbourParams),
}

impl Contender {
    /// The standard, the extended and the guided forest, the distance to the fifth neighbour, and the local outlier factor among twenty; each
    /// with its defaults and the share `contamination`, in (0, 0.5], of training rows outside.
    pub fn all(contamination: f64) -> Vec<Self> {
        let share = Contamination::Fraction(contamination);
        let forest = |name, detector| {
            let params = IsolationForest::builder().detector(detector).contamination(share);
            Self { name, params: Params::Forest(params) }
        };
        let neighbours =
            |name, params: NeighbourParams| Self { name, params: Params::Neighbours(params.contamination(share)) };
        vec![
            forest("standard", Detector::Standard),
            forest("extended", Detector::Extended { extension_level: None }),
            forest("guided", Detector::Guided(Guided::default())),
            neighbours("5th neighbour", NeighbourDetector::kth_distance(KTH)),
            neighbours("LOF", NeighbourDetector::local_outlier_factor(FACTOR_OF)),
        ]
    }

    /// Whether a seed changes the result.
    pub fn is_random(&self) -> bool {
        matches!(self.params, Params::Forest(_))
    }

    /// Fits on the rows of `x`, shape `(n_rows, n_features)`, with one thread.
    ///
    /// # Errors
    ///
    /// Those of the detector; the ones by neighbours take no missing value.
    pub fn fit(&self, x: ArrayView2<'_, f64>, seed: u32) -> Result<Fitted, CompareError> {
        let begin = Instant::now();
        match &self.params {
            Params::Forest(params) => {
                params.check().map_err(FitError::from)?;
                // The threshold needs the scores, whose time is not that of growing trees.
                let forest = params.contamination(Contamination::Auto).random_state(seed).fit(x)?;
                let fit_time = begin.elapsed();
                let training_scores = forest.score_samples(x)?;
                let offset = match params.contamination {
                    Contamination::Auto => forest.offset(),
                    Contamination::Fraction(share) => percentile(training_scores.to_vec(), share),
                };
                Ok(Fitted {
                    name: self.name,
                    training_scores,
                    offset,
                    fit_time,
                    model: Model::Forest(Box::new(forest)),
                })
            }
            Params::Neighbours(params) => {
                let detector = params.fit(x)?;
                let fit_time = begin.elapsed();
                let (training_scores, offset) = (detector.training_scores().clone(), detector.offset());
                let model = Model::Neighbours(Box::new(detector));
                Ok(Fitted { name: self.name, training_scores, offset, fit_time, model })
            }
        }
    }
}

/// A detector that has been fitted.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// What it is called.
    pub name: &'static str,
    /// Scores of the training rows, the lower the more anomalous. To a detector by neighbours no row is its own neighbour here.
    pub training_scores: Array1<f64>,
    /// The score below which a row is an outlier.
    pub offset: f64,
    /// How long fitting took.
    pub fit_time: Duration,
    model: Model,
}

#[derive(Debug, Clone)]
enum Model {
    Forest(Box<IsolationForest>),
    Neighbours(Box<NeighbourDetector>),
}

impl Fitted {
    /// Scores of new rows, shape `(n_rows, n_features)`: the lower, the more anomalous.
    ///
    /// # Errors
    ///
    /// Another number of features, or a value that the detector does not take.
    pub fn score_samples(&self, x: ArrayView2<'_, f64>) -> Result<Array1<f64>, CompareError> {
        match &self.model {
            Model::Forest(forest) => Ok(forest.score_samples(x)?),
            Model::Neighbours(detector) => Ok(detector.score_samples(x)?),
        }
    }

    /// [`score_samples`](Self::score_samples) minus the offset: below 0 for an outlier.
    ///
    /// # Errors
    ///
    /// As [`score_samples`](Self::score_samples).
    pub fn decision_function(&self, x: ArrayView2<'_, f64>) -> Result<Array1<f64>, CompareError> {
        Ok(self.score_samples(x)? - self.offset)
    }

    /// Which training rows are outliers.
    pub fn training_outliers(&self) -> Vec<bool> {
        self.training_scores.iter().map(|&score| score < self.offset).collect()
    }
}
