//! The files that a partition reads, for the messages of errors.

use std::{error::Error, io, sync::Arc};

use datafusion::{
    common::{DataFusionError, Result, internal_err},
    physical_plan::ExecutionPlan,
};

use super::scan;
use crate::engine;

/// Paths of the files that a partition reads.
#[derive(Debug, Clone)]
pub struct Files {
    paths: Vec<String>,
}

impl Files {
    /// The files of a partition of a plan, which has one source of files.
    ///
    /// # Errors
    ///
    /// A plan of another kind.
    pub fn of(plan: &Arc<dyn ExecutionPlan>, partition: usize) -> Result<Self> {
        let config = scan::files(plan)?;
        let Some(group) = config.file_groups.get(partition) else {
            return internal_err!("there is no partition {partition}");
        };
        let store = config.object_store_url.as_str();
        let store = store.strip_prefix("file://").unwrap_or(store);
        let mut paths: Vec<String> = group.iter().map(|file| format!("{store}{}", file.object_meta.location)).collect();
        paths.dedup();
        Ok(Self { paths })
    }

    /// An error of reading the partition with the files that it can have come from, unless it names one of them. Where the operating
    /// system failed, it stays an error of input and output: another attempt may do better.
    #[must_use]
    pub fn name(&self, error: &DataFusionError) -> DataFusionError {
        let what = without_wrappings(engine::message(error));
        let what = match self.paths.as_slice() {
            [] => what,
            paths if paths.iter().any(|path| what.contains(path)) => what,
            [path] => format!("{path}: {what}"),
            [path, other] => format!("{path} or {other}: {what}"),
            [path, others @ ..] => format!("{path} or one of the {} files after it: {what}", others.len()),
        };
        match from_the_system(error) {
            Some(kind) => DataFusionError::IoError(io::Error::new(kind, what)),
            None => DataFusionError::Execution(what),
        }
    }
}

/// Words that each layer of reading Parquet puts before the reason.
const WRAPPINGS: [&str; 4] = ["Arrow error: ", "Parquet argument error: ", "Parquet error: ", "External: "];

fn without_wrappings(what: String) -> String {
    let mut reason = what.as_str();
    while let Some(inner) = WRAPPINGS.iter().find_map(|wrapping| reason.strip_prefix(wrapping)) {
        reason = inner;
    }
    if reason.len() == what.len() { what } else { format!("cannot read the rows: {reason}") }
}

/// What the operating system said, if that is the cause and may change by itself.
fn from_the_system(error: &DataFusionError) -> Option<io::ErrorKind> {
    let causes = std::iter::successors(Some(error as &(dyn Error + 'static)), |error| (*error).source());
    let mut said = causes.filter_map(|cause| cause.downcast_ref::<io::Error>());
    let kind = said.find(|error| error.raw_os_error().is_some())?.kind();
    may_pass(kind).then_some(kind)
}

/// Whether another attempt, or one on another machine, may succeed.
pub fn may_pass(kind: io::ErrorKind) -> bool {
    !matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests {
    use datafusion::{object_store, parquet::errors::ParquetError};

    use super::*;

    fn files(paths: &[&str]) -> Files {
        Files { paths: paths.iter().map(|&path| path.to_owned()).collect() }
    }

    #[test]
    fn an_error_says_from_which_files_it_can_have_come() {
        let damaged = DataFusionError::from(ParquetError::General("a damaged page".to_owned()));
        let said = |paths: &[&str]| engine::message(&files(paths).name(&damaged));
        assert_eq!(said(&["/a.parquet"]), "/a.parquet: cannot read the rows: a damaged page");
        let two = said(&["/a.parquet", "/b.parquet", "/c.parquet"]);
        assert!(two.starts_with("/a.parquet or one of the 2 files after it: "), "{two}");
        let named = DataFusionError::Execution("/b.csv, line 7: expected a number".to_owned());
        assert_eq!(engine::message(&files(&["/a.csv", "/b.csv"]).name(&named)), "/b.csv, line 7: expected a number");
    }

    #[test]
    fn an_error_of_the_system_that_may_pass_stays_one() {
        let stale = |code: i32| {
            let source = Box::new(io::Error::from_raw_os_error(code));
            DataFusionError::from(object_store::Error::Generic { store: "LocalFileSystem", source })
        };
        // ESTALE and EIO; ENOENT, EACCES.
        for (code, passes) in [(116, true), (5, true), (2, false), (13, false)] {
            let error = files(&["/a.csv"]).name(&stale(code));
            assert_eq!(matches!(error, DataFusionError::IoError(_)), passes, "{error}");
            assert!(engine::message(&error).contains("/a.csv: "), "{error}");
        }
        let damaged = DataFusionError::from(ParquetError::General("a damaged page".to_owned()));
        assert!(matches!(files(&["/a.parquet"]).name(&damaged), DataFusionError::Execution(_)));
    }
}
