//! A feature's contribution with what a reader needs beside it: name, value, and which way the value is off.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::Explainer;
use crate::scoring::{Feature, ScoreError};

/// Side of the training median on which a value lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Above the median.
    High,
    /// Below the median.
    Low,
}

/// What one feature adds to the anomaly of one row.
///
/// As JSON, an entry of the service's `explanation`. A missing value is `null` and has `null` for a direction; so has a value that
/// is the median itself, or of a feature without a value in the training data.
///
/// ```
/// use isoforest::explain::{Direction, FeatureContribution};
///
/// let mean = FeatureContribution { name: "mean".into(), value: Some(66.3), contribution: 3.5, direction: Some(Direction::High) };
/// let json = r#"{"name":"mean","value":66.3,"contribution":3.5,"direction":"high"}"#;
/// assert_eq!(serde_json::to_string(&mean)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureContribution {
    /// Name of the feature.
    pub name: String,
    /// Value in the row; none if it is missing.
    pub value: Option<f64>,
    /// By how much the feature shortens the row's path, as [`Explainer`] says: above 0 where it makes the row more anomalous.
    pub contribution: f64,
    /// Side of the training median on which the value lies, if it lies on one.
    pub direction: Option<Direction>,
}

impl Explainer {
    /// [`explain`](Self::explain) for readers: for each row of `x`, shape `(n_rows, n_features)`, one entry a feature, in the model's
    /// order.
    ///
    /// `medians` are those of the training data, one a feature, as [`TrainingProfile::medians`](crate::TrainingProfile::medians) gives
    /// them; where there is none, there is no direction.
    ///
    /// # Errors
    ///
    /// As [`explain`](Self::explain).
    ///
    /// # Example
    ///
    /// ```
    /// use isoforest::explain::Direction;
    /// use isoforest::{Explainer, IsolationForest, TrainingProfile};
    /// use ndarray::array;
    ///
    /// let train = array![[0.0, 1.0], [0.1, 1.1], [0.2, 0.9], [0.1, 1.0]];
    /// let forest = IsolationForest::builder().random_state(16).fit_named(train.view(), &["mean", "sd"])?;
    /// let medians = TrainingProfile::new(&forest, train.view())?.medians();
    ///
    /// let rows = array![[9.0, f64::NAN]];
    /// let why = Explainer::new(&forest).contributions(rows.view(), &medians)?.remove(0);
    /// assert_eq!((why[0].name.as_str(), why[0].value, why[0].direction), ("mean", Some(9.0), Some(Direction::High)));
    /// assert_eq!((why[1].name.as_str(), why[1].value, why[1].direction), ("sd", None, None));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn contributions<A: Feature>(
        &self,
        x: ArrayView2<'_, A>,
        medians: &[Option<f64>],
    ) -> Result<Vec<Vec<FeatureContribution>>, ScoreError> {
        let contributions = self.explain(x)?;
        let medians = || medians.iter().copied().chain(std::iter::repeat(None));
        let rows = x.rows().into_iter().zip(contributions.rows());
        let lists = rows.map(|(row, contributions)| {
            let cells = row.into_iter().zip(contributions).zip(self.feature_names()).zip(medians());
            cells
                .map(|(((value, &contribution), name), median)| {
                    let value = Some(value.to_f64()).filter(|value| !value.is_nan());
                    let direction = value.zip(median).and_then(|(value, median)| Direction::of(value, median));
                    FeatureContribution { name: name.clone(), value, contribution, direction }
                })
                .collect()
        });
        Ok(lists.collect())
    }
}

impl Direction {
    /// Side of `median` on which `value` lies.
    fn of(value: f64, median: f64) -> Option<Self> {
        if value > median {
            Some(Self::High)
        } else if value < median {
            Some(Self::Low)
        } else {
            None
        }
    }
}
