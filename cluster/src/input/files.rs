//! From paths, folders and patterns to files.

use std::collections::HashSet;

use datafusion::{
    datasource::listing::ListingTableUrl,
    execution::object_store::ObjectStoreUrl,
    object_store::{ObjectMeta, ObjectStore, ObjectStoreExt},
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

/// All files that the paths mean, by their own paths, each once.
pub(super) async fn find(
    context: &SessionContext,
    paths: &[String],
) -> Result<(ObjectStoreUrl, Vec<InputFile>), InputError> {
    let mut place: Option<ObjectStoreUrl> = None;
    let mut files = Vec::new();
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
        let objects = context.runtime_env().object_store(&store).map_err(InputError::Engine)?;
        let state = context.state();
        let listed = url.list_all_files(&state, objects.as_ref(), "").await.map_err(InputError::Engine)?;
        let listed: Vec<ObjectMeta> = listed.try_collect().await.map_err(InputError::Engine)?;
        // Of a folder, the files that by their names are data; by its own name or a pattern, a file may be called anything.
        let all = url.is_collection() && url.get_glob().is_none();
        let before = files.len();
        files.extend(listed.into_iter().filter(|meta| meta.size > 0 && (!all || is_data(meta))));
        if files.len() == before {
            return Err(InputError::NoFiles { input: path.clone() });
        }
    }
    let Some(store) = place else {
        return Err(InputError::NoFiles { input: paths.join(", ") });
    };
    files.sort_by(|a, b| a.location.cmp(&b.location));
    let mut seen = HashSet::new();
    files.retain(|meta| seen.insert(meta.location.clone()));
    let files = files.into_iter().map(|meta| InputFile { meta, store: store.clone() }).collect();
    Ok((store, files))
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
