//! The list of what is in a folder of scores.

use serde::{Deserialize, Serialize};

use super::part::Part;

/// The file's name.
pub const MANIFEST: &str = "_manifest.json";

/// What `_manifest.json` says. A folder without it is not complete.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// `isoforest-scores`.
    pub format: String,
    /// 1.
    pub format_version: u32,
    /// SHA-256 of the model file.
    pub model_sha256: String,
    /// The score at and above which a row is an inlier.
    pub offset: f64,
    /// Columns of each part.
    pub columns: Vec<String>,
    /// Rows of all parts.
    pub rows: u64,
    /// Rows of all parts that are outliers.
    pub outliers: u64,
    /// The files that were scored, in the order of the rows.
    pub inputs: Vec<String>,
    /// The parts, in the order of the rows.
    pub parts: Vec<Part>,
}

impl Manifest {
    /// The manifest of parts.
    pub fn new(model_sha256: &str, offset: f64, columns: Vec<String>, inputs: Vec<String>, parts: Vec<Part>) -> Self {
        Self {
            format: "isoforest-scores".to_owned(),
            format_version: 1,
            model_sha256: model_sha256.to_owned(),
            offset,
            columns,
            rows: parts.iter().map(|part| part.rows).sum(),
            outliers: parts.iter().map(|part| part.outliers).sum(),
            inputs,
            parts,
        }
    }
}
