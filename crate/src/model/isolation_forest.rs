//! The fitted forest: what `sklearn.ensemble.IsolationForest` is after `fit`.

use std::collections::HashSet;
use std::fmt;

use ndarray::{Array1, ArrayView2};

use crate::forest::{Contamination, IsolationForestParams, ParamError, Plan, Tree, grow_trees};
use crate::scoring::{Feature, ScoreError, Scorer, find_infinite};

/// Most rows, and columns: a tree of so many rows still has fewer than 2^31 nodes.
const MAX_ROWS: usize = 1 << 30;

/// Data that a forest cannot be fitted on, or a parameter out of its range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FitError {
    /// A parameter out of its range.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// No rows or no columns.
    #[error("expected at least one row and one feature to fit on, found {rows} rows and {columns} features")]
    Empty {
        /// Rows handed over.
        rows: usize,
        /// Columns handed over.
        columns: usize,
    },
    /// More rows or columns than the 32-bit node indices of a tree can serve.
    #[error(
        "expected at most 2^30 rows and features to fit on, found {rows} rows and {columns} features; take a sample"
    )]
    TooLarge {
        /// Rows handed over.
        rows: usize,
        /// Columns handed over.
        columns: usize,
    },
    /// Feature names that are not one a column.
    #[error("expected one feature name a column, {columns} in all, found {names}")]
    FeatureNames {
        /// Columns of the data.
        columns: usize,
        /// Names handed over.
        names: usize,
    },
    /// A value that is infinite.
    #[error("cannot fit: {0}")]
    Value(#[from] ScoreError),
    /// A warm start that asks for fewer trees than there are.
    #[error("n_estimators must be at least the {existing} trees that the warm start already has, got {wanted}")]
    WarmStartShrinks {
        /// Trees of the forest handed over.
        existing: usize,
        /// `n_estimators`.
        wanted: usize,
    },
    /// A warm start whose new trees would see fewer rows than the old ones.
    #[error(
        "a warm start must not lower the rows a tree: the first fit used {existing}, this one would use {wanted}; set max_samples, or fit anew"
    )]
    WarmStartSamples {
        /// Rows a tree of the first fit.
        existing: usize,
        /// Rows a tree of this fit.
        wanted: usize,
    },
    /// Two columns of one name.
    #[error("feature names must be distinct, found {0:?} twice")]
    DuplicateFeatureName(String),
    /// A warm start on data of another width.
    #[error("a warm start needs the {expected} features of the first fit, found {found}")]
    WarmStartFeatures {
        /// Columns of the first fit.
        expected: usize,
        /// Columns handed over.
        found: usize,
    },
}

/// Something to know about a fit that went well all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FitWarning {
    /// `max_samples` is above the number of rows; all rows are used for each tree.
    MaxSamplesAboveRows {
        /// What was asked for.
        max_samples: usize,
        /// Rows there are.
        n_rows: usize,
    },
    /// A warm start that asked for the trees there are already; none was added.
    NoTreesAdded {
        /// Trees there are.
        n_estimators: usize,
    },
}

impl fmt::Display for FitWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MaxSamplesAboveRows { max_samples, n_rows } => {
                write!(
                    f,
                    "max_samples ({max_samples}) is above the number of rows ({n_rows}); each tree uses all {n_rows}"
                )
            }
            Self::NoTreesAdded { n_estimators } => {
                write!(f, "the warm start already has {n_estimators} trees; raise n_estimators to add more")
            }
        }
    }
}

/// An isolation forest (Liu, Ting and Zhou 2008) that has been fitted, with the numbers of scikit-learn's bit for bit.
///
/// ```
/// use isoforest::IsolationForest;
/// use ndarray::array;
///
/// let train = array![[-1.1], [0.3], [0.5], [100.0]];
/// let forest = IsolationForest::builder().random_state(0).fit(train.view())?;
/// let rows = array![[0.1], [0.0], [90.0]];
/// assert_eq!(forest.predict(rows.view())?.to_vec(), [1, 1, -1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct IsolationForest {
    params: IsolationForestParams,
    feature_names: Vec<String>,
    max_samples: usize,
    offset: f64,
    trees: Vec<Tree>,
    warnings: Vec<FitWarning>,
    scorer: Scorer,
}

impl IsolationForest {
    /// scikit-learn's default parameters, to be changed one by one and ended with [`fit`](IsolationForestParams::fit).
    pub fn builder() -> IsolationForestParams {
        IsolationForestParams::default()
    }

    /// Joins checked parts, from a model file.
    pub(super) fn from_parts(
        params: IsolationForestParams,
        feature_names: Vec<String>,
        max_samples: usize,
        offset: f64,
        trees: Vec<Tree>,
    ) -> Self {
        let scorer = Scorer::new(&trees, feature_names.len(), max_samples);
        Self { params, feature_names, max_samples, offset, trees, warnings: Vec::new(), scorer }
    }

