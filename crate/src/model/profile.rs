//! What the training data looked like: kept in the model file, so that a service can tell drift with no other input.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::IsolationForest;
use crate::scoring::{Feature, ScoreError};

/// Inner deciles: 10 %, 20 %, …, 90 %.
const N_DECILES: usize = 9;

/// One half, less what adding ten shares may lose to rounding; much less than half a value's share of any data that fit in memory.
const HALF: f64 = 0.5 - 1e-13;

/// Profile of the training data and of the scores it got.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingProfile {
    /// Training rows.
    pub rows: u64,
    /// One entry a feature, in the model's order.
    pub features: Vec<FeatureProfile>,
    /// Distribution of `score_samples` over the training rows.
    pub scores: Distribution,
    /// Training rows that the model calls outliers.
    pub outliers: u64,
}

/// One feature in the training data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureProfile {
    /// Name of the feature.
    pub name: String,
    /// Rows in which it is missing.
    pub missing: u64,
    /// Distribution of the values that are not missing.
    pub distribution: Distribution,
}

/// Distribution of a set of values; without values everything is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// Smallest value.
    #[serde(deserialize_with = "Option::deserialize")] // must be there, if only as null
    pub min: Option<f64>,
    /// Largest value.
    #[serde(deserialize_with = "Option::deserialize")]
    pub max: Option<f64>,
    /// Mean.
    #[serde(deserialize_with = "Option::deserialize")]
    pub mean: Option<f64>,
    /// Population standard deviation.
    #[serde(deserialize_with = "Option::deserialize")]
    pub std: Option<f64>,
    /// Inner edges of the bins, rising: the deciles, each kept once, without one at the maximum. Bin `i` holds the values above
    /// edge `i - 1` and up to edge `i`, its end included; the first and the last bin are open.
    pub edges: Vec<f64>,
    /// Share of the values in each bin: one more than `edges`, together 1.
    pub shares: Vec<f64>,
}

impl TrainingProfile {
    /// Profiles the data `x`, shape `(n_rows, n_features)`, that `forest` was fitted on. Cost: scoring every row, and a sort a column.
    ///
    /// # Errors
    ///
    /// As [`IsolationForest::score_samples`].
    pub fn new<A: Feature>(forest: &IsolationForest, x: ArrayView2<'_, A>) -> Result<Self, ScoreError> {
        let scores = forest.score_samples(x)?;
        let outliers = scores.iter().filter(|&&score| score - forest.offset() < 0.0).count() as u64;
        let features = x
            .columns()
            .into_iter()
            .zip(forest.feature_names())
            .map(|(column, name)| {
                let present: Vec<f64> =
                    column.iter().map(|value| value.to_f64()).filter(|value| !value.is_nan()).collect();
                FeatureProfile {
                    name: name.clone(),
                    missing: (column.len() - present.len()) as u64,
                    distribution: Distribution::of(present),
                }
            })
            .collect();
        Ok(Self { rows: x.nrows() as u64, features, scores: Distribution::of(scores.to_vec()), outliers })
    }

    /// Median of each feature, in the model's order: [`Distribution::median`].
    pub fn medians(&self) -> Vec<Option<f64>> {
        self.features.iter().map(|feature| feature.distribution.median()).collect()
    }
}

impl Distribution {
    /// Distribution of finite values.
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        let (Some(&min), Some(&max)) = (values.first(), values.last()) else {
            return Self::default();
        };
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let std = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt();
        let mut edges: Vec<f64> =
            (1..=N_DECILES).map(|decile| values[decile * (values.len() - 1) / (N_DECILES + 1)]).collect();
        edges.dedup();
        edges.retain(|&edge| edge < max);
        let ends = edges.iter().map(|&edge| values.partition_point(|&value| value <= edge)).chain([values.len()]);
        let mut start = 0;
        let shares = ends
            .map(|end| {
                let share = (end - start) as f64 / n;
                start = end;
                share
            })
            .collect();
        Self { min: Some(min), max: Some(max), mean: Some(mean), std: Some(std), edges, shares }
    }

    /// The lower median, `sorted[(n - 1) / 2]` of `n` values, exactly; nothing without values.
    ///
    /// ```
    /// # let distribution = isoforest::Distribution { max: Some(9.0), edges: vec![0.0, 1.0], shares: vec![0.25, 0.5, 0.25], ..Default::default() };
    /// assert_eq!(distribution.median(), Some(1.0));
    /// ```
    pub fn median(&self) -> Option<f64> {
        // The lower median is the smallest value up to which half of the values lie: up to it lie (n - 1) / 2 + 1 or more of them,
        // which is n / 2 or more, and up to any smaller value (n - 1) / 2 or fewer, which, rounded down, is less than n / 2. It is
        // the fifth decile, and so one of the edges unless it is the maximum.
        let mut cumulated = 0.0;
        let half = self.edges.iter().zip(&self.shares).find(|(_, share)| {
            cumulated += *share;
            cumulated >= HALF
        });
        half.map(|(&edge, _)| edge).or(self.max)
    }

    /// The bin that a value falls into: an index into `shares`. NaN falls into none.
    ///
    /// ```
    /// # let distribution = isoforest::Distribution { edges: vec![0.0, 1.0], shares: vec![0.5, 0.25, 0.25], ..Default::default() };
    /// assert_eq!(distribution.bin(0.0), Some(0));
    /// assert_eq!(distribution.bin(0.5), Some(1));
    /// assert_eq!(distribution.bin(9.0), Some(2));
    /// assert_eq!(distribution.bin(f64::NAN), None);
    /// ```
    pub fn bin(&self, value: f64) -> Option<usize> {
        (!value.is_nan()).then(|| self.edges.partition_point(|&edge| edge < value))
    }
}

#[cfg(test)]
mod tests {
    use super::Distribution;

    #[test]
    fn one_bin_a_decile_where_values_are_distinct() {
        let distribution = Distribution::of((0..=100).map(f64::from).collect());
        assert_eq!(distribution.edges, [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0]);
        assert_eq!((distribution.min, distribution.max, distribution.mean), (Some(0.0), Some(100.0), Some(50.0)));
        assert_eq!(distribution.shares.len(), 10);
        assert!((distribution.shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn equal_deciles_are_one_edge_and_no_bin_is_empty() {
        let mut values = vec![0.0; 75];
        values.extend((1..=25).map(f64::from));
        let distribution = Distribution::of(values);
        assert_eq!(distribution.edges[0], 0.0);
        assert_eq!(distribution.shares[0], 0.75);
        assert!(distribution.shares.iter().all(|&share| share > 0.0));
        assert_eq!(Distribution::of(vec![3.0; 9]).shares, [1.0]);
        assert_eq!(Distribution::of(Vec::new()), Distribution::default());
    }

    #[test]
    fn the_median_is_the_lower_one_of_any_values() {
        assert_eq!(Distribution::default().median(), None);
        // Every number of values up to 300, from none tied to all tied.
        for n in 1..=300_u32 {
            for ties in [1, 2, 3, 7, 50, n] {
                let mut values: Vec<f64> = (0..n).map(|i| f64::from(i * 7919 % n / ties)).collect();
                let median = Distribution::of(values.clone()).median();
                values.sort_by(f64::total_cmp);
                assert_eq!(median, Some(values[(values.len() - 1) / 2]), "{values:?}");
            }
        }
        // Most values at the maximum.
        assert_eq!(Distribution::of(vec![1.0, 2.0, 2.0, 2.0]).median(), Some(2.0));
    }
}
