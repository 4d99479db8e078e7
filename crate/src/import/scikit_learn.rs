//! scikit-learn's forests. Python writes a fitted forest as JSON, as only Python reads its files; all checks are here.

use serde::Deserialize;

use crate::forest::{IsolationForestParams, Tree};
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
/// bits, and the power of 2 that makes a score of them is the same to 2 units in the last place. So are the labels, but that of a row whose
/// score is the offset to these 2 units.
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
        // A number alone must not fill the memory.
        if given.is_none() && found > MAX_NAMELESS {
            return Err(ImportError::Nameless(found));
        }
        let names = given.unwrap_or_else(|| (0..document.n_features).map(|column| format!("x{column}")).collect());
        let has_seed = document.params.random_state.is_some();
        let params = document.params.random_state(document.params.random_state.unwrap_or(0));
        let forest =
            IsolationForest::from_untrusted(params, names, document.max_samples, document.offset, document.trees)
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

    /// A model file with the profile of its training data `x`, shape `(n_rows, n_features)`.
    ///
    /// # Errors
    ///
    /// As [`IsolationForest::score_samples`].
    pub fn into_model<A: Feature>(self, x: ndarray::ArrayView2<'_, A>) -> Result<ModelFile, ScoreError> {
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
