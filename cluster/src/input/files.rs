//! The files that the inputs of a job mean.

use std::{
    collections::HashSet,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use datafusion::{
    execution::object_store::ObjectStoreUrl,
    object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, path::Path as Location},
    prelude::SessionContext,
};
use futures::{StreamExt, TryStreamExt, stream};
use isoforest::data::compressed_by;

use super::{LOOKED_INTO_AT_ONCE, error::InputError, paths::Paths};

/// What a Parquet file begins with.
const PARQUET_MAGIC: &[u8] = b"PAR1";

/// A file of the input.
#[derive(Debug, Clone)]
pub struct InputFile {
    /// Its place in the storage, size and time.
    pub meta: ObjectMeta,
}

impl InputFile {
    /// The address of the file.
    pub fn url(&self) -> String {
        let mut url = "file:///".to_owned();
        for byte in self.meta.location.as_ref().bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => url.push(byte.into()),
                _ => {
                    // Writing to a String does not fail.
                    let _ = write!(url, "%{byte:02X}");
                }
            }
        }
        url
    }

    /// The path for messages.
    pub fn path(&self) -> String {
        format!("/{}", self.meta.location)
    }
}

/// What the paths of a job mean.
pub(super) struct Found {
    pub(super) store: ObjectStoreUrl,
    /// By their own paths, each once.
    pub(super) files: Vec<InputFile>,
    /// Data that was passed over.
    pub(super) warnings: Vec<String>,
}

/// All files that the paths mean.
pub(super) async fn find(context: &SessionContext, inputs: &[String]) -> Result<Found, InputError> {
    let store = ObjectStoreUrl::local_filesystem();
    let objects = context.runtime_env().object_store(&store).map_err(InputError::Engine)?;
    let (mut files, mut warnings) = (Vec::new(), Vec::new());
    for input in inputs {
        let paths = {
            let input = input.clone();
            // Folders without end must not keep anybody from interrupting the search.
            let looking = tokio::task::spawn_blocking(move || Paths::of(&input));
            looking.await.map_err(|error| InputError::Read { path: String::new(), reason: error.to_string() })??
        };
        for (one, many, what) in paths.passed_over() {
            warnings.extend(passed_over(input, one, many, what));
        }
        let found = stream::iter(&paths.files).map(|path| file(objects.as_ref(), path)).buffered(LOOKED_INTO_AT_ONCE);
        let mut found: Vec<InputFile> = found.try_collect().await?;
        let empty: Vec<PathBuf> =
            found.extract_if(.., |file| file.meta.size == 0).map(|file| file.path().into()).collect();
        if let (true, Some(first)) = (found.is_empty(), empty.first()) {
            return Err(InputError::Empty { input: input.clone(), first: first.display().to_string() });
        }
        warnings.extend(passed_over(input, "empty file", "empty files", &empty));
        if found.is_empty() {
            let elsewhere = paths.folders.first().or(paths.below.first());
            return Err(InputError::NoFiles {
                input: input.clone(),
                elsewhere: elsewhere.map(|path| path.display().to_string()),
            });
        }
        files.extend(found);
    }
    files.sort_by(|a, b| a.meta.location.cmp(&b.meta.location));
    files.dedup_by(|a, b| a.meta.location == b.meta.location);
    // The same file by another way to it, such as a link.
    let mut known = HashSet::new();
    let again: Vec<PathBuf> = files
        .extract_if(.., |file| fs::canonicalize(file.path()).is_ok_and(|path| !known.insert(path)))
        .map(|file| file.path().into())
        .collect();
    warnings.extend(passed_over(
        &inputs.join(", "),
        "file that is read under another name",
        "files that are read under other names",
        &again,
    ));
    Ok(Found { store, files, warnings })
}

/// The file at a path, which an executor finds under the same one.
async fn file(objects: &dyn ObjectStore, path: &Path) -> Result<InputFile, InputError> {
    let unreadable = |reason: String| InputError::Read { path: path.display().to_string(), reason };
    let mut absolute = std::path::absolute(path).map_err(|error| unreadable(error.to_string()))?;
    if absolute.components().any(|part| part == std::path::Component::ParentDir) {
        absolute = fs::canonicalize(&absolute).map_err(|error| unreadable(error.to_string()))?;
    }
    let location = Location::from_absolute_path(&absolute).map_err(|error| unreadable(error.to_string()))?;
    let meta = objects.head(&location).await.map_err(|error| unreadable(error.to_string()))?;
    Ok(InputFile { meta })
}

fn passed_over(input: &str, one: &str, many: &str, paths: &[PathBuf]) -> Option<String> {
    let first = paths.iter().min()?;
    let first = std::path::absolute(first).unwrap_or_else(|_| first.clone());
    let first = first.display();
    Some(match paths.len() {
        1 => format!("{input}: 1 {one} is passed over: {first}"),
        n => format!("{input}: {n} {many} are passed over; the first is {first}"),
    })
}

/// Whether a file begins as a Parquet file does, whatever its name.
pub(super) async fn is_parquet(objects: &dyn ObjectStore, file: &InputFile) -> Result<bool, InputError> {
    let end = file.meta.size.min(PARQUET_MAGIC.len() as u64);
    let begin = objects.get_range(&file.meta.location, 0..end).await.map_err(|error| unreadable(file, &error))?;
    if let Some(by) = compressed_by(&begin) {
        return Err(InputError::Compressed { path: file.path(), by });
    }
    Ok(begin.as_ref() == PARQUET_MAGIC)
}

pub(super) fn unreadable(file: &InputFile, reason: &dyn std::fmt::Display) -> InputError {
    InputError::Read { path: file.path(), reason: reason.to_string() }
}
