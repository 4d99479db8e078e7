use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use ndarray::{Array2, s};

use super::error::CompareError;
use crate::data::{CsvBlocks, Reservoir};

/// The most rows of a file that are measured on: a sample of this size is drawn from more, always the same one. Neighbours take
/// a time that grows with the square of the rows where there are many columns.
pub const MAX_ROWS: usize = 10_000;

/// Rows that are read at a time.
const BLOCK: usize = 4_096;

/// The column of labels.
const LABEL: &str = "label";

/// Rows of which it is known whether they are outliers.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// What the set is called.
    pub name: String,
    /// Shape `(n_rows, n_features)`.
    pub x: Array2<f64>,
    /// One entry a row.
    pub is_outlier: Vec<bool>,
}

/// Every `*.csv` and `*.csv.gz` of a folder, by name: features, and as the last column `label`, 1 for an outlier and 0 for an
/// inlier. Of more than [`MAX_ROWS`] rows a sample is kept.
///
/// # Errors
///
/// A folder or a file that cannot be read, none in the folder, or labels that are not there or not 0 and 1.
pub fn read_labelled_folder(folder: &Path) -> Result<Vec<Labelled>, CompareError> {
    let failed = |source| CompareError::Read { path: folder.to_owned(), source };
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.retain(|path| name_of(path).is_some());
    paths.sort();
    if paths.is_empty() {
        return Err(CompareError::NoFiles(folder.to_owned()));
    }
    paths.iter().map(|path| read(path)).collect()
}

/// The set's name by its file; nothing for a file of another kind.
fn name_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_suffix(".csv").or_else(|| name.strip_suffix(".csv.gz"))?;
    (!stem.is_empty() && path.is_file()).then(|| stem.to_owned())
}

fn read(path: &Path) -> Result<Labelled, CompareError> {
    let file = File::open(path).map_err(|source| CompareError::Read { path: path.to_owned(), source })?;
    let text: Box<dyn Read> = if path.extension().is_some_and(|extension| extension == "gz") {
        Box::new(MultiGzDecoder::new(BufReader::new(file)))
    } else {
        Box::new(BufReader::new(file))
    };
    let blocks = CsvBlocks::new(text, &path.display().to_string(), BLOCK)?;
    let feature_names = blocks.feature_names().to_vec();
    let mut sample = Reservoir::new(MAX_ROWS, 0);
    for block in blocks {
        sample.add(block?.view());
    }
    let values = sample.into_rows();
    let no_labels = |found: String| CompareError::NoLabels { path: path.to_owned(), found };
    let n_features = match feature_names.as_slice() {
        [_, .., last] if last == LABEL => feature_names.len() - 1,
        _ => return Err(no_labels(format!("found the columns {}", feature_names.join(", ")))),
    };
    let labels = values.column(n_features);
    if let Some(label) = labels.iter().find(|&&label| label != 0.0 && label != 1.0) {
        return Err(no_labels(format!("found the label {label}")));
    }
    let is_outlier = labels.iter().map(|&label| label == 1.0).collect();
    let name = name_of(path).unwrap_or_default();
    Ok(Labelled { name, x: values.slice(s![.., ..n_features]).to_owned(), is_outlier })
}
