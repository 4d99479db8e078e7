//! The command line as its user meets it: files, messages and exit status.
#![cfg(feature = "cli")]

/// Files and streams that are read and written.
mod files;
/// A folder to run in, and what came out.
mod folder;
/// `generate`.
mod generate;
/// Columns and cells that are read, or refused.
mod input;
/// `inspect`.
mod inspect;
/// Jobs that are ended in the middle.
#[cfg(unix)]
mod interrupted;
/// `train`, and that its models score as the library's.
mod train;
/// Help and misuse.
mod usage;
