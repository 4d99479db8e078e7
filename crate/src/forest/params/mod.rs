//! The nine parameters of scikit-learn's `IsolationForest` and the choice of a detector, their rules and their errors.

use std::num::NonZero;
use std::thread;

use serde::{Deserialize, Serialize};

use self::as_json::{ContaminationJson, MaxFeaturesJson, MaxSamplesJson};

/// How the parameters read and write as JSON: "auto", an integer or a fraction, as scikit-learn's `get_params` gives them.
mod as_json;
/// Which kind of forest.
mod detector;
/// How a guided forest is grown.
mod guided;

pub use self::detector::Detector;
pub use self::guided::{ColumnWeights, Guided, GuidedScore};

/// Most trees: far beyond any use, and still something that memory can hold.
const MAX_ESTIMATORS: usize = 1_000_000;

/// Most threads that are started, whatever `n_jobs` says: a system refuses to start tens of thousands.
const MAX_THREADS: usize = 256;

/// A parameter out of its range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{name} must be {rule}, got {value}")]
pub struct ParamError {
    /// The parameter, by scikit-learn's name.
    pub name: &'static str,
    /// What it must be.
    pub rule: String,
    /// What it was.
    pub value: String,
}

/// How many rows each tree is grown from.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "MaxSamplesJson", into = "MaxSamplesJson")]
pub enum MaxSamples {
    /// 256, or all rows if there are fewer.
    #[default]
    Auto,
    /// So many rows, at least 1; all rows, with a warning, if there are fewer.
    Count(usize),
    /// This share of the rows, in (0, 1], rounded down.
    Fraction(f64),
}

/// Share of outliers expected in the training data; it sets the offset and never changes a score.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "ContaminationJson", into = "ContaminationJson")]
pub enum Contamination {
    /// The offset is -0.5, as in the paper.
    #[default]
    Auto,
    /// This share, in (0, 0.5], of the training rows is to be called outliers.
    Fraction(f64),
}

/// How many columns each tree may use.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "MaxFeaturesJson", into = "MaxFeaturesJson")]
pub enum MaxFeatures {
    /// So many columns, from 1 to all.
    Count(usize),
    /// This share of the columns, in (0, 1], rounded down but at least one column.
    Fraction(f64),
}

impl Default for MaxFeatures {
    fn default() -> Self {
        Self::Fraction(1.0)
    }
}

/// Parameters of an isolation forest, with scikit-learn's names and defaults, and the detector. Values are checked when the forest is fitted, or by [`check`](Self::check).
///
/// ```
/// use isoforest::{Contamination, IsolationForest};
///
/// let params = IsolationForest::builder().n_estimators(50).contamination(Contamination::Fraction(0.01)).random_state(16);
/// assert!(params.check().is_ok());
///
/// let error = IsolationForest::builder().contamination(Contamination::Fraction(0.7)).check().unwrap_err();
/// assert_eq!(error.to_string(), "contamination must be \"auto\" or a number in (0, 0.5], got 0.7");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IsolationForestParams {
    /// Rows each tree is grown without replacement (`false`) or with (`true`).
    pub bootstrap: bool,
    /// Share of outliers expected in the training data.
    pub contamination: Contamination,
    /// Columns a tree.
    pub max_features: MaxFeatures,
    /// Rows a tree.
    pub max_samples: MaxSamples,
    /// Number of trees, from 1 to 1,000,000.
    pub n_estimators: usize,
    /// Threads: none is one, -1 is every core, -2 every core but one; the result never depends on it.
    #[serde(deserialize_with = "Option::deserialize")] // must be there, if only as null
    pub n_jobs: Option<i32>,
    /// Seed; none draws one from the system when fitting and records it.
    #[serde(deserialize_with = "Option::deserialize")]
    pub random_state: Option<u32>,
    /// Above 0: progress on standard error.
    pub verbose: u32,
    /// Keep the trees of the forest that is handed over and add more.
    pub warm_start: bool,
    /// How trees are grown: not one of scikit-learn's nine, and so no part of the JSON.
    #[serde(skip)]
    pub detector: Detector,
}

impl Default for IsolationForestParams {
    fn default() -> Self {
        Self {
            bootstrap: false,
            contamination: Contamination::Auto,
            max_features: MaxFeatures::default(),
            max_samples: MaxSamples::Auto,
            n_estimators: 100,
            n_jobs: None,
            random_state: None,
            verbose: 0,
            warm_start: false,
            detector: Detector::Standard,
        }
    }
}

impl IsolationForestParams {
    /// Sets the number of trees (default 100).
    #[must_use]
    pub fn n_estimators(mut self, n: usize) -> Self {
        self.n_estimators = n;
        self
    }

    /// Sets how many rows each tree is grown from (default auto: 256).
    #[must_use]
    pub fn max_samples(mut self, max_samples: MaxSamples) -> Self {
        self.max_samples = max_samples;
        self
    }

    /// Sets the share of outliers expected in the training data (default auto: offset -0.5).
    #[must_use]
    pub fn contamination(mut self, contamination: Contamination) -> Self {
        self.contamination = contamination;
        self
    }

    /// Sets how many columns each tree may use (default all).
    #[must_use]
    pub fn max_features(mut self, max_features: MaxFeatures) -> Self {
        self.max_features = max_features;
        self
    }

    /// Sets whether rows are drawn with replacement (default no).
    #[must_use]
    pub fn bootstrap(mut self, bootstrap: bool) -> Self {
        self.bootstrap = bootstrap;
        self
    }

