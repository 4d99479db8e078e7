//! The folder of an output, which appears when it is complete.
//!
//! Parts are written into a hidden folder beside it. When all are there, the manifest is added, and the folder gets its own name in one
//! step: whatever happens on the way, nothing half-written is taken for whole.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use isoforest::atomic_file::sync_folder;

use super::{
    manifest::{MANIFEST, Manifest},
    part::{self, Part},
};

/// An output that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// Something is there already.
    #[error("--output {}: {found}; expected a new name or an empty folder", path.display())]
    Taken {
        /// The output.
        path: PathBuf,
        /// What is there.
        found: &'static str,
    },
    /// A folder that cannot get another one in its place.
    #[error("--output {0}: another file system is mounted there, and its root cannot be replaced; give a name in it, such as {1}", path.display(), path.join("scored").display())]
    MountPoint {
        /// The output.
        path: PathBuf,
    },
    /// The file system refuses.
    #[error("cannot write {}: {reason}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// Rows were lost or added on the way.
    #[error(
        "the input had {expected} rows when the job began, and {rows} were scored; files must not change while they are read"
    )]
    Rows {
        /// Rows that the files tell of.
        expected: u64,
        /// Rows of the parts.
        rows: u64,
    },
    /// The input was nothing but headers and blank lines.
    #[error("the input has no rows; expected at least one")]
    NoRows,
    /// A part that cannot be read again.
    #[error("{0}")]
    Part(String),
    /// A part is not there, although the job ended well.
    #[error(
        "part {part} of {parts} is missing in {}; is this folder the same storage for this program and for all executors?",
        folder.display()
    )]
    Missing {
        /// The first part that is missing, from 0.
        part: u64,
        /// Parts that there should be.
        parts: u64,
        /// Where it should be.
        folder: PathBuf,
    },
}

/// Whether another file system begins at a folder, or another place of the same one.
fn is_mount_point(folder: &Path, around: &Path) -> bool {
    let device = |path: &Path| path.metadata().map(|found| found.dev()).ok();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    // The fifth field is the place; blanks in it are written as numbers.
    let places = || mounts.lines().filter_map(|line| line.split(' ').nth(4)).map(|place| place.replace("\\040", " "));
    let Ok(canonical) = fs::canonicalize(folder) else {
        return false;
    };
    device(folder) != device(around) || places().any(|place| Path::new(&place) == canonical)
}

/// An output on its way.
#[derive(Debug)]
pub struct OutputFolder {
    output: PathBuf,
    staging: PathBuf,
    is_done: bool,
}

