//! Where to draw the line between the inliers and outliers of a data frame.

use plotly::Plot;
use polars::prelude::DataFrame;

use super::frames::{CellError, score_samples};
use crate::plot::{self, Labels};
use crate::threshold::{Elbow, ThresholdCurve};
use crate::{Contamination, IsolationForest};

/// What share of the rows each threshold would flag, as a figure; and a suggestion, to be read with care.
#[derive(Debug, Clone)]
pub struct ThresholdHelp {
    curve: ThresholdCurve,
    chosen: f64,
}

/// The thresholds for the rows of `training`, which are usually those that the forest was fitted on.
///
/// # Errors
///
/// A column that is missing or not numbers, an infinite value, or no rows.
///
/// # Example
///
/// ```
/// use isoforest::{IsolationForest, notebook::threshold};
/// use isoforest::polars::prelude::*;
///
/// let train = df!("mean" => [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 9.0])?;
/// let forest = IsolationForest::builder().random_state(16).fit_frame(&train)?;
/// let help = threshold(&forest, &train)?;
/// assert_eq!(help.rows_flagged(0.2)?, 2);
/// assert!(help.figure().to_json().contains("Where to draw the line?"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn threshold(forest: &IsolationForest, training: &DataFrame) -> Result<ThresholdHelp, CellError> {
    let curve = ThresholdCurve::new(score_samples(forest, training)?)?;
    Ok(ThresholdHelp { curve, chosen: forest.offset() })
}

impl ThresholdHelp {
    /// The scores and all that can be asked about them.
    pub fn curve(&self) -> &ThresholdCurve {
        &self.curve
    }

    /// [`ThresholdCurve::elbow`].
    pub fn elbow(&self) -> Option<Elbow> {
        self.curve.elbow()
    }

    /// The suggested value of the parameter `contamination`: `Auto` if the scores have no elbow.
    pub fn suggested(&self) -> Contamination {
        self.elbow().map_or(Contamination::Auto, |elbow| Contamination::Fraction(elbow.threshold.contamination))
    }

    /// Rows that a contamination would flag.
    ///
    /// # Errors
    ///
    /// A contamination that is not in (0, 0.5].
    pub fn rows_flagged(&self, contamination: f64) -> Result<usize, CellError> {
        let threshold = self.curve.at_contamination(contamination).map_err(crate::FitError::from)?;
        Ok(threshold.rows_flagged)
    }

    /// [`plot::threshold_curve`](plot::threshold_curve()), with the forest's own threshold.
    pub fn figure(&self) -> Plot {
        plot::threshold_curve(&self.curve, self.chosen, &Labels::new("Where to draw the line?"))
    }
}
