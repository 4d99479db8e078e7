use std::fmt;

use isoforest::{adapt::polars::FrameError, notebook::frames::CellError};

/// What went wrong, in words.
///
/// It is what `?` gives in a cell, whichever function failed.
#[derive(Clone)]
pub struct Error(String);

impl From<CellError> for Error {
    fn from(error: CellError) -> Self {
        Self(error.to_string())
    }
}

impl From<FrameError> for Error {
    fn from(error: FrameError) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A cell that ends in an error shows it by `Debug`; words are what to read there, too.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
