//! The model that all programs of a job must share, known by the hash of its file.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use isoforest::{IsolationForest, LoadError, ModelFile};
use sha2::{Digest, Sha256};

/// Hex digits of the hash that are a part of the scoring function's name.
const NAME_DIGITS: usize = 8;

/// What every scoring function's name begins with; alone, it is the name in SQL.
pub const FUNCTION: &str = "isoforest_score";

/// A model that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file cannot be read.
    #[error("cannot read the model file {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds no model.
    #[error("cannot use the model file {}: {source}", path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: LoadError,
    },
    /// The file is another one than was asked for.
    #[error(
        "the model file {} is not the expected one: its SHA-256 is {found}, expected {expected}; copy the right file here, or change --model-sha256",
        path.display()
    )]
    Hash {
        /// The file.
        path: PathBuf,
        /// Its hash.
        found: String,
        /// The hash that was asked for.
        expected: String,
    },
}

/// A forest ready to score on one thread, and the SHA-256 of the file that it came from.
#[derive(Debug, Clone)]
pub struct Model {
    forest: Arc<IsolationForest>,
    sha256: String,
    function: String,
}

impl Model {
    /// Reads and checks a model file; with `expected`, its SHA-256 in hex must be that.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, is no model, or is another one than expected.
    pub fn read(path: &Path, expected: Option<&str>) -> Result<Self, ModelError> {
        let bytes = fs::read(path).map_err(|source| ModelError::Read { path: path.to_owned(), source })?;
        let sha256 = Sha256::digest(&bytes).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        if let Some(expected) = expected.filter(|expected| !expected.trim().eq_ignore_ascii_case(&sha256)) {
            return Err(ModelError::Hash { path: path.to_owned(), found: sha256, expected: expected.to_owned() });
        }
        match ModelFile::from_slice(&bytes) {
            Ok(file) => Ok(Self::new(file.into_forest(), sha256)),
            Err(source) => Err(ModelError::Load { path: path.to_owned(), source }),
        }
    }

    /// A forest under a hash.
    pub fn new(forest: IsolationForest, sha256: String) -> Self {
        let function = function_name(&sha256);
        // Partitions of the data are the threads here.
        Self { forest: Arc::new(forest.with_n_jobs(None)), sha256, function }
    }

    /// The forest, on one thread.
    pub fn forest(&self) -> &IsolationForest {
        &self.forest
    }

    /// SHA-256 of the file, in lower-case hex.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The name of this model's scoring function, such as `isoforest_score_ab12cd34`: a program with another model does
    /// not know it.
    pub fn function(&self) -> &str {
        &self.function
    }
}

/// The scoring function's name for the model with a hash.
pub fn function_name(sha256: &str) -> String {
    format!("{FUNCTION}_{}", sha256.get(..NAME_DIGITS).unwrap_or(sha256))
}
