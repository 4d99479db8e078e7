//! Names and footers of parts.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use datafusion::parquet::file::{
    metadata::KeyValue,
    reader::{FileReader, SerializedFileReader},
};
use serde::{Deserialize, Serialize};

const MODEL_KEY: &str = "isoforest.model_sha256";
const OUTLIERS_KEY: &str = "isoforest.outliers";

/// What the footer of a part says besides.
pub(super) fn footer(model_sha256: &str, outliers: u64) -> [KeyValue; 2] {
    [
        KeyValue::new(MODEL_KEY.to_owned(), model_sha256.to_owned()),
        KeyValue::new(OUTLIERS_KEY.to_owned(), outliers.to_string()),
    ]
}

/// A complete part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its file's name in the folder.
    pub file: String,
    /// Its rows.
    pub rows: u64,
    /// Rows that are outliers.
    pub outliers: u64,
    /// Size of the file.
    pub bytes: u64,
}

/// The file of a part: the same for every attempt at it, for all write the same bytes, and a file is there when it is complete.
pub(super) fn file_name(number: u64) -> String {
    format!("part-{number:05}.parquet")
}

/// The number of the part that a file holds.
pub(super) fn number(file_name: &str) -> Option<u64> {
    file_name.strip_prefix("part-")?.strip_suffix(".parquet")?.parse().ok()
}

impl Part {
    /// Reads the footer of a file; a part of another model is none.
    pub(super) fn read(path: &Path, file: String, model_sha256: &str) -> Result<Self, String> {
        let open = || -> Result<Self, Box<dyn std::error::Error>> {
            let handle = File::open(path)?;
            let bytes = handle.metadata()?.len();
            let reader = SerializedFileReader::new(handle)?;
            let footer = reader.metadata().file_metadata();
            let value = |key: &str| {
                let entries = footer.key_value_metadata().map(Vec::as_slice).unwrap_or_default();
                entries.iter().find(|entry| entry.key == key).and_then(|entry| entry.value.clone()).unwrap_or_default()
            };
            if value(MODEL_KEY) != model_sha256 {
                return Err(format!("it was scored with the model {:?}", value(MODEL_KEY)).into());
            }
            Ok(Self { file, rows: u64::try_from(footer.num_rows())?, outliers: value(OUTLIERS_KEY).parse()?, bytes })
        };
        open().map_err(|reason| format!("cannot use the part {}: {reason}", PathBuf::from(path).display()))
    }
}