    /// How normal each row of `x`, shape `(n_rows, n_features)`, is: in [-1, 0), the lower the more anomalous
    /// (scikit-learn's `score_samples`; the negative of the paper's anomaly score).
    ///
    /// Rows are read as `f32`; NaN is a missing value. Allocates the result and nothing a row; uses `n_jobs` threads.
    ///
    /// # Errors
    ///
    /// Another number of features than in training, or an infinite value.
    pub fn score_samples<A: Feature>(&self, x: ArrayView2<'_, A>) -> Result<Array1<f64>, ScoreError> {
        self.scorer.score_samples(x, &self.feature_names, self.params.n_threads())
    }

    /// `score_samples` minus [`offset`](Self::offset): below 0 for an outlier (scikit-learn's `decision_function`).
    ///
    /// # Errors
    ///
    /// As [`score_samples`](Self::score_samples).
    pub fn decision_function<A: Feature>(&self, x: ArrayView2<'_, A>) -> Result<Array1<f64>, ScoreError> {
        Ok(self.score_samples(x)? - self.offset)
    }

    /// -1 for each row whose decision is below 0, an outlier, and 1 for every other (scikit-learn's `predict`).
    ///
    /// Rows that are all alike lie on the boundary of "auto", give or take the rounding of a sum over the trees: 100 of them
    /// are inliers, 256 are outliers, here as in scikit-learn.
    ///
    /// # Errors
    ///
    /// As [`score_samples`](Self::score_samples).
    pub fn predict<A: Feature>(&self, x: ArrayView2<'_, A>) -> Result<Array1<i8>, ScoreError> {
        Ok(self.decision_function(x)?.mapv(|decision| if decision < 0.0 { -1 } else { 1 }))
    }

    /// The nine parameters, with the seed that was drawn if none was given.
    pub fn params(&self) -> &IsolationForestParams {
        &self.params
    }

    /// The score at and above which a row is an inlier, in [-1, 0): -0.5, or the percentile that `contamination` asks for (scikit-learn's `offset_`).
    pub fn offset(&self) -> f64 {
        self.offset
    }

    /// Rows that each tree was grown from (scikit-learn's `max_samples_`).
    pub fn max_samples(&self) -> usize {
        self.max_samples
    }

    /// Columns of the training data (scikit-learn's `n_features_in_`).
    pub fn n_features(&self) -> usize {
        self.feature_names.len()
    }

    /// Names of the columns (scikit-learn's `feature_names_in_`); `x0`, `x1`, … if none were given.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// The trees, in the order in which they were grown.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// What there is to know about the fit; empty after loading from a file.
    pub fn warnings(&self) -> &[FitWarning] {
        &self.warnings
    }

    /// The same forest with another number of threads for scoring.
    #[must_use]
    pub fn with_n_jobs(mut self, n_jobs: impl Into<Option<i32>>) -> Self {
        self.params.n_jobs = n_jobs.into();
        self
    }
}

impl IsolationForestParams {
    /// Fits a forest on `x`, shape `(n_rows, n_features)`; columns are named `x0`, `x1`, ….
    ///
    /// Any memory layout, `f64` or `f32` (values are read as `f32`), NaN for a missing value. The matrix is not copied.
    /// Cost: one pass over `x` for infinite values, the growing of the trees, and, with a numeric contamination, scoring all rows.
    ///
    /// # Errors
    ///
    /// A parameter out of its range, no data, or an infinite value.
    pub fn fit<A: Feature>(&self, x: ArrayView2<'_, A>) -> Result<IsolationForest, FitError> {
        let names: Vec<String> = (0..x.ncols()).map(|column| format!("x{column}")).collect();
        self.fit_named(x, &names)
    }

    /// As [`fit`](Self::fit), with the names of the columns.
    ///
    /// # Errors
    ///
    /// As [`fit`](Self::fit), or another number of names than columns.
    pub fn fit_named<A: Feature>(
        &self,
        x: ArrayView2<'_, A>,
        names: &[impl AsRef<str>],
    ) -> Result<IsolationForest, FitError> {
        let names = names.iter().map(|name| name.as_ref().to_owned()).collect();
        self.fit_from(Vec::new(), x, names, None)
    }

    /// Goes on from a fitted forest if `warm_start` is set: keeps its trees and adds what is missing to `n_estimators`,
    /// which gives the same forest as one fit of all of them. Without `warm_start` it fits anew, as scikit-learn does.
    ///
    /// A seed drawn for the first fit is used again if `random_state` is none.
    ///
    /// # Errors
    ///
    /// As [`fit`](Self::fit); with `warm_start` also `n_estimators` below the number of trees, another number of features, or
    /// fewer rows a tree than before.
    pub fn fit_warm<A: Feature>(
        &self,
        forest: IsolationForest,
        x: ArrayView2<'_, A>,
    ) -> Result<IsolationForest, FitError> {
        if !self.warm_start {
            return if x.ncols() == forest.n_features() {
                self.fit_named(x, &forest.feature_names)
            } else {
                self.fit(x)
            };
        }
        if x.ncols() != forest.n_features() {
            return Err(FitError::WarmStartFeatures { expected: forest.n_features(), found: x.ncols() });
        }
        if let Ok((wanted, _)) = self.resolve_max_samples(x.nrows())
            && wanted < forest.max_samples
        {
            return Err(FitError::WarmStartSamples { existing: forest.max_samples, wanted });
        }
        self.fit_from(forest.trees, x, forest.feature_names, forest.params.random_state)
    }

