//! The output of a command: a file that appears when it is complete, or `-` for standard output.

use std::{
    fmt::Display,
    io::{self, BufWriter, IsTerminal, StdoutLock, Write},
    path::Path,
};

use isoforest::atomic_file::AtomicFile;

/// Where a command writes to.
pub enum Output {
    File(AtomicFile),
    Standard(BufWriter<StdoutLock<'static>>),
}

impl Output {
    /// Begins the output, which must not replace one of the inputs.
    pub fn create(path: &Path, inputs: &[&Path]) -> anyhow::Result<Self> {
        if is_standard(path) {
            return Ok(Self::Standard(BufWriter::new(io::stdout().lock())));
        }
        // A path that cannot be resolved, such as one that does not exist yet, is nobody's input.
        let same = |input: &&&Path| {
            !is_standard(input)
                && path.canonicalize().ok().is_some_and(|path| input.canonicalize().is_ok_and(|input| input == path))
        };
        if let Some(input) = inputs.iter().find(same) {
            anyhow::bail!(
                "--output {} would replace the input {}; choose another name",
                path.display(),
                input.display()
            );
        }
        Ok(Self::File(AtomicFile::create(path)?))
    }

    /// Whether a progress bar would be written over it.
    pub fn is_terminal(&self) -> bool {
        match self {
            Self::File(_) => false,
            Self::Standard(output) => output.get_ref().is_terminal(),
        }
    }

    /// Gives the file its name.
    pub fn complete(self) -> anyhow::Result<()> {
        match self {
            Self::File(file) => Ok(file.commit()?),
            mut standard @ Self::Standard(_) => Ok(standard.flush()?),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Standard(output) => output.write(bytes).map_err(|error| name_it(&error)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Standard(output) => output.flush().map_err(|error| name_it(&error)),
        }
    }
}

/// As an [`AtomicFile`] names its path; the kind stays, for a broken pipe is no failure.
fn name_it(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot write to standard output: {error}"))
}

/// What to call the output in messages.
pub fn name(path: &Path) -> impl Display {
    if is_standard(path) { "standard output".to_owned() } else { path.display().to_string() }
}

fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}
