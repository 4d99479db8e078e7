//! From a path, a folder or a pattern to the paths of files.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use glob::{Pattern, PatternError};

use super::error::InputError;

const WILDCARDS: [char; 3] = ['*', '?', '['];

/// What the names of files begin with that are not for everyone.
const HIDDEN: [char; 2] = ['.', '_'];

/// What an input means in the file system.
#[derive(Debug, Default)]
pub(super) struct Paths {
    /// What is read.
    pub(super) files: Vec<PathBuf>,
    /// Data in the folders within a folder.
    pub(super) below: Vec<PathBuf>,
    /// Folders that a pattern meets.
    pub(super) folders: Vec<PathBuf>,
    /// Links to folders, which may lead back, where a pattern looks into all folders.
    links: Vec<PathBuf>,
    /// Folders that may not be looked into.
    unreadable: Vec<PathBuf>,
    /// Folders that were looked into, by whatever way they were found.
    seen: HashSet<PathBuf>,
}

impl Paths {
    pub(super) fn of(input: &str) -> Result<Self, InputError> {
        let unreadable = |error: io::Error| InputError::Read { path: input.to_owned(), reason: error.to_string() };
        if input.contains("://") {
            return Err(InputError::NotAFile { input: input.to_owned() });
        }
        let mut paths = Self::default();
        match fs::metadata(input) {
            // A file that is there is meant, whatever its name.
            Ok(found) if found.is_file() => paths.files.push(input.into()),
            Ok(found) if found.is_dir() => {
                let mut others = Vec::new();
                paths.add_folder(Path::new(input), &mut others).map_err(unreadable)?;
                for folder in &others {
                    paths.add_data_below(folder);
                }
            }
            Ok(_) => return Err(unreadable(io::Error::other("it is a pipe or a device; expected a file or a folder"))),
            Err(_) if input.contains(WILDCARDS) => {
                let parts: Vec<Part> = Part::of(input)
                    .map_err(|reason| InputError::Pattern { input: input.to_owned(), reason: reason.to_string() })?;
                let root = if input.starts_with('/') { "/" } else { "." };
                paths.add_matches(Path::new(root), &parts).map_err(unreadable)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(error)),
        }
        Ok(paths)
    }

    /// What is not read though it may have been meant: what one and several are called, and where they are.
    pub(super) fn passed_over(&self) -> [(&'static str, &'static str, &[PathBuf]); 4] {
        [
            ("file in a folder within it", "files in folders within it", &self.below),
            ("folder", "folders", &self.folders),
            ("link to a folder", "links to folders", &self.links),
            ("folder that cannot be read", "folders that cannot be read", &self.unreadable),
        ]
    }

    /// The files of a folder that by their names are data; by its own name or a pattern, a file may be called anything. `others` are
    /// folders within it that are not read.
    fn add_folder(&mut self, folder: &Path, others: &mut Vec<PathBuf>) -> io::Result<()> {
        if !self.is_new(folder) {
            return Ok(());
        }
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if name.starts_with(HIDDEN) {
                continue;
            }
            let is_folder = fs::metadata(&path).is_ok_and(|found| found.is_dir());
            if is_folder && name.contains('=') {
                // `year=2024` is a part of the data that is called so.
                self.add_folder(&path, others)?;
            } else if is_folder {
                others.push(path);
            } else if is_data(&name) {
                self.add_file(path)?;
            }
        }
        Ok(())
    }

    /// Only for a warning: what cannot be read does not matter.
    fn add_data_below(&mut self, folder: &Path) {
        if !self.is_new(folder) {
            return;
        }
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            match fs::metadata(&path) {
                _ if name.starts_with(HIDDEN) => {}
                Ok(found) if found.is_dir() => self.add_data_below(&path),
                Ok(found) if found.is_file() && is_data(&name) => self.below.push(path),
                _ => {}
            }
        }
    }

    /// Whether a folder was not looked into before, by this way or another.
    fn is_new(&mut self, folder: &Path) -> bool {
        fs::canonicalize(folder).is_ok_and(|folder| self.seen.insert(folder))
    }

    /// What the parts of a pattern find in a folder.
    fn add_matches(&mut self, folder: &Path, parts: &[Part]) -> io::Result<()> {
        let Some((part, rest)) = parts.split_first() else {
            return Ok(());
        };
        match part {
            Part::Name(name) => self.add_match(folder.join(name), rest),
            Part::Any(pattern) => {
                for (name, path) in self.entries(folder)? {
                    let is_hidden = name.starts_with(HIDDEN) && !pattern.as_str().starts_with(HIDDEN);
                    if !is_hidden && pattern.matches(&name) {
                        self.add_match(path, rest)?;
                    }
                }
                Ok(())
            }
            Part::AllFolders => {
                self.add_matches(folder, rest)?;
                for (name, path) in self.entries(folder)? {
                    if name.starts_with(HIDDEN) || !fs::metadata(&path).is_ok_and(|found| found.is_dir()) {
                        continue;
                    }
                    if path.is_symlink() { self.links.push(path) } else { self.add_matches(&path, parts)? }
                }
                Ok(())
            }
        }
    }

    fn add_match(&mut self, path: PathBuf, rest: &[Part]) -> io::Result<()> {
        let is_folder = fs::metadata(&path).is_ok_and(|found| found.is_dir());
        match (is_folder, rest) {
            (true, [_, ..]) => self.add_matches(&path, rest),
            (true, []) => {
                self.folders.push(path);
                Ok(())
            }
            (false, [_, ..]) => Ok(()),
            (false, []) => self.add_file(path),
        }
    }

    /// A file; a link to nothing counts if by its name it is data.
    fn add_file(&mut self, path: PathBuf) -> io::Result<()> {
        match fs::metadata(&path) {
            Ok(found) if found.is_file() => self.files.push(path),
            Err(error) if is_data(&path.to_string_lossy()) && path.is_symlink() => {
                return Err(io::Error::new(error.kind(), format!("{}: {error}", path.display())));
            }
            _ => {}
        }
        Ok(())
    }

    /// The names in a folder, in their order, and their paths.
    fn entries(&mut self, folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
        let mut entries = Vec::new();
        match fs::read_dir(folder) {
            Ok(found) => {
                for entry in found {
                    let entry = entry?;
                    entries.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => self.unreadable.push(folder.to_owned()),
            // It may be gone by now.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        entries.sort();
        Ok(entries)
    }
}

/// A part of a pattern, between two slashes.
#[derive(Debug)]
enum Part {
    Name(String),
    Any(Pattern),
    /// `**`: this folder and all within it.
    AllFolders,
}

impl Part {
    fn of(pattern: &str) -> Result<Vec<Self>, PatternError> {
        let names = pattern.split('/').filter(|part| !part.is_empty() && *part != ".");
        let mut parts: Vec<Self> = Vec::new();
        for name in names {
            match (name, parts.last()) {
                ("**", Some(Self::AllFolders)) => {}
                ("**", _) => parts.push(Self::AllFolders),
                (name, _) if name.contains(WILDCARDS) => parts.push(Self::Any(Pattern::new(name)?)),
                (name, _) => parts.push(Self::Name(name.to_owned())),
            }
        }
        if matches!(parts.last(), Some(Self::AllFolders)) {
            parts.push(Self::Any(Pattern::new("*")?));
        }
        Ok(parts)
    }
}

fn is_data(name: &str) -> bool {
    [".parquet", ".csv"].iter().any(|ending| name.to_ascii_lowercase().ends_with(ending))
}