    /// Sets the number of threads for fitting and scoring (default none: one).
    #[must_use]
    pub fn n_jobs(mut self, n_jobs: impl Into<Option<i32>>) -> Self {
        self.n_jobs = n_jobs.into();
        self
    }

    /// Sets the seed (default none: one is drawn from the system and recorded).
    #[must_use]
    pub fn random_state(mut self, random_state: impl Into<Option<u32>>) -> Self {
        self.random_state = random_state.into();
        self
    }

    /// Sets whether progress is written to standard error (default 0: no).
    #[must_use]
    pub fn verbose(mut self, verbose: u32) -> Self {
        self.verbose = verbose;
        self
    }

    /// Sets whether [`fit_warm`](Self::fit_warm) keeps the trees it is handed (default no).
    #[must_use]
    pub fn warm_start(mut self, warm_start: bool) -> Self {
        self.warm_start = warm_start;
        self
    }

    /// Sets how trees are grown (default: scikit-learn's way).
    #[must_use]
    pub fn detector(mut self, detector: Detector) -> Self {
        self.detector = detector;
        self
    }

    /// Checks each parameter that can be checked without data.
    ///
    /// # Errors
    ///
    /// The first parameter out of its range, with the rule and the value.
    pub fn check(&self) -> Result<(), ParamError> {
        let in_unit = |f: f64| f > 0.0 && f <= 1.0;
        if !(1..=MAX_ESTIMATORS).contains(&self.n_estimators) {
            return Err(bad("n_estimators", format!("an integer from 1 to {MAX_ESTIMATORS}"), self.n_estimators));
        }
        let max_samples_rule = "\"auto\", an integer of at least 1 or a fraction in (0, 1]";
        match self.max_samples {
            MaxSamples::Count(0) => return Err(bad("max_samples", max_samples_rule, 0)),
            MaxSamples::Fraction(f) if !in_unit(f) => return Err(bad("max_samples", max_samples_rule, f)),
            _ => {}
        }
        match self.contamination {
            Contamination::Fraction(f) if !(f > 0.0 && f <= 0.5) => {
                return Err(bad("contamination", "\"auto\" or a number in (0, 0.5]", f));
            }
            _ => {}
        }
        let max_features_rule = "an integer from 1 to the number of columns or a fraction in (0, 1]";
        match self.max_features {
            MaxFeatures::Count(0) => return Err(bad("max_features", max_features_rule, 0)),
            MaxFeatures::Fraction(f) if !in_unit(f) => return Err(bad("max_features", max_features_rule, f)),
            _ => {}
        }
        if self.n_jobs == Some(0) {
            return Err(bad(
                "n_jobs",
                "none, a number of threads of at least 1, or negative to count from all cores",
                0,
            ));
        }
        match &self.detector {
            Detector::Guided(guided) => guided.check(),
            Detector::Standard | Detector::Extended { .. } => Ok(()),
        }
    }

    /// Threads to use on this machine.
    pub(crate) fn n_threads(&self) -> NonZero<usize> {
        let all = || thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        let wanted = match self.n_jobs {
            None => 1,
            Some(n) if n >= 0 => n.unsigned_abs() as usize,
            Some(n) => (all().get() + 1).saturating_sub(n.unsigned_abs() as usize),
        };
        NonZero::new(wanted.min(MAX_THREADS)).unwrap_or(NonZero::<usize>::MIN)
    }

    /// Rows a tree when there are `n_rows`, and whether fewer than asked for.
    pub(crate) fn resolve_max_samples(&self, n_rows: usize) -> Result<(usize, bool), ParamError> {
        match self.max_samples {
            MaxSamples::Auto => Ok((n_rows.min(256), false)),
            MaxSamples::Count(n) => Ok((n.min(n_rows), n > n_rows)),
            MaxSamples::Fraction(f) => {
                let n = (f * n_rows as f64) as usize;
                if n == 0 {
                    let rule = format!("large enough for one row of {n_rows} (at least {})", 1.0 / n_rows as f64);
                    return Err(bad("max_samples", rule, f));
                }
                Ok((n, false))
            }
        }
    }

    /// Columns a tree when there are `n_columns`.
    pub(crate) fn resolve_max_features(&self, n_columns: usize) -> Result<usize, ParamError> {
        match self.max_features {
            MaxFeatures::Count(n) if n > n_columns => {
                Err(bad("max_features", format!("at most the number of columns, {n_columns}"), n))
            }
            MaxFeatures::Count(n) => Ok(n),
            MaxFeatures::Fraction(f) => Ok(((f * n_columns as f64) as usize).max(1)),
        }
    }
}

impl Detector {
    /// The detector with all that was left open, when there are `n_columns`.
    pub(crate) fn resolve(self, n_columns: usize) -> Result<Self, ParamError> {
        let most = n_columns.saturating_sub(1);
        match self {
            Self::Standard => Ok(self),
            Self::Guided(guided) => guided.check().map(|()| self),
            Self::Extended { extension_level: Some(level) } if level > most => {
                Err(bad("extension_level", format!("from 0 to the number of columns less one, {most}"), level))
            }
            Self::Extended { extension_level } => {
                Ok(Self::Extended { extension_level: Some(extension_level.unwrap_or(most)) })
            }
        }
    }
}

fn bad(name: &'static str, rule: impl Into<String>, value: impl std::fmt::Display) -> ParamError {
    ParamError { name, rule: rule.into(), value: format!("{value}") }
}
