//! scikit-learn's forests. Python writes a fitted forest as JSON, as only Python reads its files; all checks are here.

use std::collections::HashSet;

use ndarray::ArrayView2;
use serde::Deserialize;

use super::mismatch::Mismatch;
use crate::forest::{Contamination, IsolationForestParams, Tree};
use crate::json_error::in_plain_words;
use crate::model::{IsolationForest, LoadError, ModelFile, TrainingProfile, TreeProblem};
use crate::scoring::{Feature, ScoreError};

/// The Python script that writes a fitted `IsolationForest` of a skops or joblib file as JSON.
pub const SKLEARN_TO_JSON: &str = include_str!("sklearn_to_json.py");

/// Largest document that is read, in bytes: as for a model file.
pub const MAX_BYTES: u64 = 256 << 20;

/// What the field `format` holds.
const FORMAT: &str = "scikit-learn IsolationForest";
const FORMAT_VERSION: u32 = 1;

/// Most features that are given names here.
const MAX_NAMELESS: usize = 1_000_000;

/// Units in the last place by which a score here may be below scikit-learn's.
const SCORE_UNITS: usize = 2;

/// A document that is no forest of scikit-learn's.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The document is larger than any forest should be.
    #[error("the document is over {} MiB; expected what sklearn_to_json.py writes", MAX_BYTES >> 20)]
    TooLarge,
    /// Not JSON, not complete, or other fields.
    #[error("not a forest that sklearn_to_json.py wrote: {}", in_plain_words(.0))]
    Json(serde_json::Error),
    /// A document of something else.
    #[error("field `format` is {0:?}; expected \"{FORMAT}\", as sklearn_to_json.py writes it")]
    Format(String),
    /// A version that this library does not know.
    #[error(
        "field `format_version` is {0}; this library reads version {FORMAT_VERSION}: use the script that came with it"
    )]
    Version(u32),
    /// Feature names that are not one a column.
    #[error("expected {expected} feature names, one for each feature of the forest, found {found}")]
    FeatureNames {
        /// Columns of the forest.
        expected: usize,
        /// Names handed over, or in the document.
        found: usize,
    },
    /// A feature whose name no column can have, or which differs from another one's in blanks only.
    #[error(
        "feature {column} has the name {name:?}; expected one line that is not empty, and other than the names before it: give other feature names"
    )]
    Name {
        /// Column, from 0.
        column: usize,
        /// Its name.
        name: String,
    },
    /// So many features without names that even their names would fill the memory.
    #[error("field `n_features` is {0}; above {MAX_NAMELESS} features, each needs a name in the document")]
    Nameless(usize),
    /// Parts that make no forest.
    #[error("not a forest that can be used: {0}")]
    Forest(#[source] LoadError),
    /// A tree that `max_samples_` is too small for.
    #[error(
        "tree {tree} has more rows or levels than max_samples_ = {max_samples} allows, as after a warm_start with a smaller max_samples; \
         fit the forest again, all trees with one max_samples"
    )]
    TreeTooLarge {
        /// The tree, from 0.
        tree: usize,
        /// Rows a tree, of the last fit.
        max_samples: usize,
    },
}

impl ImportError {
    /// Why the parts of a document make no forest whose scores count with `max_samples` rows a tree.
    fn from_parts(error: LoadError, max_samples: usize) -> Self {
        match error {
            LoadError::Tree {
                tree, problem: TreeProblem::RootSamples { .. } | TreeProblem::TooDeep { .. }, ..
            } => Self::TreeTooLarge { tree, max_samples },
            other => Self::Forest(other),
        }
    }
}

#[derive(Deserialize)]
struct Head {
    format: String,
    format_version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "format_version")]
    _format_version: u32,
    sklearn_version: String,
    params: IsolationForestParams,
    feature_names: Option<Vec<String>>,
    n_features: usize,
    #[serde(rename = "max_samples_")]
    max_samples: usize,
    #[serde(rename = "offset_")]
    offset: f64,
    trees: Vec<Tree>,
}

/// A forest that scikit-learn has grown. Its scores here are scikit-learn's: the path lengths of a row add up to the same
/// bits, and the power of 2 that makes a score of them is the same to 2 units in the last place. An offset that is a percentile is often the
/// score of many rows, which are then inliers; so that they are inliers here, it is lowered by these 2 units. The labels are
/// scikit-learn's.
#[derive(Debug, Clone)]
pub struct ScikitLearnForest {
    forest: IsolationForest,
    sklearn_version: String,
    has_names: bool,
    has_seed: bool,
}

