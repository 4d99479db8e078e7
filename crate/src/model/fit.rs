//! Fitting: from parameters and data to a forest.

use std::collections::HashSet;

use ndarray::{Array1, ArrayView2};

use super::fit_error::{FitError, FitWarning};
use super::isolation_forest::IsolationForest;
use super::medians::medians;
use crate::forest::{
    Contamination, Detector, GuidedScore, IsolationForestParams, MaxSamples, Plan, grow_extended, grow_guided,
    grow_standard, grow_trees,
};
use crate::quantile::interpolate;
use crate::scoring::{Feature, ScoreError, find_infinite};

/// Most rows, and columns: a tree of so many rows still has fewer than 2^31 nodes.
const MAX_ROWS: usize = 1 << 30;

impl IsolationForestParams {
    /// Fits a forest on `x`, shape `(n_rows, n_features)`; columns are named `x0`, `x1`, ….
    ///
    /// Any memory layout, `f64` or `f32` (values are read as `f32`), NaN for a missing value. The matrix is not copied.
    /// Cost: one pass over `x` for infinite values, the growing of the trees, and, with a numeric contamination, scoring all rows.
    ///
    /// # Errors
    ///
    /// A parameter out of its range, no data, more than 2^30 rows or columns, or an infinite value.
    ///
    /// # Example
    ///
    /// ```
    /// use isoforest::IsolationForest;
    /// use ndarray::array;
    ///
    /// let train = array![[0.0, 1.0], [0.1, 1.1], [9.0, 0.0]];
    /// let forest = IsolationForest::builder().n_estimators(10).random_state(16).fit(train.view())?;
    /// assert_eq!((forest.trees().len(), forest.max_samples(), forest.feature_names()), (10, 3, &["x0".to_owned(), "x1".to_owned()][..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit<A: Feature>(&self, x: ArrayView2<'_, A>) -> Result<IsolationForest, FitError> {
        let names: Vec<String> = (0..x.ncols()).map(|column| format!("x{column}")).collect();
        self.fit_named(x, &names)
    }

    /// As [`fit`](Self::fit), with the names of the columns.
    ///
    /// # Errors
    ///
    /// As [`fit`](Self::fit), or another number of names than columns.
    ///
    /// # Example
    ///
    /// ```
    /// use isoforest::IsolationForest;
    /// use ndarray::array;
    ///
    /// let train = array![[0.0, 1.0], [0.1, 1.1], [9.0, 0.0]];
    /// let forest = IsolationForest::builder().fit_named(train.view(), &["mean", "sd"])?;
    /// assert_eq!(forest.feature_names(), ["mean", "sd"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit_named<A: Feature>(
        &self,
        x: ArrayView2<'_, A>,
        names: &[impl AsRef<str>],
    ) -> Result<IsolationForest, FitError> {
        let names = names.iter().map(|name| name.as_ref().to_owned()).collect();
        self.fit_from(None, x, names)
    }

    /// Goes on from a fitted forest if `warm_start` is set: keeps its trees and adds what is missing to `n_estimators`,
    /// which gives the same forest as one fit of all of them. Without `warm_start` it fits anew, as scikit-learn does.
    ///
    /// A seed drawn for the first fit is used again if `random_state` is none.
    ///
    /// # Errors
    ///
    /// As [`fit`](Self::fit); with `warm_start` also `n_estimators` below the number of trees, another number of features,
    /// fewer rows a tree than before, or another detector.
    ///
    /// # Example
    ///
    /// ```
    /// use isoforest::IsolationForest;
    /// use ndarray::array;
    ///
    /// let train = array![[0.0, 1.0], [0.1, 1.1], [9.0, 0.0]];
    /// let params = IsolationForest::builder().warm_start(true).random_state(16);
    /// let five = params.n_estimators(5).fit(train.view())?;
    /// let twelve = params.n_estimators(12).fit_warm(five, train.view())?;
    /// assert_eq!(twelve.trees(), params.n_estimators(12).fit(train.view())?.trees());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
        let detector = self.detector.resolve(x.ncols())?;
        if detector != forest.params.detector {
            return Err(FitError::WarmStartDetector { existing: forest.params.detector, wanted: detector });
        }
        let names = forest.feature_names.clone();
        self.fit_from(Some(forest), x, names)
    }

    /// Fits and predicts the same rows (scikit-learn's `fit_predict`): -1 for an outlier, 1 for an inlier.
    ///
    /// # Errors
    ///
    /// As [`fit`](Self::fit).
    ///
    /// # Example
    ///
    /// ```
    /// use isoforest::IsolationForest;
    /// use ndarray::array;
    ///
    /// let train = array![[0.0, 1.0], [0.1, 1.1], [9.0, 0.0]];
    /// assert_eq!(IsolationForest::builder().random_state(16).fit_predict(train.view())?.to_vec(), [1, 1, -1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit_predict<A: Feature>(&self, x: ArrayView2<'_, A>) -> Result<Array1<i8>, FitError> {
        Ok(self.fit(x)?.predict(x)?)
    }

    fn fit_from<A: Feature>(
        &self,
        earlier: Option<IsolationForest>,
        x: ArrayView2<'_, A>,
        feature_names: Vec<String>,
    ) -> Result<IsolationForest, FitError> {
        self.check()?;
        let earlier_seed = earlier.as_ref().and_then(|forest| forest.params.random_state);
        let (mut trees, earlier_medians) =
            earlier.map_or_else(Default::default, |forest| (forest.trees, forest.medians));
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
        if above_rows && let MaxSamples::Count(wanted) = self.max_samples {
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
        let detector = self.detector.resolve(columns)?;
        let medians = match detector.reads_medians() {
            false => Vec::new(),
            // Trees that are there already were grown with these.
            true if !earlier_medians.is_empty() => earlier_medians,
            true => medians(x, self.n_threads()),
        };
        let value = |row: u32, column: u32| x[(row as usize, column as usize)].to_f32();
        trees.extend(match detector {
            Detector::Standard => grow_trees(plan, self.n_threads(), |seed| grow_standard(plan, seed, value)),
            Detector::Extended { extension_level } => {
                let level = extension_level.unwrap_or_default();
                grow_trees(plan, self.n_threads(), |seed| grow_extended(plan, level, &medians, seed, value))
            }
            Detector::Guided(guided) => {
                grow_trees(plan, self.n_threads(), |seed| grow_guided(plan, guided, seed, value))
            }
        });

        if trees.iter().all(|tree| tree.n_nodes() == 1) {
            warnings.push(FitWarning::NoCuts);
        }
        if let (Contamination::Auto, Detector::Guided(guided)) = (self.contamination, detector) {
            if guided.score == GuidedScore::Density {
                warnings.push(FitWarning::DensityWithoutShare);
            } else if guided.pooled_gain > 0.5 {
                warnings.push(FitWarning::GainWithoutShare);
            }
        }

        let params = Self { random_state: Some(random_state), detector, ..*self };
        let mut forest = IsolationForest::from_parts(params, feature_names, max_samples, -0.5, trees, medians);
        forest.warnings = warnings;
        if let Contamination::Fraction(contamination) = self.contamination {
            forest.offset = percentile(forest.score_samples(x)?.into_raw_vec_and_offset().0, contamination);
        }
        Ok(forest)
    }
}

/// The `share` quantile of the scores, linear between the two nearest (`numpy.percentile`, method "linear").
/// Cost: a selection, no sort. `scores` must not be empty, `share` in [0, 1].
pub(crate) fn percentile(mut scores: Vec<f64>, share: f64) -> f64 {
    // numpy is handed a percentage and divides it again; the detour can move the last bit.
    let share = 100.0 * share / 100.0;
    let place = (scores.len() - 1) as f64 * share;
    let (below, t) = (place.floor(), place - place.floor());
    let (_, &mut low, above) = scores.select_nth_unstable_by(below as usize, f64::total_cmp);
    let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    interpolate(low, high, t)
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
