use super::contender::Contender;
use super::error::CompareError;
use super::labelled::Labelled;
use crate::metrics::{average_precision, roc_auc};

/// How well a detector puts the outliers of a labelled set first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measures {
    /// Area under the ROC curve, in [0, 1]; 0.5 is guessing.
    pub roc_auc: f64,
    /// Average precision, in (0, 1]; the share of outliers is guessing.
    pub average_precision: f64,
}

/// Fits a contender on a labelled set, without looking at the labels, and measures the scores of the same rows against them.
///
/// # Errors
///
/// Those of the detector, and labels of one kind only.
pub fn measure(contender: &Contender, set: &Labelled, seed: u32) -> Result<Measures, CompareError> {
    let fitted = contender.fit(set.x.view(), seed)?;
    let anomaly_scores = (-&fitted.training_scores).to_vec();
    Ok(Measures {
        roc_auc: roc_auc(&set.is_outlier, &anomaly_scores)?,
        average_precision: average_precision(&set.is_outlier, &anomaly_scores)?,
    })
}
