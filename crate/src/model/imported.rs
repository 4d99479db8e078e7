//! A forest from parts that were grown elsewhere: it must hold what a model file must hold.

use super::check::check;
use super::file::{Contents, FORMAT, LoadError, STANDARD_VERSION};
use super::{Distribution, FeatureProfile, IsolationForest, TrainingProfile};
use crate::forest::{IsolationForestParams, Tree};

impl IsolationForest {
    /// A forest of parts that nobody has checked.
    pub(crate) fn from_untrusted(
        params: IsolationForestParams,
        feature_names: Vec<String>,
        max_samples: usize,
        offset: f64,
        trees: Vec<Tree>,
    ) -> Result<Self, LoadError> {
        let contents = Contents {
            format: FORMAT.to_owned(),
            format_version: STANDARD_VERSION,
            detector: None,
            medians: Vec::new(),
            created_at: "1970-01-01T00:00:00Z".to_owned(),
            library_version: String::new(),
            n_features: feature_names.len(),
            training_profile: TrainingProfile::unknown(&feature_names, max_samples),
            params,
            feature_names,
            max_samples,
            offset,
            trees,
        };
        check(&contents)?;
        Ok(Self::from_parts(contents.params, contents.feature_names, max_samples, offset, contents.trees, Vec::new()))
    }
}

impl TrainingProfile {
    /// The profile of training data that nobody has any more: its rows are those that a tree was grown from, as there were no fewer;
    /// no distribution is known, and no outlier.
    pub(crate) fn unknown(feature_names: &[String], max_samples: usize) -> Self {
        let feature =
            |name: &String| FeatureProfile { name: name.clone(), missing: 0, distribution: Distribution::default() };
        Self {
            rows: max_samples as u64,
            features: feature_names.iter().map(feature).collect(),
            scores: Distribution::default(),
            outliers: 0,
        }
    }
}
