//! From paths, folders and patterns to files.

use datafusion::{
    datasource::listing::ListingTableUrl,
    execution::object_store::ObjectStoreUrl,
    object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, path::Path},
    prelude::SessionContext,
};
use futures::TryStreamExt;

use super::error::InputError;

/// What a Parquet file begins with.
const PARQUET_MAGIC: &[u8] = b"PAR1";

/// A file of the input.
#[derive(Debug, Clone)]
pub struct InputFile {
    /// Its place in the storage, size and time.
    pub meta: ObjectMeta,
    store: ObjectStoreUrl,
}

impl InputFile {
    /// The address of the file.
    pub fn url(&self) -> String {
        let path = self.meta.location.as_ref().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
        format!("{}{path}", self.store.as_str())
    }

    /// The path for messages.
    pub fn path(&self) -> String {
        let store = self.store.as_str();
        match store.strip_prefix("file://") {
            Some(_) => format!("/{}", self.meta.location),
            None => format!("{store}{}", self.meta.location),
        }
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
pub(super) async fn find(context: &SessionContext, paths: &[String]) -> Result<Found, InputError> {
    let mut place: Option<ObjectStoreUrl> = None;
    let (mut files, mut warnings) = (Vec::new(), Vec::new());
    for path in paths {
        let url = ListingTableUrl::parse(path).map_err(InputError::Engine)?;
        let store = url.object_store();
        match &place {
            None => place = Some(store.clone()),
            Some(first) if *first == store => {}
            Some(first) => {
                return Err(InputError::TwoStores { first: first.as_str().to_owned(), other: path.clone() });
            }
        }
        if !store.as_str().starts_with("file:") {
            return Err(InputError::NotAFile { input: path.clone() });
        }
        let objects = context.runtime_env().object_store(&store).map_err(InputError::Engine)?;
        let as_file = |meta| InputFile { meta, store: store.clone() };
        let mut found: Vec<InputFile> = if url.is_collection() && url.get_glob().is_none() {
            let all = objects.list(Some(url.prefix())).map_ok(as_file).try_collect::<Vec<_>>();
            let all = all.await.map_err(|error| InputError::Read { path: path.clone(), reason: error.to_string() })?;
            // Of a folder, the files that by their names are data; by its own name or a pattern, a file may be called anything.
            let data = all.into_iter().filter(|file| is_data(&file.meta));
            let (here, below): (Vec<_>, Vec<_>) = data.partition(|file| url.contains(&file.meta.location, true));
            let below: Vec<_> = below.into_iter().filter(|file| !is_in_hidden(&file.meta, url.prefix())).collect();
            warnings.extend(passed_over(path, "file in a folder within it", "files in folders within it", &below));
            here
        } else {
            let state = context.state();
            let listed = url.list_all_files(&state, objects.as_ref(), "").await.map_err(InputError::Engine)?;
            listed.map_ok(as_file).try_collect().await.map_err(InputError::Engine)?
        };
        let empty: Vec<InputFile> = found.extract_if(.., |file| file.meta.size == 0).collect();
        warnings.extend(passed_over(path, "empty file", "empty files", &empty));
        if found.is_empty() {
            return Err(InputError::NoFiles { input: path.clone() });
        }
        files.extend(found);
    }
    let Some(store) = place else {
        return Err(InputError::NoFiles { input: paths.join(", ") });
    };
    files.sort_by(|a, b| a.meta.location.cmp(&b.meta.location));
    files.dedup_by(|a, b| a.meta.location == b.meta.location);
    Ok(Found { store, files, warnings })
}

fn passed_over(path: &str, one: &str, many: &str, files: &[InputFile]) -> Option<String> {
    let first = files.iter().map(InputFile::path).min()?;
    Some(match files.len() {
        1 => format!("{path}: 1 {one} is passed over: {first}"),
        n => format!("{path}: {n} {many} are passed over; the first is {first}"),
    })
}

/// Whether a folder between a file and the folder that was asked for is hidden, as outputs on their way are.
fn is_in_hidden(meta: &ObjectMeta, folder: &Path) -> bool {
    let between = meta.location.prefix_match(folder).map(|parts| parts.map(|part| part.as_ref().to_owned()).collect());
    between.is_some_and(|parts: Vec<String>| parts.iter().any(|part| part.starts_with(['.', '_'])))
}

fn is_data(meta: &ObjectMeta) -> bool {
    let name = meta.location.filename().unwrap_or_default();
    let is_hidden = name.starts_with(['.', '_']);
    !is_hidden && [".parquet", ".csv"].iter().any(|ending| name.to_ascii_lowercase().ends_with(ending))
}

/// Whether a file begins as a Parquet file does, whatever its name.
pub(super) async fn is_parquet(objects: &dyn ObjectStore, file: &InputFile) -> Result<bool, InputError> {
    let end = file.meta.size.min(PARQUET_MAGIC.len() as u64);
    let begin = objects.get_range(&file.meta.location, 0..end).await.map_err(|error| unreadable(file, &error))?;
    Ok(begin.as_ref() == PARQUET_MAGIC)
}

pub(super) fn unreadable(file: &InputFile, reason: &dyn std::fmt::Display) -> InputError {
    InputError::Read { path: file.path(), reason: reason.to_string() }
}
