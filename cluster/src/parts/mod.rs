//! Parts: what a scoring job leaves behind, a Parquet file for each partition and a manifest that says which of them count.

/// The operator that writes them.
mod exec;
/// The folder of an output, which appears when it is complete.
mod folder;
/// The list of what is in a folder.
mod manifest;
/// Names and footers of parts.
mod part;

pub use self::{
    exec::WriteScoresExec,
    folder::{OutputError, OutputFolder},
    manifest::{MANIFEST, Manifest},
    part::Part,
};
