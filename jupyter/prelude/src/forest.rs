use std::{fmt, path::Path};

use isoforest::{Contamination, Detector, Guided, MaxFeatures, MaxSamples, notebook::frames};

use crate::{DataFrame, Error, Explanation, Numbers, Plot, Predictions, Rows};

/// An isolation forest that has been fitted: with scikit-learn's numbers bit for bit, unless another detector was chosen.
#[derive(Clone)]
pub struct IsolationForest(isoforest::IsolationForest);

impl IsolationForest {
    /// scikit-learn's default parameters, to be changed one by one and ended with `fit`.
    pub fn builder() -> IsolationForestParams {
        IsolationForestParams(isoforest::IsolationForest::builder())
    }

    /// Reads a model file and checks it.
    ///
    /// # Errors
    ///
    /// No such file, or a file that is no model.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        Ok(Self(frames::load(path.as_ref())?))
    }

    /// Writes the model file, with a profile of the rows it was trained on; whole or not at all.
    ///
    /// # Errors
    ///
    /// Other features than the forest's, or a folder that cannot be written to.
    pub fn save(&self, path: impl AsRef<Path>, training_rows: &impl Rows) -> Result<(), Error> {
        Ok(frames::save(&self.0, training_rows.frame()?, path.as_ref())?)
    }

    /// How normal each row is: in [-1, 0), the lower the more anomalous.
    ///
    /// # Errors
    ///
    /// Other features than the forest's.
    pub fn score_samples(&self, rows: &impl Rows) -> Result<Numbers, Error> {
        Ok(frames::score_samples(&self.0, rows.frame()?)?.into())
    }

    /// `score_samples` minus the offset: below 0 for an outlier.
    ///
    /// # Errors
    ///
    /// Other features than the forest's.
    pub fn decision_function(&self, rows: &impl Rows) -> Result<Numbers, Error> {
        Ok(frames::decision_function(&self.0, rows.frame()?)?.into())
    }

    /// -1 for each outlier, 1 for each inlier.
    ///
    /// # Errors
    ///
    /// Other features than the forest's.
    pub fn predict(&self, rows: &impl Rows) -> Result<Predictions, Error> {
        Ok(frames::predict(&self.0, rows.frame()?)?.into())
    }

    /// How many of the rows are outliers.
    ///
    /// # Errors
    ///
    /// Other features than the forest's.
    pub fn count_outliers(&self, rows: &impl Rows) -> Result<usize, Error> {
        Ok(self.predict(rows)?.iter().filter(|&&prediction| prediction == -1).count())
    }

    /// The outliers among the rows as a table, the most unusual first, each with its score and its distance to the nearest
    /// inlier of the training rows: see `isoforest::notebook::outliers`.
    ///
    /// # Errors
    ///
    /// Other features than the forest's.
    pub fn outliers(&self, rows: &impl Rows, training_rows: &impl Rows) -> Result<DataFrame, Error> {
        Ok(DataFrame::from(isoforest::notebook::outliers(&self.0, rows.frame()?, training_rows.frame()?)?))
    }

    /// The row that is the most unusual, counted from 0.
    ///
    /// # Errors
    ///
    /// Other features than the forest's, or no rows.
    pub fn most_unusual_row(&self, rows: &impl Rows) -> Result<usize, Error> {
        Ok(isoforest::notebook::most_unusual_row(&self.0, rows.frame()?)?)
    }

    /// Why row `row`, counted from 0, is unusual; its values are called high or low against the medians of the training rows: see
    /// `isoforest::notebook::explain`.
    ///
    /// # Errors
    ///
    /// Other features than the forest's, or no such row.
    pub fn explain(&self, rows: &impl Rows, row: usize, training_rows: &impl Rows) -> Result<Explanation, Error> {
        Ok(Explanation::from(isoforest::notebook::explain(&self.0, rows.frame()?, row, training_rows.frame()?)?))
    }

    /// The five places nearest to row `row`, counted from 0, where there are inliers of the training rows, the nearest first: a
    /// second kind of explanation, by example: see `isoforest::notebook::nearest_normal`.
    ///
    /// # Errors
    ///
    /// Other features than the forest's, no such row, or no training row to compare it with.
    pub fn nearest_normal(&self, rows: &impl Rows, row: usize, training_rows: &impl Rows) -> Result<DataFrame, Error> {
        let (rows, training_rows) = (rows.frame()?, training_rows.frame()?);
        Ok(DataFrame::from(isoforest::notebook::nearest_normal(&self.0, rows, row, training_rows)?))
    }

    /// What share of the rows each contamination would flag, with a suggestion, as a figure: see
    /// `isoforest::plot::threshold_curve`.
    ///
    /// # Errors
    ///
    /// Other features than the forest's, or no rows.
    pub fn threshold_curve(&self, training_rows: &impl Rows) -> Result<Plot, Error> {
        Ok(Plot::from(isoforest::notebook::threshold(&self.0, training_rows.frame()?)?.figure()))
    }

    /// The score below which a row is an outlier.
    pub fn offset(&self) -> f64 {
        self.0.offset()
    }

    /// Number of trees.
    pub fn n_trees(&self) -> usize {
        self.0.trees().len()
    }

    /// Number of nodes in all trees.
    pub fn n_nodes(&self) -> usize {
        self.0.trees().iter().map(|tree| tree.feature.len()).sum()
    }

    /// The nine parameters, with the seed that was drawn if none was given, and the detector.
    pub fn params(&self) -> IsolationForestParams {
        IsolationForestParams(*self.0.params())
    }

    /// The nine parameters as JSON text, by scikit-learn's names.
    pub fn params_json(&self) -> String {
        isoforest::notebook::json(self.0.params())
    }

    /// The library's own forest.
    pub fn model(&self) -> &isoforest::IsolationForest {
        &self.0
    }
}

