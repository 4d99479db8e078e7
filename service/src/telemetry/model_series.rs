//! The series of one model: how its features and scores are spread now, beside how they were spread in training.
//!
//! Every model that is loaded gets series of its own, from zero. Two models have different bins, so their counts must never
//! add up in one counter; Prometheus takes the fall to zero for a restart, and series of features that are gone end. A rate
//! over a window that reaches back before the load still mixes both models: drift tells the truth once the window has passed.
//!
//! A missing value is a bin like any other, named "missing", so that a feature's bins add up to the rows, both here and in
//! the expected ratios, and a rising share of missing values is drift without another word. Counts and ratios have the same
//! labels, so the population stability index needs no matching by hand. With p and q as recorded here
//!
//! ```promql
//! p = clamp_min(rate(anomaly_feature_bin_total[1h]) / ignoring(bin) group_left() sum without(bin) (rate(anomaly_feature_bin_total[1h])), 1e-4)
//! q = clamp_min(anomaly_feature_bin_expected_ratio, 1e-4)
//! ```
//!
//! it is `sum without(bin) ((p - q) * ln(p / q))`.

use std::time::SystemTime;

use isoforest::{Distribution, FeatureProfile};
use ndarray::ArrayView2;

use super::instruments::Counter;
use crate::model_store::ServedModel;

/// Most bins of features and of the score together that are counted. Each is two series, and ten deciles with "missing" are
/// 11 bins a feature: enough for 22 features beside the score, and a model with 500 features still fits into a scrape.
const MAX_BINS: usize = 256;

/// What is known of a model and what has been seen since it was loaded.
#[derive(Debug)]
pub(super) struct ModelSeries {
    pub(super) version: String,
    pub(super) sha256: String,
    /// When it was made and when it was loaded, in seconds since 1970; none for a time before.
    pub(super) trained: Option<f64>,
    pub(super) loaded: Option<f64>,
    pub(super) expected_outlier_ratio: f64,
    pub(super) n_features: usize,
    /// The first features of the model, as many as [`MAX_BINS`] allows.
    pub(super) features: Box<[FeatureSeries]>,
    pub(super) score: Option<Bins>,
}

/// One feature.
#[derive(Debug)]
pub(super) struct FeatureSeries {
    pub(super) name: String,
    /// Training range; none if every training row lacked the value, and then every value is outside.
    range: Option<(f64, f64)>,
    pub(super) out_of_range: Counter,
    pub(super) bins: Bins,
}

/// Counts a bin, with the share that each has in the training data.
#[derive(Debug)]
pub(super) struct Bins {
    edges: Box<[f64]>,
    bins: Box<[Bin]>,
}

/// One bin.
#[derive(Debug)]
pub(super) struct Bin {
    /// "0", "1", … as in the profile's `shares`, or "missing".
    pub(super) label: String,
    pub(super) expected: f64,
    pub(super) count: Counter,
}

impl ModelSeries {
    /// Series at zero.
    pub(super) fn new(model: &ServedModel) -> Self {
        let profile = model.file().profile();
        let mut room = MAX_BINS;
        let mut fits = |bins: &Bins| {
            room.checked_sub(bins.bins.len()).is_some_and(|rest| {
                room = rest;
                true
            })
        };
        let score = Some(Bins::new(&profile.scores, None)).filter(&mut fits);
        let features = profile
            .features
            .iter()
            .map(|feature| FeatureSeries::new(feature, profile.rows))
            .take_while(|feature| fits(&feature.bins))
            .collect();
        Self {
            version: model.version().to_owned(),
            sha256: model.sha256().to_owned(),
            trained: humantime::parse_rfc3339(model.file().created_at()).ok().and_then(seconds_since_1970),
            loaded: seconds_since_1970(model.loaded_at()),
            expected_outlier_ratio: profile.outliers as f64 / profile.rows as f64,
            n_features: profile.features.len(),
            features,
            score,
        }
    }

    /// Counts rows, shape `(n_rows, n_features)`, and their scores, one a row.
    pub(super) fn observe(&self, rows: ArrayView2<'_, f64>, scores: &[f64]) {
        for (series, column) in self.features.iter().zip(rows.columns()) {
            for &value in column {
                series.observe(value);
            }
        }
        if let Some(bins) = &self.score {
            for &score in scores {
                bins.observe(score);
            }
        }
    }
}

impl FeatureSeries {
    fn new(profile: &FeatureProfile, rows: u64) -> Self {
        let distribution = &profile.distribution;
        Self {
            name: profile.name.clone(),
            range: distribution.min.zip(distribution.max),
            out_of_range: Counter::default(),
            bins: Bins::new(distribution, Some(profile.missing as f64 / rows as f64)),
        }
    }

    fn observe(&self, value: f64) {
        self.bins.observe(value);
        // A missing value compares as false: it is counted in its bin, not here.
        if self.range.map_or(!value.is_nan(), |(min, max)| value < min || value > max) {
            self.out_of_range.inc();
        }
    }
}

impl Bins {
    /// With a share of missing values, the last bin is theirs and the others share the rest.
    fn new(distribution: &Distribution, missing: Option<f64>) -> Self {
        let present = 1.0 - missing.unwrap_or(0.0);
        // Without a value in training there are no shares, but a value may still come: bin 0, with nothing expected.
        let shares = if distribution.shares.is_empty() { &[0.0] } else { distribution.shares.as_slice() };
        let bin = |label, expected| Bin { label, expected, count: Counter::default() };
        Self {
            edges: distribution.edges.as_slice().into(),
            bins: shares
                .iter()
                .enumerate()
                .map(|(index, share)| bin(index.to_string(), share * present))
                .chain(missing.map(|share| bin("missing".to_owned(), share)))
                .collect(),
        }
    }

    fn observe(&self, value: f64) {
        let bin = if value.is_nan() {
            self.bins.last()
        } else {
            self.bins.get(self.edges.partition_point(|&edge| edge < value))
        };
        if let Some(bin) = bin {
            bin.count.inc();
        }
    }

    /// The bins in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Bin> {
        self.bins.iter()
    }
}

fn seconds_since_1970(time: SystemTime) -> Option<f64> {
    Some(time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs_f64())
}
