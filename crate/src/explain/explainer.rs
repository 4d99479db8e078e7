//! Shapley values of rows: checks, blocks of rows, and the quickest exact way for the forest at hand.

use std::collections::BTreeSet;
use std::num::NonZero;

use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::hyperplanes::Cuts;
use super::paths::{Paths, State};
use super::quadrature::Rule;
use super::steps::Steps;
use crate::IsolationForest;
use crate::forest::{LEAF, Tree};
use crate::scoring::{BLOCK_ROWS, Block, Feature, ScoreError, Scorer, infinite};

/// Says how much each feature makes a row anomalous: exact Shapley values of the mean path length over the forest, in splits.
///
/// The same values as `shap.TreeExplainer` gives for scikit-learn's forest with `feature_perturbation="tree_path_dependent"`
/// (Lundberg and others 2018 and 2020), with the sign turned: **above 0, the feature shortens the path and so makes the row more
/// anomalous.** The values of a row sum to the expected path length, the mean over the training rows of each tree, minus the row's
/// own mean path length.
///
/// For leaves with values of their own (guided isolation forest) they are shares of these: of adjusted depth, or, with the density score,
/// of the binary logarithm of the density, in bits.
///
/// A forest that cuts with hyperplanes (extended isolation forest) has no such values: each cut on the row's way lengthens or shortens the path
/// that is expected, and the change is shared among the hyperplane's features in proportion to how far each takes the row from the
/// hyperplane's point, `|weight · (value - point)|`. These add up to the same sum. What other ways the row might have gone does not count.
///
/// A node's weight is the number of distinct training rows in it, which the model file keeps. With `bootstrap` shap counts a row as
/// often as it was drawn, and so weighs a little differently.
///
/// ```
/// use isoforest::{Explainer, IsolationForest};
/// use ndarray::array;
///
/// let train = array![[0.0, 1.0], [0.1, 1.1], [0.2, 0.9], [0.1, 1.0]];
/// let forest = IsolationForest::builder().random_state(16).fit(train.view())?;
/// let explainer = Explainer::new(&forest);
///
/// let rows = array![[9.0, 1.0]];
/// let contributions = explainer.explain(rows.view())?;
/// assert!(contributions[(0, 0)] > contributions[(0, 1)]);
///
/// let path_length = explainer.mean_path_lengths(rows.view())?[0];
/// assert!((contributions.sum() - (explainer.expected_path_length() - path_length)).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Explainer {
    feature_names: Vec<String>,
    way: Way,
    scorer: Scorer,
    n_trees: f64,
    expected_path_length: f64,
}

/// How values are found.
#[derive(Debug, Clone)]
enum Way {
    /// The trees test this column only: it has all of the deviation.
    One(usize),
    /// They test two columns: half of the deviation each, moved by what each alone makes the forest expect.
    Two([(usize, Steps); 2]),
    /// All paths of all trees.
    Paths(Vec<Paths>),
    /// The cuts with hyperplanes on the row's way, and what a missing value is read as.
    Cuts(Vec<Cuts>, Vec<f32>),
}

impl Explainer {
    /// Makes a forest ready for explaining, once a model. Cost: a few passes over the trees.
    pub fn new(forest: &IsolationForest) -> Self {
        let trees = forest.trees();
        let tested: BTreeSet<usize> =
            trees.iter().flat_map(|tree| &tree.feature).filter_map(|&feature| usize::try_from(feature).ok()).collect();
        let has_hyperplanes = trees.iter().any(|tree| tree.hyperplanes.is_some());
        let way = match Vec::from_iter(tested)[..] {
            _ if has_hyperplanes => Way::Cuts(trees.iter().map(Cuts::new).collect(), forest.medians().to_vec()),
            [column] => Way::One(column),
            [first, second] => Way::Two([first, second].map(|column| (column, Steps::new(trees, column)))),
            _ => Way::Paths(trees.iter().map(Paths::new).collect()),
        };
        let n_trees = trees.len() as f64;
        Self {
            feature_names: forest.feature_names().to_vec(),
            way,
            scorer: forest.scorer().clone(),
            n_trees,
            expected_path_length: trees.iter().map(expected_path_length).sum::<f64>() / n_trees,
        }
    }

    /// Contribution of each feature to each row of `x`, both of shape `(n_rows, n_features)`: in splits, above 0 where the feature
    /// makes the row more anomalous.
    ///
    /// Rows are read as `f32`; NaN is a missing value. Allocates the result and a few buffers, nothing a row.
    ///
    /// # Errors
    ///
    /// Another number of features than in training, or an infinite value.
    pub fn explain<A: Feature>(&self, x: ArrayView2<'_, A>) -> Result<Array2<f64>, ScoreError> {
        let trees = match &self.way {
            Way::One(column) => return self.give_all(*column, x),
            Way::Two(tables) => return self.look_up(tables, x),
            Way::Cuts(trees, medians) => {
                return self.of_trees(trees, x, medians, Cuts::add_values);
            }
            Way::Paths(trees) => trees,
        };
        // A path of d features asks for d / 2 points, rounded up; trees are at most 31 deep, so 16 are always enough.
        match trees.iter().map(Paths::most_features).max().unwrap_or(0) {
            0..=2 => self.integrate::<1, A>(trees, x),
            3..=4 => self.integrate::<2, A>(trees, x),
            5..=8 => self.integrate::<4, A>(trees, x),
            9..=16 => self.integrate::<8, A>(trees, x),
            _ => self.integrate::<16, A>(trees, x),
        }
    }