impl ScikitLearnForest {
    /// Reads and checks what `sklearn_to_json.py` wrote. `feature_names` take the place of the document's; a forest without any,
    /// as it was fitted on a matrix, has the names `x0`, `x1`, ….
    ///
    /// A seed that is not known, as `random_state` was none or a generator, becomes 0: a model file records one.
    ///
    /// # Errors
    ///
    /// Every way in which a document can be no forest, see [`ImportError`].
    pub fn from_slice(bytes: &[u8], feature_names: Option<Vec<String>>) -> Result<Self, ImportError> {
        if bytes.len() as u64 > MAX_BYTES {
            return Err(ImportError::TooLarge);
        }
        let document: Document = match serde_json::from_slice::<Head>(bytes) {
            Ok(head) if head.format != FORMAT => {
                return Err(ImportError::Format(head.format.chars().take(40).collect()));
            }
            Ok(head) if head.format_version != FORMAT_VERSION => return Err(ImportError::Version(head.format_version)),
            _ => serde_json::from_slice(bytes).map_err(ImportError::Json)?,
        };
        let has_names = feature_names.is_some() || document.feature_names.is_some();
        let given = feature_names.or(document.feature_names);
        let found = given.as_ref().map_or(document.n_features, Vec::len);
        if found != document.n_features {
            return Err(ImportError::FeatureNames { expected: document.n_features, found });
        }
        if let Some(column) = given.as_deref().and_then(unusable_name) {
            let name = given.and_then(|mut names| names.get_mut(column).map(std::mem::take)).unwrap_or_default();
            return Err(ImportError::Name { column, name });
        }
        // A number alone must not fill the memory.
        if given.is_none() && found > MAX_NAMELESS {
            return Err(ImportError::Nameless(found));
        }
        let names = given.unwrap_or_else(|| (0..document.n_features).map(|column| format!("x{column}")).collect());
        let has_seed = document.params.random_state.is_some();
        let params = document.params.random_state(document.params.random_state.unwrap_or(0));
        let offset = match params.contamination {
            Contamination::Auto => document.offset,
            Contamination::Fraction(_) => (0..SCORE_UNITS).fold(document.offset, |offset, _| offset.next_down()),
        };
        let forest = IsolationForest::from_untrusted(params, names, document.max_samples, offset, document.trees)
            .map_err(|error| ImportError::from_parts(error, document.max_samples))?;
        Ok(Self { forest, sklearn_version: document.sklearn_version, has_names, has_seed })
    }

    /// The forest.
    pub fn forest(&self) -> &IsolationForest {
        &self.forest
    }

    /// The version of scikit-learn that read it, as the document says.
    pub fn sklearn_version(&self) -> &str {
        &self.sklearn_version
    }

    /// Whether the features have names of their own, and not `x0`, `x1`, ….
    pub fn has_names(&self) -> bool {
        self.has_names
    }

    /// Whether the seed is known; if not, the forest's `random_state` of 0 would not grow it again.
    pub fn has_seed(&self) -> bool {
        self.has_seed
    }

    /// Why `x`, shape `(n_rows, n_features)`, cannot be the rows that the forest was fitted on; nothing if it can. Cost: one pass over
    /// `x`, and scoring it if the offset is a percentile.
    ///
    /// # Errors
    ///
    /// As [`IsolationForest::score_samples`].
    pub fn mismatch<A: Feature>(&self, x: ArrayView2<'_, A>) -> Result<Option<Mismatch>, ScoreError> {
        Mismatch::find(&self.forest, x)
    }

    /// A model file with the profile of its training data `x`, shape `(n_rows, n_features)`.
    ///
    /// # Errors
    ///
    /// As [`IsolationForest::score_samples`].
    pub fn into_model<A: Feature>(self, x: ArrayView2<'_, A>) -> Result<ModelFile, ScoreError> {
        let profile = TrainingProfile::new(&self.forest, x)?;
        Ok(ModelFile::new(self.forest, profile))
    }

    /// A model file without a profile. It scores and serves as any other, but an explanation cannot call a value high or low, and
    /// a service has nothing to measure drift against. As rows of the training data it says what one tree was grown from.
    pub fn into_model_without_profile(self) -> ModelFile {
        let profile = TrainingProfile::unknown(self.forest.feature_names(), self.forest.max_samples());
        ModelFile::new(self.forest, profile)
    }
}

/// The first column whose name is none, or is another one's but for blanks.
fn unusable_name(names: &[String]) -> Option<usize> {
    let mut seen = HashSet::new();
    names.iter().position(|name| name.trim().is_empty() || name.contains(['\n', '\r']) || !seen.insert(name.trim()))
}
