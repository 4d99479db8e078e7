//! A forest for other programs: an ONNX model, an SQL query, a picture of a tree.
//!
//! ```
//! use isoforest::IsolationForest;
//! use isoforest::export::{tree_to_dot, to_sql};
//! use ndarray::array;
//!
//! let x = array![[0.0, 1.0], [0.1, 1.1], [9.0, 0.0]];
//! let forest = IsolationForest::builder().random_state(16).fit_named(x.view(), &["mean", "sd"])?;
//! assert!(tree_to_dot(&forest, 0)?.starts_with("digraph"));
//! assert!(to_sql(&forest, "users")?.contains("FROM \"users\""));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

/// A tree as a Graphviz graph.
mod dot;
/// The forest as an ONNX model.
#[cfg(feature = "onnx")]
mod onnx;
/// The forest as a query for PostgreSQL.
mod sql;

#[cfg(feature = "onnx")]
pub use onnx::to_onnx;
pub use {dot::tree_to_dot, sql::to_sql};

use crate::IsolationForest;
use crate::scoring::Scale;

/// A forest that cannot be written in another form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// A tree that the forest does not have.
    #[error("the forest has {n_trees} trees: expected a tree from 0 to {}, found {tree}", n_trees.saturating_sub(1))]
    Tree {
        /// The tree asked for.
        tree: usize,
        /// Trees of the forest.
        n_trees: usize,
    },
    /// A table's name that is none.
    #[error(
        "{0:?} is no name of a table; expected one such as users, public.users or \"a name with spaces\" in quotation marks"
    )]
    Table(String),
    /// A feature whose name no column can have.
    #[error(
        "feature {column} has the name {name:?}, which no column in PostgreSQL can have; expected 1 to 63 bytes without NUL"
    )]
    ColumnName {
        /// Column, from 0.
        column: usize,
        /// Its name.
        name: String,
    },
    /// A forest whose nodes cut with hyperplanes, for which the format has no words.
    #[error(
        "the forest cuts with hyperplanes of several features, which neither ONNX nor the query can express to the last bit; expected a forest that tests one feature at a time: another detector, or extension_level 0"
    )]
    Hyperplanes,
    /// A forest for which the sums of path lengths are too long.
    #[error("the forest has {n_trees} trees; an ONNX model can add up the paths of at most {most} such trees")]
    TooManyTrees {
        /// Trees of the forest.
        n_trees: usize,
        /// Trees whose sums still have digits behind the point.
        most: usize,
    },
}

/// What the sum of path lengths is measured against; 0 if each tree saw one row. A forest that cuts with hyperplanes is refused.
fn denominator(forest: &IsolationForest) -> Result<f64, ExportError> {
    if forest.trees().iter().any(|tree| tree.hyperplanes.is_some()) {
        return Err(ExportError::Hyperplanes);
    }
    match forest.scorer().scale() {
        Scale::PathLength { denominator } => Ok(denominator),
    }
}

/// The sum of path lengths at and above which a row is an inlier: the forest's own decision, to the last bit.
fn inlier_sum(forest: &IsolationForest) -> f64 {
    let is_inlier = |sum: f64| forest.scorer().score(sum) - forest.offset() >= 0.0;
    if is_inlier(0.0) {
        return 0.0;
    }
    // Scores rise with the sum. For numbers that are not negative, the bits rise as the numbers do.
    let (mut outlier, mut inlier) = (0.0_f64.to_bits(), f64::INFINITY.to_bits());
    while inlier - outlier > 1 {
        let middle = outlier + (inlier - outlier) / 2;
        if is_inlier(f64::from_bits(middle)) { inlier = middle } else { outlier = middle }
    }
    f64::from_bits(inlier)
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::{Contamination, MaxSamples};

    #[test]
    fn the_sum_of_an_inlier_draws_the_line_where_the_forest_does() {
        let x = Array2::from_shape_fn((300, 2), |(i, j)| ((i * 31 + j * 17) % 37) as f64);
        let params = IsolationForest::builder().n_estimators(10).random_state(16);
        for contamination in [Contamination::Auto, Contamination::Fraction(0.1), Contamination::Fraction(0.5)] {
            let forest = params.contamination(contamination).fit(x.view()).unwrap();
            let least = inlier_sum(&forest);
            let names = forest.feature_names();
            let sums = forest.scorer().path_length_sums(x.view(), names, std::num::NonZero::<usize>::MIN).unwrap();
            let labels = sums.mapv(|sum| if sum < least { -1_i8 } else { 1 });
            assert_eq!(labels, forest.predict(x.view()).unwrap());
        }
        // Every score is -0.5, which is an inlier.
        let forest = params.max_samples(MaxSamples::Count(1)).fit(x.view()).unwrap();
        assert_eq!(inlier_sum(&forest), 0.0);
    }
}