    /// Fits and predicts the same rows (scikit-learn's `fit_predict`): -1 for an outlier, 1 for an inlier.
    ///
    /// # Errors
    ///
    /// As [`fit`](Self::fit).
    pub fn fit_predict<A: Feature>(&self, x: ArrayView2<'_, A>) -> Result<Array1<i8>, FitError> {
        Ok(self.fit(x)?.predict(x)?)
    }

    fn fit_from<A: Feature>(
        &self,
        mut trees: Vec<Tree>,
        x: ArrayView2<'_, A>,
        feature_names: Vec<String>,
        earlier_seed: Option<u32>,
    ) -> Result<IsolationForest, FitError> {
        self.check()?;
        let (rows, columns) = x.dim();
        let names = feature_names.len();
        if rows == 0 || columns == 0 {
            return Err(FitError::Empty { rows, columns });
        }
        if names != columns {
            return Err(FitError::FeatureNames { columns, names });
        }
        let mut seen = HashSet::with_capacity(names);
        if let Some(name) = feature_names.iter().find(|name| !seen.insert(*name)) {
            return Err(FitError::DuplicateFeatureName(name.clone()));
        }
        if rows.max(columns) > MAX_ROWS {
            return Err(FitError::TooLarge { rows, columns });
        }
        if self.n_estimators < trees.len() {
            return Err(FitError::WarmStartShrinks { existing: trees.len(), wanted: self.n_estimators });
        }
        if let Some((row, column)) = find_infinite(x) {
            let (name, value) = (feature_names[column].clone(), x[(row, column)].to_f64());
            return Err(ScoreError::Infinite { row, column, name, value }.into());
        }

        let (max_samples, above_rows) = self.resolve_max_samples(rows)?;
        let mut warnings = Vec::new();
        if above_rows && let crate::MaxSamples::Count(wanted) = self.max_samples {
            warnings.push(FitWarning::MaxSamplesAboveRows { max_samples: wanted, n_rows: rows });
        }
        if !trees.is_empty() && trees.len() == self.n_estimators {
            warnings.push(FitWarning::NoTreesAdded { n_estimators: self.n_estimators });
        }
        let random_state = self.random_state.or(earlier_seed).unwrap_or_else(rand::random);
        let plan = Plan {
            n_rows: rows as u32,
            n_columns: columns as u32,
            max_samples: max_samples as u32,
            max_features: self.resolve_max_features(columns)? as u32,
            bootstrap: self.bootstrap,
            random_state,
            skip: trees.len(),
            n_trees: self.n_estimators - trees.len(),
            verbose: self.verbose > 0,
        };
        trees.extend(grow_trees(plan, self.n_threads(), |row, column| x[(row as usize, column as usize)].to_f32()));

        let params = Self { random_state: Some(random_state), ..*self };
        let mut forest = IsolationForest::from_parts(params, feature_names, max_samples, -0.5, trees);
        forest.warnings = warnings;
        if let Contamination::Fraction(contamination) = self.contamination {
            forest.offset = percentile(forest.score_samples(x)?.into_raw_vec_and_offset().0, contamination);
        }
        Ok(forest)
    }
}

/// The `share` quantile of the scores, linear between the two nearest (`numpy.percentile`, method "linear").
/// Cost: a selection, no sort. `scores` must not be empty, `share` in [0, 1].
fn percentile(mut scores: Vec<f64>, share: f64) -> f64 {
    // numpy is handed a percentage and divides it again; the detour can move the last bit.
    let share = 100.0 * share / 100.0;
    let place = (scores.len() - 1) as f64 * share;
    let (below, t) = (place.floor(), place - place.floor());
    let (_, &mut low, above) = scores.select_nth_unstable_by(below as usize, f64::total_cmp);
    let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    // numpy's `_lerp` goes from the nearer end.
    if t >= 0.5 { high - (high - low) * (1.0 - t) } else { low + (high - low) * t }
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn the_percentile_is_linear_between_neighbours() {
        let values = || vec![-0.9, -0.1, -0.5, -0.3];
        assert_eq!(percentile(values(), 0.0), -0.9);
        assert_eq!(percentile(values(), 0.25), -0.6);
        assert_eq!(percentile(values(), 0.5), -0.4);
        assert_eq!(percentile(vec![-0.7], 0.5), -0.7);
    }
}
