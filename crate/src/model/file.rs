//! The model file: one JSON document that holds all of a forest, and a profile of the data it was fitted on.
//!
//! Its shape is written down in `crate/schema/model.v1.schema.json` for standard forests and in `model.v2.schema.json` for those of
//! other detectors, which say which one it is and what their trees need besides. Numbers are written as the shortest decimal that
//! reads back to the same bits and read exactly, so a model does not change on its way through a file.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::check::{TreeProblem, check};
use super::{IsolationForest, TrainingProfile};
use crate::atomic_file::{AtomicFile, AtomicFileError};
use crate::forest::{Detector, IsolationForestParams, ParamError, Tree};
use crate::json_error::in_plain_words;
use crate::optional_field::{not_empty, not_null};

/// What the field `format` of a model file holds.
pub const FORMAT: &str = "isoforest";

/// The newest version of the format that this library writes and reads: that of every detector but the standard one.
pub const FORMAT_VERSION: u32 = 2;

/// The version of the format of standard forests.
pub(super) const STANDARD_VERSION: u32 = 1;

/// Largest file that is read, in bytes: far above any forest of use, far below what would fill the memory.
const MAX_BYTES: u64 = 256 << 20;

/// A model file that cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be opened or read.
    #[error("cannot read the model file {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is larger than any model should be.
    #[error("the model file is over {} MiB; expected a file written by isoforest", MAX_BYTES >> 20)]
    TooLarge,
    /// Nothing in the file.
    #[error("the model file is empty; expected the JSON document that `isoforest train` writes")]
    Empty,
    /// Not JSON, not complete, or not the fields of a model.
    #[error("not a model file: {}", in_plain_words(.0))]
    Json(serde_json::Error),
    /// A document of something else.
    #[error("field `format` is {0:?}; expected \"{FORMAT}\"")]
    Format(String),
    /// A version that this library does not know.
    #[error("field `format_version` is {0}; this library reads versions {STANDARD_VERSION} and {FORMAT_VERSION}")]
    Version(u32),
    /// A parameter out of its range.
    #[error("field `params`: {0}")]
    Params(#[source] ParamError),
    /// A field whose value cannot be.
    #[error("field `{field}` is {found}")]
    Field {
        /// The field, by its path in the document.
        field: String,
        /// What it holds and what was expected.
        found: String,
    },
    /// A tree that is none.
    #[error("tree {tree}{}: {problem}", node.map(|node| format!(", node {node}")).unwrap_or_default())]
    Tree {
        /// The tree, from 0.
        tree: usize,
        /// The node, from 0, if it is about one.
        node: Option<usize>,
        /// What is wrong with it.
        problem: TreeProblem,
    },
}

/// A model file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// The file cannot be created or written.
    #[error(transparent)]
    File(#[from] AtomicFileError),
    /// The document cannot be written.
    #[error("cannot write the model file {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What would be written could not be read again: a profile of other data, for example.
    #[error("the model file would be unreadable: {0}")]
    Unreadable(#[source] LoadError),
    /// The file would be larger than what is read.
    #[error("the model file would be {} MiB; at most {} MiB can be read again: use fewer trees (n_estimators) or rows a tree (max_samples)", bytes >> 20, MAX_BYTES >> 20)]
    TooLarge {
        /// Its size in bytes.
        bytes: u64,
    },
    /// JSON that cannot be written; none is known of.
    #[error("cannot write the model as JSON: {0}")]
    Json(#[source] serde_json::Error),
}

/// The document, field by field; [`check`] says what must hold.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contents {
    pub(super) format: String,
    pub(super) format_version: u32,
    /// In version 2.
    #[serde(default, deserialize_with = "not_null", skip_serializing_if = "Option::is_none")]
    pub(super) detector: Option<Detector>,
    pub(super) created_at: String,
    pub(super) library_version: String,
    pub(super) params: IsolationForestParams,
    pub(super) feature_names: Vec<String>,
    pub(super) n_features: usize,
    #[serde(rename = "max_samples_")]
    pub(super) max_samples: usize,
    #[serde(rename = "offset_")]
    pub(super) offset: f64,
    /// In version 2, for detectors that read a missing value as a median.
    #[serde(default, deserialize_with = "not_empty", skip_serializing_if = "Vec::is_empty")]
    pub(super) medians: Vec<f32>,
    pub(super) training_profile: TrainingProfile,
    pub(super) trees: Vec<Tree>,
}

/// The beginning of any version's document.
#[derive(Deserialize)]
struct Head {
    format: String,
    format_version: u32,
}

/// A forest with what its file says besides: when it was made, by which version, on what data.
///
/// ```
/// use isoforest::{IsolationForest, ModelFile, TrainingProfile};
/// use ndarray::array;
///
/// let train = array![[0.0, 1.0], [0.1, 1.1], [9.0, 0.0]];
/// let forest = IsolationForest::builder().random_state(16).fit(train.view())?;
/// let profile = TrainingProfile::new(&forest, train.view())?;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("model.json");
/// ModelFile::new(forest, profile).write(&path)?;
///
/// let model = ModelFile::read(&path)?;
/// assert_eq!(model.forest().predict(train.view())?.to_vec(), [1, 1, -1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ModelFile {
    forest: IsolationForest,
    profile: TrainingProfile,
    created_at: String,
    library_version: String,
}

