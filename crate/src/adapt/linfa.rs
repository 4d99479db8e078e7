//! linfa's `Fit` for the parameters and `Predict` for the forest.
//!
//! ```
//! use isoforest::IsolationForest;
//! use linfa::DatasetBase;
//! use linfa::traits::{Fit, Predict};
//! use ndarray::array;
//!
//! let dataset = DatasetBase::from(array![[0.0], [0.1], [0.2], [50.0]]);
//! let forest = Fit::fit(&IsolationForest::builder().random_state(16), &dataset)?;
//! assert_eq!(Predict::predict(&forest, &dataset)?.to_vec(), [1, 1, 1, -1]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use linfa::DatasetBase;
use linfa::traits::{Fit, Predict};
use ndarray::{Array1, ArrayBase, Data, Ix2};

use crate::{Feature, FitError, IsolationForest, IsolationForestParams, ScoreError};

/// A fit through linfa's trait that failed.
#[derive(Debug, thiserror::Error)]
pub enum LinfaFitError {
    /// The forest could not be fitted.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// An error of linfa's own; the trait asks for it, this library makes none.
    #[error(transparent)]
    Linfa(#[from] linfa::Error),
}

impl<A: Feature, D: Data<Elem = A>, T> Fit<ArrayBase<D, Ix2>, T, LinfaFitError> for IsolationForestParams {
    type Object = IsolationForest;

    /// Fits on the dataset's records, shape `(n_rows, n_features)`, with its feature names if it has any; targets are not looked at.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<IsolationForest, LinfaFitError> {
        let x = dataset.records().view();
        let names = dataset.feature_names();
        let forest = if names.len() == x.ncols() { self.fit_named(x, names)? } else { self.fit(x)? };
        Ok(forest)
    }
}

impl<A: Feature, D: Data<Elem = A>, T> Predict<&DatasetBase<ArrayBase<D, Ix2>, T>, Result<Array1<i8>, ScoreError>>
    for IsolationForest
{
    /// -1 for each outlier among the dataset's records, 1 for each inlier. Rows that cannot be scored are an error, not a panic.
    fn predict(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Array1<i8>, ScoreError> {
        self.predict(dataset.records().view())
    }
}