impl fmt::Debug for IsolationForest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trees, rows) = (self.n_trees(), self.0.max_samples());
        write!(
            f,
            "isolation forest of {trees} trees, {rows} rows each; {} nodes; offset {}",
            self.n_nodes(),
            self.offset()
        )
    }
}

/// The nine parameters of scikit-learn's forest, under the same names; values are checked by `fit`.
#[derive(Clone)]
pub struct IsolationForestParams(isoforest::IsolationForestParams);

impl IsolationForestParams {
    /// Number of trees (default 100).
    #[must_use]
    pub fn n_estimators(self, n: usize) -> Self {
        Self(self.0.n_estimators(n))
    }

    /// Rows a tree (default `MaxSamples::Auto`: 256).
    #[must_use]
    pub fn max_samples(self, max_samples: MaxSamples) -> Self {
        Self(self.0.max_samples(max_samples))
    }

    /// Share of outliers expected in the training rows (default `Contamination::Auto`: the offset is -0.5).
    #[must_use]
    pub fn contamination(self, contamination: Contamination) -> Self {
        Self(self.0.contamination(contamination))
    }

    /// Columns a tree (default all).
    #[must_use]
    pub fn max_features(self, max_features: MaxFeatures) -> Self {
        Self(self.0.max_features(max_features))
    }

    /// Whether rows are drawn with replacement (default no).
    #[must_use]
    pub fn bootstrap(self, bootstrap: bool) -> Self {
        Self(self.0.bootstrap(bootstrap))
    }

    /// Number of threads (default one; -1 for every core).
    #[must_use]
    pub fn n_jobs(self, n_jobs: i32) -> Self {
        Self(self.0.n_jobs(n_jobs))
    }

    /// Seed (default: one from the system).
    #[must_use]
    pub fn random_state(self, random_state: u32) -> Self {
        Self(self.0.random_state(random_state))
    }

    /// Above 0: progress on standard error (default 0).
    #[must_use]
    pub fn verbose(self, verbose: u32) -> Self {
        Self(self.0.verbose(verbose))
    }

    /// Whether `fit_warm` keeps the trees of the forest it is handed (default no).
    #[must_use]
    pub fn warm_start(self, warm_start: bool) -> Self {
        Self(self.0.warm_start(warm_start))
    }

    /// How trees are grown (default `Detector::Standard`, scikit-learn's way).
    #[must_use]
    pub fn detector(self, detector: Detector) -> Self {
        Self(self.0.detector(detector))
    }

    /// An extended forest, which cuts in any direction: `detector(Detector::Extended { extension_level: None })`.
    /// Its cuts depend on the units of the columns: bring them to one scale first.
    #[must_use]
    pub fn extended(self) -> Self {
        self.detector(Detector::Extended { extension_level: None })
    }

    /// A guided forest, part of whose cuts lie where they tell rows apart: `detector(Detector::Guided(Guided::default()))`.
    #[must_use]
    pub fn guided(self) -> Self {
        self.detector(Detector::Guided(Guided::default()))
    }

    /// Fits a forest on all columns.
    ///
    /// # Errors
    ///
    /// A parameter out of its range, no rows, or a column that is not of numbers.
    pub fn fit(&self, rows: &impl Rows) -> Result<IsolationForest, Error> {
        Ok(warned(frames::fit(&self.0, rows.frame()?)?))
    }

    /// Goes on from a fitted forest, if `warm_start` is set: keeps its trees and adds what is missing to `n_estimators`.
    ///
    /// # Errors
    ///
    /// As `fit`, or fewer trees asked for than there are.
    pub fn fit_warm(&self, forest: &IsolationForest, rows: &impl Rows) -> Result<IsolationForest, Error> {
        Ok(warned(frames::fit_warm(&self.0, &forest.0, rows.frame()?)?))
    }
}

impl fmt::Debug for IsolationForestParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#?}", self.0)
    }
}

/// Says in the cell what there is to know about a fit.
fn warned(forest: isoforest::IsolationForest) -> IsolationForest {
    for warning in forest.warnings() {
        eprintln!("warning: {warning}");
    }
    IsolationForest(forest)
}
