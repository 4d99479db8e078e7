use std::fmt;

/// What went wrong, in words.
///
/// Every error turns into one, so `?` works in a cell whatever it calls.
pub struct Error(String);

impl Error {
    /// An error in the words of another one.
    pub(crate) fn new(cause: impl fmt::Display) -> Self {
        Self(cause.to_string())
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
