//! What the service counts of predictions and of its model.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ndarray::ArrayView2;

use super::http::Http;
use super::instruments::{Counter, Histogram};
use super::model_series::ModelSeries;
use crate::model_store::ServedModel;

/// Seconds, 10 µs to 1 s.
const LATENCY_BOUNDS: [f64; 16] = [
    0.00001, 0.000_025, 0.00005, 0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0,
];

/// Anomaly scores s: an ordinary row has about 0.4, a clear outlier above 0.6.
const SCORE_BOUNDS: [f64; 13] = [0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9];

/// An outlier is 0 and an inlier 1. The course has -1 for an outlier; a histogram's sum must not fall, or Prometheus takes it for a restart.
const OUTPUT_BOUNDS: [f64; 2] = [0.0, 1.0];

/// Why a request to a prediction endpoint was not answered with a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The body is not JSON, or not CSV where CSV was announced.
    Syntax,
    /// A field that is missing, unknown or of the wrong type.
    Schema,
    /// A row with another number of features than the model has.
    FeatureCount,
    /// A number that is infinite or too large.
    Number,
    /// More bytes or rows than are taken.
    TooLarge,
    /// A content type that is not taken.
    MediaType,
    /// A model or version that is not served here.
    UnknownModel,
    /// Too many requests at once.
    Overloaded,
    /// No model yet, or shutting down.
    NotReady,
    /// Anything else.
    Other,
}

impl Reason {
    /// All of them, in the order of their counters.
    pub(super) const ALL: [Self; 10] = [
        Self::Syntax,
        Self::Schema,
        Self::FeatureCount,
        Self::Number,
        Self::TooLarge,
        Self::MediaType,
        Self::UnknownModel,
        Self::Overloaded,
        Self::NotReady,
        Self::Other,
    ];

    /// The value of the label `reason`.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Schema => "schema",
            Self::FeatureCount => "feature_count",
            Self::Number => "number",
            Self::TooLarge => "too_large",
            Self::MediaType => "media_type",
            Self::UnknownModel => "unknown_model",
            Self::Overloaded => "overloaded",
            Self::NotReady => "not_ready",
            Self::Other => "other",
        }
    }
}

/// How a reload of the model ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReloadOutcome {
    /// The new model serves.
    Success,
    /// The new file is bad; the old model serves on.
    Failure,
}

/// Everything that the service counts, shared by all requests; each call is a few atomic additions.
#[derive(Debug)]
pub struct Metrics {
    pub(super) predictions: Counter,
    pub(super) model_info: Counter,
    pub(super) output: Histogram,
    pub(super) scores: Histogram,
    pub(super) latency: Histogram,
    pub(super) inliers: Counter,
    pub(super) outliers: Counter,
    pub(super) errors: [Counter; Reason::ALL.len()],
    pub(super) reloads: Counter,
    pub(super) failed_reloads: Counter,
    /// Shared with the log, which drops lines sooner than it makes a request wait.
    pub(super) log_lines_dropped: Arc<Counter>,
    pub(super) http: Http,
    model: RwLock<Option<Arc<ModelSeries>>>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            predictions: Counter::default(),
            model_info: Counter::default(),
            output: Histogram::new(&OUTPUT_BOUNDS),
            scores: Histogram::new(&SCORE_BOUNDS),
            latency: Histogram::new(&LATENCY_BOUNDS),
            inliers: Counter::default(),
            outliers: Counter::default(),
            errors: Default::default(),
            reloads: Counter::default(),
            failed_reloads: Counter::default(),
            log_lines_dropped: Arc::default(),
            http: Http::default(),
            model: RwLock::default(),
        }
    }
}

impl Metrics {
    /// Everything at zero, and no model.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on `model` is the one that answers: its series start at zero and those of the model before it end.
    pub fn model_loaded(&self, model: &ServedModel) {
        let series = Arc::new(ModelSeries::new(model));
        *self.model.write().unwrap_or_else(PoisonError::into_inner) = Some(series);
    }

    /// A request for predictions was answered by `model`: `rows`, shape `(n_rows, n_features)`, with the `scores` (`score_samples`)
    /// and `predictions` (1 or -1) of each, after `latency`.
    ///
    /// The request counts once in `predictions_total` and `predictions_latency`; every row counts in everything else. Only
    /// `predictions_scores` leaves rows out: it is the course's panel of the scores that clients asked for, so it observes them if
    /// `score_asked`. The bins of the score, which drift is told by, observe every row.
    pub fn prediction(
        &self,
        model: &ServedModel,
        rows: ArrayView2<'_, f64>,
        scores: &[f64],
        predictions: &[i8],
        score_asked: bool,
        latency: Duration,
    ) {
        self.predictions.inc();
        self.latency.observe(latency.as_secs_f64());
        let outliers = predictions.iter().filter(|&&prediction| prediction < 0).count() as u64;
        let inliers = predictions.len() as u64 - outliers;
        self.outliers.add(outliers);
        self.inliers.add(inliers);
        self.output.observe_times(0.0, outliers);
        self.output.observe_times(1.0, inliers);
        if score_asked {
            self.scores.observe_all(scores.iter().map(|score| -score));
        }
        let current = self.model.read().unwrap_or_else(PoisonError::into_inner);
        // A request that began before a reload was answered by the model before: its bins are gone, and it fits no others.
        if let Some(series) = current.as_ref().filter(|series| series.sha256 == model.sha256()) {
            series.observe(rows, scores);
        }
    }

    /// A request for the model's information was answered.
    pub fn model_information(&self) {
        self.model_info.inc();
    }

    /// A request for predictions was refused.
    pub fn refused(&self, reason: Reason) {
        if let Some(counter) = self.errors.get(reason as usize) {
            counter.inc();
        }
    }

    /// A reload of the model was tried.
    pub fn reload(&self, outcome: ReloadOutcome) {
        match outcome {
            ReloadOutcome::Success => self.reloads.inc(),
            ReloadOutcome::Failure => self.failed_reloads.inc(),
        }
    }

    /// The series of the model that answers now.
    pub(super) fn model(&self) -> Option<Arc<ModelSeries>> {
        self.model.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::Reason;

    #[test]
    fn reasons_stand_in_the_order_of_their_counters() {
        assert!(Reason::ALL.iter().enumerate().all(|(index, &reason)| reason as usize == index));
    }
}