impl OutputFolder {
    /// Begins an output: `output` must be a new name or an empty folder.
    ///
    /// # Errors
    ///
    /// Something is there, or the folder around it cannot be written to.
    pub fn create(output: &Path) -> Result<Self, OutputError> {
        let write = |path: &Path, reason| OutputError::Write { path: path.to_owned(), reason };
        match fs::read_dir(output) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    return Err(OutputError::Taken { path: output.to_owned(), found: "the folder is not empty" });
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(OutputError::Taken { path: output.to_owned(), found: "a file is there" });
            }
            Err(error) => return Err(write(output, error)),
        }
        let absolute = std::path::absolute(output).map_err(|error| write(output, error))?;
        // Without what a trailing slash leaves. A folder that a link leads to is replaced where it is.
        let mut output: PathBuf = absolute.components().collect();
        if output.is_symlink() {
            output = fs::canonicalize(&output).map_err(|error| write(&output, error))?;
        }
        let (Some(around), Some(name)) = (output.parent(), output.file_name()) else {
            return Err(OutputError::Taken { path: output, found: "it is the root" });
        };
        if is_mount_point(&output, around) {
            return Err(OutputError::MountPoint { path: output });
        }
        let mark: u64 = rand::random();
        let staging = around.join(format!(".{}.partial-{mark:016x}", name.display()));
        fs::create_dir_all(&staging).map_err(|error| write(&staging, error))?;
        Ok(Self { output, staging, is_done: false })
    }

    /// The hidden folder that parts are written into.
    pub fn staging(&self) -> &Path {
        &self.staging
    }

    /// How many parts are complete.
    pub fn complete_parts(&self) -> u64 {
        let is_part = |entry: &fs::DirEntry| entry.file_name().to_str().and_then(part::number).is_some();
        fs::read_dir(&self.staging).map_or(0, |entries| entries.flatten().filter(is_part).count() as u64)
    }

    /// Completes a folder of `parts` parts; `manifest` makes the manifest of them. The parts must have `expected_rows` in all,
    /// where the input tells how many it has.
    ///
    /// # Errors
    ///
    /// A part is missing or not of this model; there are no rows, or more or fewer than expected; the file system refuses.
    pub fn complete(
        mut self,
        parts: u64,
        expected_rows: Option<u64>,
        model_sha256: &str,
        manifest: impl FnOnce(Vec<Part>) -> Manifest,
    ) -> Result<Manifest, OutputError> {
        let write = |path: &Path, reason| OutputError::Write { path: path.to_owned(), reason };
        // First another name: whoever still writes into the folder finds it gone, and gives up.
        let closed = self.staging.with_added_extension("closed");
        fs::rename(&self.staging, &closed).map_err(|error| write(&self.staging, error))?;
        self.staging = closed;
        let mut complete = Vec::new();
        for number in 0..parts {
            let file = part::file_name(number);
            let path = self.staging.join(&file);
            if !path.exists() {
                let folder = self.output.parent().unwrap_or(&self.output).to_owned();
                return Err(OutputError::Missing { part: number, parts, folder });
            }
            complete.push(Part::read(&path, file, model_sha256).map_err(OutputError::Part)?);
        }
        let rows: u64 = complete.iter().map(|part| part.rows).sum();
        if let Some(expected) = expected_rows.filter(|&expected| expected != rows) {
            return Err(OutputError::Rows { expected, rows });
        }
        if rows == 0 {
            return Err(OutputError::NoRows);
        }
        let wanted: HashSet<&str> = complete.iter().map(|part| part.file.as_str()).collect();
        // What is left: what an executor that was given up was writing.
        for entry in fs::read_dir(&self.staging).map_err(|error| write(&self.staging, error))?.flatten() {
            if !entry.file_name().to_str().is_some_and(|name| wanted.contains(name)) {
                let _ = fs::remove_file(entry.path());
            }
        }
        let manifest = manifest(complete);
        let path = self.staging.join(MANIFEST);
        let store = || -> io::Result<()> {
            let mut file = File::create(&path)?;
            file.write_all(serde_json::to_string_pretty(&manifest)?.as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            sync_folder(&self.staging)
        };
        store().map_err(|error| write(&path, error))?;
        fs::rename(&self.staging, &self.output).map_err(|error| write(&self.output, error))?;
        self.is_done = true;
        if let Some(around) = self.output.parent() {
            sync_folder(around).map_err(|error| write(around, error))?;
        }
        Ok(manifest)
    }
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        // First another name, so that whoever still writes into the folder finds it gone, and gives up.
        let gone = self.staging.with_added_extension("abandoned");
        let doomed = if fs::rename(&self.staging, &gone).is_ok() { &gone } else { &self.staging };
        // It may be gone already: somebody else has removed it.
        if let Some(error) = fs::remove_dir_all(doomed).err().filter(|error| error.kind() != io::ErrorKind::NotFound) {
            eprintln!(
                "isoforest-cluster: cannot remove the unfinished {}: {error}; remove it yourself",
                doomed.display()
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::{
        arrow::{
            array::{ArrayRef, Int8Array, RecordBatch},
            datatypes::{DataType, Field, Schema},
        },
        parquet::arrow::ArrowWriter,
    };

    use super::*;

    /// A folder with a complete part of two rows.
    fn with_a_part(around: &Path) -> OutputFolder {
        let folder = OutputFolder::create(&around.join("scored")).unwrap();
        let schema = Arc::new(Schema::new(vec![Field::new("predict", DataType::Int8, false)]));
        let file = File::create(folder.staging().join(part::file_name(0))).unwrap();
        let mut writer = ArrowWriter::try_new(file, Arc::clone(&schema), None).unwrap();
        let labels: ArrayRef = Arc::new(Int8Array::from(vec![1, -1]));
        writer.write(&RecordBatch::try_new(schema, vec![labels]).unwrap()).unwrap();
        for entry in part::footer("the model", 1) {
            writer.append_key_value_metadata(entry);
        }
        writer.close().unwrap();
        folder
    }

    fn complete(
        folder: OutputFolder,
        parts: u64,
        expected_rows: Option<u64>,
        model: &str,
    ) -> Result<Manifest, OutputError> {
        folder.complete(parts, expected_rows, model, |parts| Manifest::new(model, -0.5, Vec::new(), Vec::new(), parts))
    }

    #[test]
    fn a_folder_is_complete_with_all_parts_and_rows_and_of_one_model_and_otherwise_there_is_none() {
        for (parts, rows, model, message) in [
            (1, Some(3), "the model", "the input had 3 rows when the job began, and 2 were scored"),
            (2, None, "the model", "part 1 of 2 is missing"),
            (1, None, "another model", "it was scored with the model \"the model\""),
        ] {
            let around = tempfile::tempdir().unwrap();
            let said = complete(with_a_part(around.path()), parts, rows, model).unwrap_err().to_string();
            assert!(said.contains(message), "{said}");
            assert_eq!(fs::read_dir(around.path()).unwrap().count(), 0);
        }
        for rows in [Some(2), None] {
            let around = tempfile::tempdir().unwrap();
            assert_eq!(complete(with_a_part(around.path()), 1, rows, "the model").unwrap().rows, 2);
            assert_eq!(fs::read_dir(around.path().join("scored")).unwrap().count(), 2);
        }
    }

    #[test]
    fn writers_of_a_folder_that_is_given_up_stop_and_leave_nothing() {
        let around = tempfile::tempdir().unwrap();
        let folder = with_a_part(around.path());
        let staging = folder.staging().to_owned();
        let (begun, has_begun) = std::sync::mpsc::channel();
        let writer = std::thread::spawn(move || {
            // Until it cannot any more; the limit is for a folder that nobody can remove.
            let written = (0..200_000).take_while(|i| File::create(staging.join(i.to_string())).is_ok());
            written
                .inspect(|&i| {
                    if i == 1000 {
                        begun.send(()).unwrap();
                    }
                })
                .count()
        });
        has_begun.recv().unwrap();
        drop(folder);
        assert!(writer.join().unwrap() < 200_000);
        assert_eq!(fs::read_dir(around.path()).unwrap().count(), 0);
    }
}
