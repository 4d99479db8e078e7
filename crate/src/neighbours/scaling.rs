use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::error::NeighbourError;
use super::search::check_rows;

/// The unit in which each feature counts in a distance.
///
/// In a distance, a feature in cents outweighs the same one in euros a hundred times. (A forest does not care.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scaling {
    /// Standard deviations of the training rows (scikit-learn's `StandardScaler`).
    #[default]
    Standard,
    /// The range from the lowest to the highest training value (scikit-learn's `MinMaxScaler`). One far outlier squeezes all
    /// other rows together.
    MinMax,
    /// The numbers as they are, for features that are in one unit already.
    None,
}

/// The shift and the unit of each feature, measured on some rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaler {
    shift: Array1<f64>,
    unit: Array1<f64>,
}

impl Scaler {
    /// Measures the rows of `x`, shape `(n_rows, n_features)`. A feature that does not vary keeps its unit.
    ///
    /// # Errors
    ///
    /// No rows, no features, or a value without a distance.
    ///
    /// # Example
    ///
    /// ```
    /// use isoforest::neighbours::{Scaler, Scaling};
    /// use ndarray::array;
    ///
    /// let scaler = Scaler::fit(Scaling::MinMax, array![[0.0, 5.0], [10.0, 5.0]].view())?;
    /// assert_eq!(scaler.transform(array![[5.0, 6.0]].view())?, array![[0.5, 1.0]]);
    /// # Ok::<(), isoforest::neighbours::NeighbourError>(())
    /// ```
    pub fn fit(scaling: Scaling, x: ArrayView2<'_, f64>) -> Result<Self, NeighbourError> {
        if x.is_empty() {
            return Err(NeighbourError::NoneKnown { rows: x.nrows(), features: x.ncols() });
        }
        check_rows(x, "known")?;
        let (shift, unit): (Vec<f64>, Vec<f64>) = x
            .axis_iter(Axis(1))
            .map(|column| {
                let values = || column.iter().copied();
                let (low, high) = values()
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
                let n = column.len() as f64;
                match scaling {
                    Scaling::None => (0.0, 1.0),
                    // Of equal numbers the deviation is nothing but rounding.
                    _ if low == high => (low, 1.0),
                    Scaling::MinMax => (low, high - low),
                    Scaling::Standard => {
                        let mean = values().map(|value| value / n).sum::<f64>();
                        let variance = values().map(|value| (value - mean).powi(2) / n).sum::<f64>();
                        // The squares of the smallest numbers are zero.
                        (mean, if variance > 0.0 { variance.sqrt() } else { 1.0 })
                    }
                }
            })
            .unzip();
        Ok(Self { shift: shift.into(), unit: unit.into() })
    }

    /// The rows of `x` in the features' units, each row contiguous in memory.
    ///
    /// # Errors
    ///
    /// Another number of features than measured, or a value without a distance.
    pub fn transform(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>, NeighbourError> {
        self.scaled(x, "asked-for")
    }

    pub(super) fn scaled(&self, x: ArrayView2<'_, f64>, which: &'static str) -> Result<Array2<f64>, NeighbourError> {
        if x.ncols() != self.unit.len() {
            return Err(NeighbourError::FeatureCount { expected: self.unit.len(), found: x.ncols() });
        }
        check_rows(x, which)?;
        let scaled = (&x - &self.shift) / &self.unit;
        check_rows(scaled.view(), which)?;
        Ok(scaled.as_standard_layout().into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_feature_that_does_not_vary_keeps_its_unit() {
        let x = array![[0.1, 1.0], [0.1, 3.0], [0.1, 5.0]];
        for scaling in [Scaling::Standard, Scaling::MinMax] {
            let scaled = Scaler::fit(scaling, x.view()).unwrap().transform(array![[2.1, 3.0]].view()).unwrap();
            assert!((scaled[(0, 0)] - 2.0).abs() < 1e-12, "{scaling:?}: {scaled}");
        }
        // sklearn.preprocessing.StandardScaler().fit([[1], [3], [5]]).transform([[5]])
        let scaled = Scaler::fit(Scaling::Standard, x.view()).unwrap().transform(x.view()).unwrap();
        assert!((scaled[(2, 1)] - 1.224_744_871_391_589).abs() < 1e-15);
    }

    #[test]
    fn what_grows_too_large_by_scaling_is_an_error() {
        let scaler = Scaler::fit(Scaling::MinMax, array![[0.0], [1e-200]].view()).unwrap();
        assert!(matches!(scaler.transform(array![[1.0]].view()), Err(NeighbourError::NoDistance { row: 0, .. })));
    }
}
