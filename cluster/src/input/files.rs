//! From paths, folders and patterns to files.

use std::{
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
};

use datafusion::{
    execution::object_store::ObjectStoreUrl,
    object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, path::Path as Location},
    prelude::SessionContext,
};
use futures::{StreamExt, TryStreamExt, stream};
use glob::{MatchOptions, glob_with};

use super::{LOOKED_INTO_AT_ONCE, error::InputError};

/// What a Parquet file begins with.
const PARQUET_MAGIC: &[u8] = b"PAR1";

/// What compressed files begin with.
const COMPRESSED: [(&[u8], &str); 4] =
    [(b"\x1F\x8B", "gzip"), (b"\x28\xB5\x2F\xFD", "zstd"), (b"BZh", "bzip2"), (b"\xFD7zX", "xz")];

/// As a shell does: `*` stays within a folder.
const AS_A_SHELL: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

const WILDCARDS: [char; 3] = ['*', '?', '['];

/// What the names of files begin with that are not for everyone.
const HIDDEN: [char; 2] = ['.', '_'];

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
        let paths = Paths::of(input)?;
        warnings.extend(passed_over(input, "file in a folder within it", "files in folders within it", &paths.below));
        warnings.extend(passed_over(input, "folder", "folders", &paths.folders));
        let found = stream::iter(&paths.files).map(|path| file(objects.as_ref(), path)).buffered(LOOKED_INTO_AT_ONCE);
        let mut found: Vec<InputFile> = found.try_collect().await?;
        let empty: Vec<PathBuf> =
            found.extract_if(.., |file| file.meta.size == 0).map(|file| file.path().into()).collect();
        if let (true, Some(first)) = (found.is_empty(), empty.first()) {
            return Err(InputError::Empty { input: input.clone(), first: first.display().to_string() });
        }
        warnings.extend(passed_over(input, "empty file", "empty files", &empty));
        if found.is_empty() {
            let folder = paths.folders.first().map(|folder| folder.display().to_string());
            return Err(InputError::NoFiles { input: input.clone(), folder });
        }
        files.extend(found);
    }
    files.sort_by(|a, b| a.meta.location.cmp(&b.meta.location));
    files.dedup_by(|a, b| a.meta.location == b.meta.location);
    Ok(Found { store, files, warnings })
}

/// What an input means in the file system.
#[derive(Debug, Default)]
struct Paths {
    /// What is read.
    files: Vec<PathBuf>,
    /// Data in the folders within a folder.
    below: Vec<PathBuf>,
    /// Folders that a pattern meets.
    folders: Vec<PathBuf>,
}

impl Paths {
    fn of(input: &str) -> Result<Self, InputError> {
        let unreadable = |reason: String| InputError::Read { path: input.to_owned(), reason };
        let path = match input.split_once("://") {
            Some(("file", path)) => path,
            Some(_) => return Err(InputError::NotAFile { input: input.to_owned() }),
            None => input,
        };
        let mut paths = Self::default();
        match fs::metadata(path) {
            // A file that is there is meant, whatever its name.
            Ok(found) if found.is_file() => paths.files.push(path.into()),
            Ok(found) if found.is_dir() => {
                paths.add_folder(Path::new(path)).map_err(|error| unreadable(error.to_string()))?;
            }
            Ok(_) => return Err(unreadable("it is a pipe or a device; expected a file or a folder".to_owned())),
            Err(_) if path.contains(WILDCARDS) => paths.add_matches(path).map_err(unreadable)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(error.to_string())),
        }
        Ok(paths)
    }

    /// The files of a folder that by their names are data; by its own name or a pattern, a file may be called anything.
    fn add_folder(&mut self, folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if name.starts_with(HIDDEN) {
                continue;
            }
            if is_data(&name) && fs::metadata(&path)?.is_file() {
                self.files.push(path);
            } else if entry.file_type()?.is_dir() {
                // `year=2024` is a part of the data that is called so.
                if name.contains('=') { self.add_folder(&path)? } else { add_data_below(&path, &mut self.below) }
            }
        }
        Ok(())
    }

    fn add_matches(&mut self, pattern: &str) -> Result<(), String> {
        // Names that begin like outputs on their way count only where the pattern begins so, too.
        let parts = || pattern.split('/').skip_while(|part| !part.contains(WILDCARDS));
        let hidden: Vec<char> =
            HIDDEN.into_iter().filter(|&mark| !parts().any(|part| part.starts_with(mark))).collect();
        let literal = pattern.split('/').count() - parts().count();
        for path in glob_with(pattern, AS_A_SHELL).map_err(|error| error.to_string())? {
            let path = path.map_err(|error| error.to_string())?;
            if path.to_string_lossy().split('/').skip(literal).any(|part| part.starts_with(hidden.as_slice())) {
                continue;
            }
            let found = fs::metadata(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            if found.is_file() {
                self.files.push(path);
            } else if found.is_dir() && !pattern.contains("**") {
                self.folders.push(path);
            }
        }
        Ok(())
    }
}

/// Only for a warning: what cannot be read does not matter, and links might lead back.
fn add_data_below(folder: &Path, below: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        match entry.file_type() {
            _ if name.starts_with(HIDDEN) => {}
            Ok(kind) if kind.is_dir() => add_data_below(&path, below),
            Ok(kind) if kind.is_file() && is_data(&name) => below.push(path),
            _ => {}
        }
    }
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

fn is_data(name: &str) -> bool {
    [".parquet", ".csv"].iter().any(|ending| name.to_ascii_lowercase().ends_with(ending))
}

/// Whether a file begins as a Parquet file does, whatever its name.
pub(super) async fn is_parquet(objects: &dyn ObjectStore, file: &InputFile) -> Result<bool, InputError> {
    let end = file.meta.size.min(PARQUET_MAGIC.len() as u64);
    let begin = objects.get_range(&file.meta.location, 0..end).await.map_err(|error| unreadable(file, &error))?;
    if let Some((_, by)) = COMPRESSED.iter().find(|(magic, _)| begin.starts_with(magic)) {
        return Err(InputError::Compressed { path: file.path(), by });
    }
    Ok(begin.as_ref() == PARQUET_MAGIC)
}

pub(super) fn unreadable(file: &InputFile, reason: &dyn std::fmt::Display) -> InputError {
    InputError::Read { path: file.path(), reason: reason.to_string() }
}