impl ModelFile {
    /// A file to be, made now by this version.
    pub fn new(forest: IsolationForest, profile: TrainingProfile) -> Self {
        Self {
            forest,
            profile,
            created_at: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            library_version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// The forest.
    pub fn forest(&self) -> &IsolationForest {
        &self.forest
    }

    /// The profile of its training data.
    pub fn profile(&self) -> &TrainingProfile {
        &self.profile
    }

    /// When it was made: RFC 3339, UTC, to the second.
    pub fn created_at(&self) -> &str {
        &self.created_at
    }

    /// The version of this library that made it.
    pub fn library_version(&self) -> &str {
        &self.library_version
    }

    /// The version of its format: 1 for a standard forest, 2 for one of another detector.
    pub fn format_version(&self) -> u32 {
        if self.forest.params().detector == Detector::Standard { STANDARD_VERSION } else { FORMAT_VERSION }
    }

    /// The forest by itself.
    pub fn into_forest(self) -> IsolationForest {
        self.forest
    }

    /// The document as JSON text, one line.
    ///
    /// # Errors
    ///
    /// What could not be read again: a profile that is not of this forest, or more than 256 MiB.
    pub fn to_json(&self) -> Result<String, SaveError> {
        let forest = &self.forest;
        let contents = Contents {
            format: FORMAT.to_owned(),
            format_version: self.format_version(),
            detector: Some(forest.params().detector).filter(|detector| *detector != Detector::Standard),
            created_at: self.created_at.clone(),
            library_version: self.library_version.clone(),
            params: *forest.params(),
            feature_names: forest.feature_names().to_vec(),
            n_features: forest.n_features(),
            max_samples: forest.max_samples(),
            offset: forest.offset(),
            medians: forest.medians().to_vec(),
            training_profile: self.profile.clone(),
            trees: forest.trees().to_vec(),
        };
        check(&contents).map_err(SaveError::Unreadable)?;
        let mut text = serde_json::to_string(&contents).map_err(SaveError::Json)?;
        text.push('\n');
        match text.len() as u64 {
            bytes if bytes > MAX_BYTES => Err(SaveError::TooLarge { bytes }),
            _ => Ok(text),
        }
    }

    /// Writes the file: whole and under its name, or not at all, whatever happens on the way.
    ///
    /// # Errors
    ///
    /// Those of [`to_json`](Self::to_json), a folder that cannot be written to, or a full disk.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), SaveError> {
        let path = path.as_ref();
        let failed = |source: io::Error| SaveError::Write { path: path.to_owned(), source };
        let text = self.to_json()?;
        let mut file = AtomicFile::create(path)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.commit()?;
        Ok(())
    }

    /// Reads and checks a file. Files are untrusted: whatever is in it, the answer is a model that can be used, or an error.
    ///
    /// # Errors
    ///
    /// Every way in which a file can be none, see [`LoadError`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let path = path.as_ref();
        let failed = |source| LoadError::Io { path: path.to_owned(), source };
        // Opening a pipe would wait for somebody to write into it.
        if fs::metadata(path).map_err(failed)?.file_type().is_fifo() {
            return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is a pipe; expected a file")));
        }
        let file = File::open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        if file.metadata().map_err(failed)?.len() > MAX_BYTES {
            return Err(LoadError::TooLarge);
        }
        // A device or a growing file does not tell its size beforehand.
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
        Self::from_slice(&bytes)
    }

    /// Reads and checks a document in memory.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn from_slice(bytes: &[u8]) -> Result<Self, LoadError> {
        if bytes.len() as u64 > MAX_BYTES {
            return Err(LoadError::TooLarge);
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(LoadError::Empty);
        }
        let contents: Contents = serde_json::from_slice(bytes).map_err(|error| explain(bytes, error))?;
        check(&contents)?;
        Ok(Self {
            forest: IsolationForest::from_parts(
                contents.params.detector(contents.detector.unwrap_or_default()),
                contents.feature_names,
                contents.max_samples,
                contents.offset,
                contents.trees,
                contents.medians,
            ),
            profile: contents.training_profile,
            created_at: contents.created_at,
            library_version: contents.library_version,
        })
    }
}

/// Another format or version has other fields: say that, rather than which field was unknown.
fn explain(bytes: &[u8], error: serde_json::Error) -> LoadError {
    match serde_json::from_slice::<Head>(bytes) {
        Ok(head) if head.format != FORMAT => LoadError::Format(head.format.chars().take(40).collect()),
        Ok(head) if !(STANDARD_VERSION..=FORMAT_VERSION).contains(&head.format_version) => {
            LoadError::Version(head.format_version)
        }
        _ => LoadError::Json(error),
    }
}