    /// Mean path length of the training rows over the forest: the sum that a row of no interest at all would have.
    pub fn expected_path_length(&self) -> f64 {
        self.expected_path_length
    }

    /// Names of the features, in the order of the columns.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// Path length of each row of `x`, shape `(n_rows, n_features)`, as the mean over the trees.
    ///
    /// # Errors
    ///
    /// As [`explain`](Self::explain).
    pub fn mean_path_lengths<A: Feature>(&self, x: ArrayView2<'_, A>) -> Result<Array1<f64>, ScoreError> {
        let sums = self.scorer.path_length_sums(x, &self.feature_names, NonZero::<usize>::MIN)?;
        Ok(sums / self.n_trees)
    }

    /// What the contributions of each row sum to.
    fn deviations<A: Feature>(&self, x: ArrayView2<'_, A>) -> Result<Array1<f64>, ScoreError> {
        Ok(self.expected_path_length - self.mean_path_lengths(x)?)
    }

    /// Contributions where the trees test one column.
    fn give_all<A: Feature>(&self, column: usize, x: ArrayView2<'_, A>) -> Result<Array2<f64>, ScoreError> {
        let deviations = self.deviations(x)?;
        let mut contributions = Array2::zeros(x.dim());
        contributions.column_mut(column).assign(&deviations);
        Ok(contributions)
    }

    /// Contributions where the trees test two columns.
    fn look_up<A: Feature>(
        &self,
        [(first, first_steps), (second, second_steps)]: &[(usize, Steps); 2],
        x: ArrayView2<'_, A>,
    ) -> Result<Array2<f64>, ScoreError> {
        let deviations = self.deviations(x)?;
        let mut contributions = Array2::zeros(x.dim());
        for ((row, mut out), deviation) in x.rows().into_iter().zip(contributions.rows_mut()).zip(deviations) {
            let lead = second_steps.value(row[*second].to_f32()) - first_steps.value(row[*first].to_f32());
            out[*first] = f64::midpoint(deviation, lead);
            out[*second] = f64::midpoint(deviation, -lead);
        }
        Ok(contributions)
    }

    /// Shapley values of any number of features, with `N` points.
    fn integrate<const N: usize, A: Feature>(
        &self,
        trees: &[Paths],
        x: ArrayView2<'_, A>,
    ) -> Result<Array2<f64>, ScoreError> {
        let rule = Rule::<N>::new();
        let n_nodes = trees.iter().map(Paths::n_nodes).max().unwrap_or(1);
        let mut states = vec![State::<N>::ROOT; n_nodes];
        self.of_trees(trees, x, &[], |tree, row, values| tree.add_values(row, &rule, &mut states, values))
    }

    /// Contributions as means over trees, each of which adds how much a feature lengthens a row's path; missing values are replaced if there are `fillings`.
    /// Trees outer, so that each is used many times while it is near.
    fn of_trees<T, A: Feature>(
        &self,
        trees: &[T],
        x: ArrayView2<'_, A>,
        fillings: &[f32],
        mut add_values: impl FnMut(&T, &[f32], &mut [f64]),
    ) -> Result<Array2<f64>, ScoreError> {
        let n_features = self.feature_names.len();
        if x.ncols() != n_features {
            return Err(ScoreError::FeatureCount { expected: n_features, found: x.ncols() });
        }
        let mut values = vec![0.0; x.nrows().min(BLOCK_ROWS) * n_features];
        let mut block = Block::new(n_features, x.nrows(), BLOCK_ROWS);
        let mut contributions = Array2::zeros(x.dim());
        let out = contributions.axis_chunks_iter_mut(Axis(0), BLOCK_ROWS);
        for (i, (rows, mut out)) in x.axis_chunks_iter(Axis(0), BLOCK_ROWS).zip(out).enumerate() {
            block
                .fill(rows)
                .map_err(|(row, column)| infinite(x, &self.feature_names, (i * BLOCK_ROWS + row, column)))?;
            block.fill_missing(fillings);
            values.fill(0.0);
            for tree in trees {
                for (row, values) in values.chunks_exact_mut(n_features).take(rows.nrows()).enumerate() {
                    add_values(tree, block.row(row), values);
                }
            }
            out.iter_mut().zip(&values).for_each(|(out, value)| *out = -value / self.n_trees);
        }
        Ok(contributions)
    }
}

/// Mean path length of a tree's training rows.
fn expected_path_length(tree: &Tree) -> f64 {
    let leaves =
        tree.path_lengths().into_iter().zip(&tree.n_samples).zip(&tree.left).filter(|(_, left)| **left == LEAF);
    let sum: f64 = leaves.map(|((path_length, &n_samples), _)| path_length * f64::from(n_samples)).sum();
    sum / tree.n_samples.first().map_or(1.0, |&n_samples| f64::from(n_samples))
}
