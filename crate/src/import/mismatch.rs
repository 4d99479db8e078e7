//! Whether rows can be those that a forest was fitted on.

use ndarray::ArrayView2;

use crate::IsolationForest;
use crate::data::Shortest;
use crate::forest::Contamination;
use crate::model::percentile;
use crate::scoring::{Feature, ScoreError};

/// More than rounding moves a percentile of scores.
const TOLERANCE: f64 = 1e-9;

/// Why rows cannot be those that a forest was fitted on.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// Another number of rows.
    #[error("of its {n_rows} rows a tree would be grown from {expected}, and the forest's trees were from {found}")]
    MaxSamples {
        /// Rows that are there.
        n_rows: usize,
        /// Rows a tree, by the forest's `max_samples`.
        expected: usize,
        /// Rows a tree of the forest.
        found: usize,
    },
    /// A tree was cut where no rows are.
    #[error(
        "tree {tree} is cut at {} in the feature {name:?}, whose values are {}", Shortest(*.threshold),
        .range.map_or("all missing".to_owned(), |(least, most)| format!("from {} to {}", Shortest(least), Shortest(most)))
    )]
    Range {
        /// The tree, from 0.
        tree: usize,
        /// The feature.
        name: String,
        /// Where it was cut.
        threshold: f64,
        /// The least and the largest value, as `f32`; none if all are missing.
        range: Option<(f64, f64)>,
    },
    /// Their scores put the threshold elsewhere.
    #[error("a contamination of {contamination} puts their offset at {expected:.6}, and the forest's is {found:.6}")]
    Offset {
        /// The forest's parameter.
        contamination: f64,
        /// The percentile of the rows' scores.
        expected: f64,
        /// The forest's offset.
        found: f64,
    },
}

impl Mismatch {
    pub(super) fn find<A: Feature>(forest: &IsolationForest, x: ArrayView2<'_, A>) -> Result<Option<Self>, ScoreError> {
        let found = forest.max_samples();
        // A parameter that does not fit any rows is not told here.
        if let Ok((expected, _)) = forest.params().resolve_max_samples(x.nrows())
            && expected != found
        {
            return Ok(Some(Self::MaxSamples { n_rows: x.nrows(), expected, found }));
        }
        if let Some(range) = Self::beyond_range(forest, x) {
            return Ok(Some(range));
        }
        if let (Contamination::Fraction(contamination), false) = (forest.params().contamination, x.is_empty()) {
            let scores = forest.score_samples(x)?;
            let expected = percentile(scores.into_raw_vec_and_offset().0, contamination);
            let found = forest.offset();
            if (expected - found).abs() > TOLERANCE {
                return Ok(Some(Self::Offset { contamination, expected, found }));
            }
        }
        Ok(None)
    }

    /// A cut lies between two values of its column.
    fn beyond_range<A: Feature>(forest: &IsolationForest, x: ArrayView2<'_, A>) -> Option<Self> {
        let range = |column: ndarray::ArrayView1<'_, A>| {
            column.iter().map(|value| f64::from(value.to_f32())).filter(|value| !value.is_nan()).fold(
                None,
                |range, value| {
                    let (least, most) = range.unwrap_or((value, value));
                    Some((value.min(least), value.max(most)))
                },
            )
        };
        let ranges: Vec<Option<(f64, f64)>> = x.columns().into_iter().map(range).collect();
        forest.trees().iter().enumerate().find_map(|(number, tree)| {
            tree.feature.iter().zip(&tree.threshold).find_map(|(&feature, &threshold)| {
                // A leaf has no feature.
                let feature = usize::try_from(feature).ok()?;
                let range = *ranges.get(feature)?;
                let is_inside = range.is_some_and(|(least, most)| least <= threshold && threshold <= most);
                (!is_inside).then(|| Self::Range {
                    tree: number,
                    name: forest.feature_names().get(feature).cloned().unwrap_or_default(),
                    threshold,
                    range,
                })
            })
        })
    }
}
