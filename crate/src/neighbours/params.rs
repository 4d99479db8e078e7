use ndarray::ArrayView2;

use super::detector::NeighbourDetector;
use super::error::NeighbourError;
use super::scaling::Scaling;
use crate::forest::{Contamination, ParamError};

/// What makes a row an outlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeighbourMethod {
    /// The distance to the k-th nearest training row.
    KthDistance,
    /// The density of the training rows here, against that around the nearest ones.
    LocalOutlierFactor,
}

/// Parameters of a detector by nearest neighbours; values are checked when it is fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NeighbourParams {
    /// What is measured.
    pub method: NeighbourMethod,
    /// The k; if there are not so many other rows (local outlier factor: distinct rows), as many as there are.
    pub n_neighbors: usize,
    /// The unit of each feature.
    pub scaling: Scaling,
    /// Share of outliers expected in the training rows, which sets the offset. `Auto` is -1.5 for the local outlier factor, as
    /// in scikit-learn; a distance has no such natural threshold, and wants a share.
    pub contamination: Contamination,
}

impl NeighbourParams {
    /// The unit of each feature (default: standard deviations of the training rows).
    #[must_use]
    pub fn scaling(mut self, scaling: Scaling) -> Self {
        self.scaling = scaling;
        self
    }

    /// Share of outliers expected in the training rows (default: `Auto` for the local outlier factor, 0.1 for the k-th distance).
    #[must_use]
    pub fn contamination(mut self, contamination: Contamination) -> Self {
        self.contamination = contamination;
        self
    }

    /// Fits on the rows of `x`, shape `(n_rows, n_features)`.
    ///
    /// Cost: a k-d tree of the distinct rows and a search for each; with more than about ten features a search
    /// looks at nearly all rows, and the cost grows with their square.
    ///
    /// # Errors
    ///
    /// A parameter out of its range; fewer than two rows, or for the local outlier factor two distinct ones; a value that
    /// is missing, infinite or beyond ±1e150.
    pub fn fit(&self, x: ArrayView2<'_, f64>) -> Result<NeighbourDetector, NeighbourError> {
        self.check()?;
        NeighbourDetector::new(*self, x)
    }

    fn check(&self) -> Result<(), ParamError> {
        if self.n_neighbors == 0 {
            let (rule, value) = ("an integer of at least 1".to_owned(), "0".to_owned());
            return Err(ParamError { name: "n_neighbors", rule, value });
        }
        let (rule, value) = match (self.contamination, self.method) {
            (Contamination::Fraction(share), _) if !(share > 0.0 && share <= 0.5) => {
                ("\"auto\" or a number in (0, 0.5]", share.to_string())
            }
            (Contamination::Auto, NeighbourMethod::KthDistance) => {
                ("a number in (0, 0.5], since a distance has no threshold of its own", "\"auto\"".to_owned())
            }
            _ => return Ok(()),
        };
        Err(ParamError { name: "contamination", rule: rule.to_owned(), value })
    }
}
