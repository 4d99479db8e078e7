//! The model being served, and its replacement.
//!
//! A request takes the model once and keeps it to its end, so that a reload in the meantime changes nothing for it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use isoforest::{Explainer, IsolationForest, LoadError, ModelFile};
use sha2::{Digest, Sha256};

/// Largest file that is read; the library refuses anything above 256 MiB.
const MAX_BYTES: u64 = 256 << 20;

/// Hex digits of the file's hash that are the model's version.
const VERSION_DIGITS: usize = 12;

/// A model that has been read, checked and made ready to answer.
#[derive(Debug)]
pub struct ServedModel {
    file: ModelFile,
    /// The forest once more, if its own parameters ask for several threads: requests are spread over threads already, and
    /// counting the cores would cost a request more than its score.
    one_thread: Option<IsolationForest>,
    explainer: Explainer,
    medians: Vec<Option<f64>>,
    sha256: String,
    loaded_at: SystemTime,
}

impl ServedModel {
    /// Reads and checks a model file. Takes tens of milliseconds, so never on a thread that answers requests.
    ///
    /// # Errors
    ///
    /// Every way in which a file can be no model, see [`LoadError`].
    pub fn read(path: &Path) -> Result<Self, LoadError> {
        Self::from_slice(&read_bytes(path).map_err(|source| LoadError::Io { path: path.to_owned(), source })?)
    }

    /// Reads and checks a model in memory.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn from_slice(bytes: &[u8]) -> Result<Self, LoadError> {
        let file = ModelFile::from_slice(bytes)?;
        let forest = file.forest();
        let one_thread = forest.params().n_jobs.map(|_| forest.clone().with_n_jobs(None));
        Ok(Self {
            one_thread,
            explainer: Explainer::new(forest),
            medians: file.profile().medians(),
            sha256: hex(&Sha256::digest(bytes)),
            loaded_at: SystemTime::now(),
            file,
        })
    }

    /// The forest that scores, on the thread that asks.
    pub fn forest(&self) -> &IsolationForest {
        self.one_thread.as_ref().unwrap_or_else(|| self.file.forest())
    }

    /// What explains rows.
    pub fn explainer(&self) -> &Explainer {
        &self.explainer
    }

    /// Median of each feature in the training data; none of a feature without a value.
    pub fn medians(&self) -> &[Option<f64>] {
        &self.medians
    }

    /// All that the file says: the forest, the profile of its training data, when it was made.
    pub fn file(&self) -> &ModelFile {
        &self.file
    }

    /// SHA-256 of the file's bytes in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The first 12 hex digits of the hash.
    pub fn version(&self) -> &str {
        self.sha256.get(..VERSION_DIGITS).unwrap_or(&self.sha256)
    }

    /// When the file was loaded.
    pub fn loaded_at(&self) -> SystemTime {
        self.loaded_at
    }
}

/// The file's path, and the model that was last read from it.
#[derive(Debug)]
pub struct ModelStore {
    path: PathBuf,
    current: RwLock<Option<Arc<ServedModel>>>,
}

impl ModelStore {
    /// A store without a model yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), current: RwLock::default() }
    }

    /// The file that models are read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The model that answers now; none until the first has been loaded.
    pub fn current(&self) -> Option<Arc<ServedModel>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on `model` answers.
    pub fn replace(&self, model: Arc<ServedModel>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(model);
    }
}

/// The bytes of a file. The library's own reading keeps none, and the hash must be of the bytes that were parsed.
fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    // Opening a pipe would wait for somebody to write into it.
    if fs::metadata(path)?.file_type().is_fifo() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a pipe; expected a file"));
    }
    let file = File::open(path)?;
    let size = file.metadata()?.len().min(MAX_BYTES);
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    // A device or a growing file does not tell its size; one byte too many makes the parser say that it is too large.
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte)]).collect()
}
