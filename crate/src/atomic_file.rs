//! A file that appears whole or not at all.

use std::{
    fs::{self, File, Permissions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

#[cfg(target_os = "linux")]
mod unnamed;

/// A longer chain of symbolic links is taken for a circle, as by Linux itself.
const MOST_LINKS: usize = 40;

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AtomicFileError {
    /// The path names a folder, or nothing.
    #[error("cannot write {}: expected the path of a file, found {found}", path.display())]
    NotAFile {
        /// The path that was asked for.
        path: PathBuf,
        /// What the path is instead.
        found: &'static str,
    },
    /// No file can be made in the path's folder.
    #[error("cannot write {}: cannot make a file in its folder: {reason}", path.display())]
    Create {
        /// The path that was asked for.
        path: PathBuf,
        /// The operating system's answer.
        reason: io::Error,
    },
    /// The content could not be written; for example, the disk is full.
    #[error("cannot write {}: {reason}", path.display())]
    Write {
        /// The path that was asked for.
        path: PathBuf,
        /// The operating system's answer.
        reason: io::Error,
    },
    /// The content is complete, but could not be put in its place.
    #[error("cannot put the finished file at {}: {reason}", path.display())]
    Commit {
        /// The path that was asked for.
        path: PathBuf,
        /// The operating system's answer.
        reason: io::Error,
    },
}

/// A file being written, seen under its name only after [`commit`](Self::commit).
///
/// Dropped before that, or if the process dies, it leaves nothing, and what was at the path stays as it was. On Linux
/// this holds for a death at any moment, SIGKILL included: the content has no name until it is complete. (One exception:
/// a death between the two last steps of *replacing* a file, microseconds apart, leaves the complete content under the
/// hidden name `.NAME.isoforest-new`; the next commit takes it away.) A file system without unnamed files gets a
/// temporary file with a random name in the same folder, which a signal that ends the process leaves behind.
///
/// - The permissions are those of any new file (0666 less the umask), or those of the file that is replaced.
/// - A symbolic link stays, and the file it points to is replaced; so it is with a link that points to nothing yet.
/// - A device or a pipe (`/dev/null`, `/dev/stdout`) cannot be replaced and is written to directly.
/// - Of several writers of one path, the last to commit wins, with its whole content.
///
/// Writes go through a buffer. An error of a write carries an [`AtomicFileError`], which names the path.
///
/// ```
/// use isoforest::atomic_file::AtomicFile;
/// use std::io::Write;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("notes.txt");
/// let mut file = AtomicFile::create(&path)?;
/// file.write_all(b"all of it")?;
/// assert!(!path.exists());
/// file.commit()?;
/// assert_eq!(std::fs::read(&path)?, b"all of it");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct AtomicFile {
    /// The path that was asked for, for messages.
    asked: PathBuf,
    /// Where the file will be, with the last component's links resolved.
    target: PathBuf,
    writer: BufWriter<Staged>,
}

/// Where the bytes are until they are complete.
#[derive(Debug)]
enum Staged {
    /// In a file without a name.
    #[cfg(target_os = "linux")]
    Unnamed(File),
    /// In a file with a random name in the target's folder.
    Named(NamedTempFile),
    /// In the target itself, a device or a pipe.
    Direct(File),
}

impl Staged {
    fn file(&self) -> &File {
        match self {
            #[cfg(target_os = "linux")]
            Self::Unnamed(file) => file,
            Self::Named(file) => file.as_file(),
            Self::Direct(file) => file,
        }
    }
}

impl Write for Staged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

impl AtomicFile {
    /// Begins a file that will be at `path`.
    ///
    /// # Errors
    ///
    /// `path` is a folder, or no file can be made in its folder.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, AtomicFileError> {
        Self::begin(path.as_ref(), stage)
    }

    fn begin(path: &Path, stage: impl FnOnce(&Path) -> io::Result<Staged>) -> Result<Self, AtomicFileError> {
        let asked = path.to_owned();
        if asked.file_name().is_none() {
            let found = if asked.as_os_str().is_empty() { "an empty path" } else { "a folder" };
            return Err(AtomicFileError::NotAFile { path: asked, found });
        }
        let make = || -> io::Result<_> {
            let target = resolve_links(path)?;
            let replaced = match fs::metadata(&target) {
                Ok(metadata) => Some(metadata),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            };
            let staged = match replaced {
                Some(metadata) if metadata.is_dir() => return Ok(None),
                Some(metadata) if !metadata.is_file() => Staged::Direct(File::options().write(true).open(&target)?),
                Some(metadata) => {
                    let staged = stage(folder_of(&target))?;
                    staged.file().set_permissions(metadata.permissions())?;
                    staged
                }
                None => stage(folder_of(&target))?,
            };
            Ok(Some((target, staged)))
        };
        match make() {
            Ok(Some((target, staged))) => Ok(Self { asked, target, writer: BufWriter::new(staged) }),
            Ok(None) => Err(AtomicFileError::NotAFile { path: asked, found: "a folder" }),
            Err(reason) => Err(AtomicFileError::Create { path: asked, reason }),
        }
    }

    /// Completes the file: its content reaches the disk, then it appears under its name, then the folder's entry
    /// reaches the disk.
    ///
    /// # Errors
    ///
    /// The disk is full or fails, or the folder has gone. What was at the path is still there then.
    pub fn commit(self) -> Result<(), AtomicFileError> {
        let Self { asked, target, writer } = self;
        let staged = match writer.into_inner() {
            Ok(staged) => staged,
            Err(error) => return Err(AtomicFileError::Write { path: asked, reason: error.into_error() }),
        };
        let place = || -> io::Result<()> {
            match staged {
                Staged::Direct(_) => return Ok(()),
                #[cfg(target_os = "linux")]
                Staged::Unnamed(file) => {
                    file.sync_all()?;
                    unnamed::place(&file, &target)?;
                }
                Staged::Named(file) => {
                    file.as_file().sync_all()?;
                    file.persist(&target)?;
                }
            }
            sync_folder(folder_of(&target))
        };
        place().map_err(|reason| AtomicFileError::Commit { path: asked, reason })
    }

    fn name_the_path(&self, reason: io::Error) -> io::Error {
        io::Error::new(reason.kind(), AtomicFileError::Write { path: self.asked.clone(), reason })
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes).map_err(|error| self.name_the_path(error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush().map_err(|error| self.name_the_path(error))
    }
}

/// Makes the best temporary file that the file system has.
fn stage(folder: &Path) -> io::Result<Staged> {
    #[cfg(target_os = "linux")]
    if let Some(file) = unnamed::create(folder) {
        return Ok(Staged::Unnamed(file));
    }
    stage_named(folder)
}

fn stage_named(folder: &Path) -> io::Result<Staged> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".isoforest-");
    #[cfg(unix)]
    builder.permissions(<Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666));
    // The error of `tempfile` adds a path of its own and hides the system's words. The usual one has them here:
    fs::metadata(folder)?;
    builder.tempfile_in(folder).map(Staged::Named).map_err(|error| error.kind().into())
}

/// The path that a plain write to `path` would write to.
fn resolve_links(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::symlink_metadata(&target) {
            Ok(metadata) if metadata.is_symlink() => {
                // Links below /proc/self/fd name pipes and the like by texts that are no paths.
                let real = fs::metadata(&target);
                if real.is_ok_and(|real| !real.is_file() && !real.is_dir()) {
                    return Ok(target);
                }
                target = folder_of(&target).join(fs::read_link(&target)?);
            }
            Ok(_) => return Ok(target),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(target),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many symbolic links, one pointing to the other"))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Brings a folder's new entries to the disk, so that they are there after a power cut.
///
/// # Errors
///
/// The folder is not there, or its disk fails. A folder that may not be read, and a file system that cannot do this for folders, are no
/// error: the files themselves are in their places.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput) => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests;
