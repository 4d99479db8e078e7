//! Files without a name, which vanish with their process: Linux's `O_TMPFILE`.

use std::{
    ffi::OsString,
    fs::File,
    io,
    os::fd::AsRawFd,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, CWD, Mode, OFlags, linkat, open, rename, unlink},
    io::Errno,
};

/// Other writers of the same path can get between our steps; each round means that one of them made its way.
const MOST_ROUNDS: usize = 1000;

/// A file without a name on the file system of `folder`; `None` where that cannot be had.
pub(super) fn create(folder: &Path) -> Option<File> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let file = File::from(open(folder, flags, Mode::from_raw_mode(0o666)).ok()?);
    // Its name will be given through this path; /proc is not mounted everywhere.
    path_of(&file).exists().then_some(file)
}

/// Gives the file the name `target`, in place of what may be there.
pub(super) fn place(file: &File, target: &Path) -> io::Result<()> {
    let link = |name: &Path| linkat(CWD, path_of(file), CWD, name, AtFlags::SYMLINK_FOLLOW);
    // One step is enough for a new file. No single step replaces a file by one without a name.
    match link(target) {
        Err(Errno::EXIST) => {}
        other => return Ok(other?),
    }
    // All writers of this target share the hidden name, so that what a dead one left is found by the next. It is only
    // ever moved to the target and never removed: a file that loses its last name cannot be given another one.
    let hidden = hidden_name(target);
    for _ in 0..MOST_ROUNDS {
        match link(&hidden) {
            Ok(()) => return move_to(&hidden, target),
            // The complete content of another writer, one step from its end: take that step for it, then ours.
            Err(Errno::EXIST) => move_to(&hidden, target)?,
            Err(error) => return Err(error.into()),
        }
    }
    Err(io::Error::new(io::ErrorKind::WouldBlock, "other processes keep writing the same file"))
}

/// Moves the hidden file to its target; done as well if another writer has done it.
fn move_to(hidden: &Path, target: &Path) -> io::Result<()> {
    match rename(hidden, target) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => {
            unlink_if_there(hidden)?;
            Err(error.into())
        }
    }
}

fn unlink_if_there(path: &Path) -> io::Result<()> {
    match unlink(path) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn path_of(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

fn hidden_name(target: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(".isoforest-new");
    target.with_file_name(name)
}
