//! Explanations of rows: the one place that asks the library for them.

use isoforest::explain::FeatureContribution;
use ndarray::ArrayView2;
use utoipa::ToSchema;

use crate::error::Error;
use crate::model_store::ServedModel;

/// One entry a feature, in the model's order.
pub type Explanation = Vec<FeatureContribution>;

/// Explains each row of `rows`, shape `(n_rows, n_features)`.
///
/// # Errors
///
/// A number that is too large for the forest.
pub fn explain(model: &ServedModel, rows: ArrayView2<'_, f64>) -> Result<Vec<Explanation>, Error> {
    model.explainer().contributions(rows, model.medians()).map_err(|error| Error::from_score(&error))
}

/// Description of the library's [`FeatureContribution`] for the API's readers: what one feature adds to the anomaly of a row.
#[derive(Debug, ToSchema)]
#[schema(as = FeatureContribution)]
pub struct FeatureShare {
    /// Name of the feature.
    #[schema(example = "mean")]
    pub name: String,
    /// Its value in the row; null if it is missing.
    #[schema(required = true, example = 66.3)]
    pub value: Option<f64>,
    /// By how much the feature shortens the row's path through the trees, in cuts: above 0 where it makes the row more anomalous.
    /// Those of all features add up to the expected path length less the row's own.
    ///
    /// If a node tests one feature (detectors `standard` and `guided`), these are exact Shapley values. If it tests several, as a
    /// hyperplane does (detector `extended`), each node on the row's way changes the path length that is expected, and the features of its
    /// hyperplane share the change in proportion to how far each moves the row from the hyperplane.
    ///
    /// With the scores `adjusted_depth` and `density` of the detector `guided`, the values of the leaves stand for path lengths;
    /// those of `density` are in bits.
    #[schema(example = 3.5)]
    pub contribution: f64,
    /// Side of the training median on which the value lies; null if it is missing or the median itself.
    #[schema(required = true)]
    pub direction: Option<Side>,
}

/// Side of the training median.
#[derive(Debug, ToSchema)]
#[schema(as = Direction, rename_all = "lowercase")]
pub enum Side {
    /// Above it.
    High,
    /// Below it.
    Low,
}
