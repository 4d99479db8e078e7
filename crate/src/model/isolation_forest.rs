//! The fitted forest: what `sklearn.ensemble.IsolationForest` is after `fit`.

use ndarray::{Array1, ArrayView2};

use super::fit_error::FitWarning;
use crate::forest::{IsolationForestParams, Tree};
use crate::scoring::{Feature, Scale, ScoreError, Scorer};

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
    pub(super) params: IsolationForestParams,
    pub(super) feature_names: Vec<String>,
    pub(super) max_samples: usize,
    pub(super) offset: f64,
    pub(super) trees: Vec<Tree>,
    /// What a missing value is read as, one a feature; empty for detectors whose nodes say where a missing value goes.
    pub(super) medians: Vec<f32>,
    pub(super) warnings: Vec<FitWarning>,
    pub(super) scorer: Scorer,
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
        medians: Vec<f32>,
    ) -> Self {
        let scale = Scale::of(params.detector, trees.len(), max_samples);
        let scorer = Scorer::new(&trees, feature_names.len(), scale, &medians);
        Self { params, feature_names, max_samples, offset, trees, medians, warnings: Vec::new(), scorer }
    }

    /// How normal each row of `x`, shape `(n_rows, n_features)`, is: in [-1, 0), the lower the more anomalous
    /// (scikit-learn's `score_samples`; the negative of the paper's anomaly score).
    ///
    /// Rows are read as `f32`; NaN is a missing value. Allocates the result and nothing a row; uses `n_jobs` threads.
    ///
    /// # Errors
    ///
    /// Another number of features than in training, or an infinite value.
    ///
    /// # Example
    ///
    /// ```
    /// use isoforest::IsolationForest;
    /// use ndarray::array;
    ///
    /// let train = array![[0.0, 1.0], [0.1, 1.1], [9.0, 0.0]];
    /// let forest = IsolationForest::builder().random_state(16).fit(train.view())?;
    /// let scores = forest.score_samples(train.view())?;
    /// assert!(scores[2] < scores[0] && scores.iter().all(|score| (-1.0..0.0).contains(score)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn score_samples<A: Feature>(&self, x: ArrayView2<'_, A>) -> Result<Array1<f64>, ScoreError> {
        self.scorer.score_samples(x, &self.feature_names, self.params.n_threads())
    }

    /// `score_samples` minus [`offset`](Self::offset): below 0 for an outlier (scikit-learn's `decision_function`).
    ///
    /// # Errors
    ///
    /// As [`score_samples`](Self::score_samples).
    ///
    /// # Example
    ///
    /// ```
    /// use isoforest::IsolationForest;
    /// use ndarray::array;
    ///
    /// let train = array![[0.0, 1.0], [0.1, 1.1], [9.0, 0.0]];
    /// let forest = IsolationForest::builder().random_state(16).fit(train.view())?;
    /// let decisions = forest.decision_function(train.view())?;
    /// assert_eq!(decisions, forest.score_samples(train.view())? - forest.offset());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    ///
    /// # Example
    ///
    /// ```
    /// use isoforest::IsolationForest;
    /// use ndarray::array;
    ///
    /// let train = array![[0.0, 1.0], [0.1, 1.1], [9.0, 0.0]];
    /// let forest = IsolationForest::builder().random_state(16).fit(train.view())?;
    /// assert_eq!(forest.predict(train.view())?.to_vec(), [1, 1, -1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn predict<A: Feature>(&self, x: ArrayView2<'_, A>) -> Result<Array1<i8>, ScoreError> {
        Ok(self.decision_function(x)?.mapv(|decision| if decision < 0.0 { -1 } else { 1 }))
    }

    /// The nine parameters, with the seed that was drawn if none was given, and the detector.
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

    /// What a missing value is read as: the median of each feature in the training data, 0 for a feature without a value. Empty for a
    /// standard forest, whose nodes say where a missing value goes.
    pub fn medians(&self) -> &[f32] {
        &self.medians
    }

    /// The trees as they are scored.
    pub(crate) fn scorer(&self) -> &Scorer {
        &self.scorer
    }

    /// Bytes that the forest takes on the heap: its trees as they are in the file, and what was made of them for scoring.
    ///
    /// ```
    /// use isoforest::IsolationForest;
    /// use ndarray::array;
    ///
    /// let forest = IsolationForest::builder().random_state(16).fit(array![[0.0], [0.1], [9.0]].view())?;
    /// let (trees, scoring) = forest.heap_bytes();
    /// assert!(trees + scoring < 300_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn heap_bytes(&self) -> (usize, usize) {
        (self.trees.iter().map(Tree::bytes).sum(), self.scorer.bytes())
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
