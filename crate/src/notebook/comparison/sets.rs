use std::path::Path;

use polars::prelude::DataFrame;

use super::tables::{share, table};
use crate::adapt::polars::FrameError;
use crate::compare::{CompareError, Contender, Kind, Labelled, Measures, measure, planted, read_labelled_folder};
use crate::notebook::frames::CellError;

/// The contamination plays no part in a measure; it only has to be in its range.
const ANY_SHARE: f64 = 0.1;

/// Labelled sets, and how well each detector puts their outliers first.
#[derive(Debug, Clone)]
pub struct LabelledSets {
    names: Vec<String>,
    detectors: Vec<&'static str>,
    /// Rows, columns and outliers of each set.
    sizes: Vec<(usize, usize, usize)>,
    /// For each set and detector, a measure for each seed; none where the detector does not take the set.
    measures: Vec<Vec<Vec<Measures>>>,
}

impl LabelledSets {
    /// Measures every detector on `n_draws` draws of the [`planted`] sets of each kind, with as many seeds.
    ///
    /// # Errors
    ///
    /// Those of the detectors.
    ///
    /// # Example
    ///
    /// ```
    /// use isoforest::adapt::polars::values;
    /// use isoforest::notebook::comparison::LabelledSets;
    ///
    /// let sets = LabelledSets::planted(2)?;
    /// let table = sets.roc_auc()?;
    /// assert_eq!(table.height(), 7); // the kinds, and the mean
    /// assert!(values(&table, "standard")?.iter().all(|&area| area > 0.5));
    /// # Ok::<(), isoforest::notebook::frames::CellError>(())
    /// ```
    pub fn planted(n_draws: u32) -> Result<Self, CellError> {
        let mut sets = Self::none();
        for kind in Kind::ALL {
            let draws: Vec<(u32, Labelled)> =
                (1..=n_draws).map(|seed| (seed, planted(kind, u64::from(seed)))).collect();
            let draws: Vec<(u32, &Labelled)> = draws.iter().map(|(seed, set)| (*seed, set)).collect();
            sets.add(&draws)?;
        }
        Ok(sets)
    }

    /// Measures every detector on the [labelled files of a folder](read_labelled_folder); forests with `n_seeds` seeds. An empty
    /// name is no folder, and has no sets.
    ///
    /// # Errors
    ///
    /// Those of that function and of the detectors.
    pub fn of_folder(folder: &Path, n_seeds: u32) -> Result<Self, CellError> {
        let mut sets = Self::none();
        if folder.as_os_str().is_empty() {
            return Ok(sets);
        }
        for set in read_labelled_folder(folder)? {
            let seeds: Vec<(u32, &Labelled)> = (1..=n_seeds).map(|seed| (seed, &set)).collect();
            sets.add(&seeds)?;
        }
        Ok(sets)
    }

    fn none() -> Self {
        let detectors = Contender::all(ANY_SHARE).iter().map(|contender| contender.name).collect();
        Self { names: Vec::new(), detectors, sizes: Vec::new(), measures: Vec::new() }
    }

    /// Measures all detectors on a set, once for each of the seeds, each with a draw of the set.
    fn add(&mut self, draws: &[(u32, &Labelled)]) -> Result<(), CellError> {
        let Some((_, set)) = draws.first() else { return Ok(()) };
        let outliers = set.is_outlier.iter().filter(|&&outlier| outlier).count();
        let mut measures = Vec::new();
        for contender in Contender::all(ANY_SHARE) {
            // Without a seed, every run on the same rows is the same.
            let same_rows = draws.iter().all(|(_, other)| std::ptr::eq(*other, *set));
            let draws = if same_rows && !contender.is_random() { &draws[..1] } else { draws };
            let found: Result<Vec<Measures>, CompareError> =
                draws.iter().map(|&(seed, set)| measure(&contender, set, seed)).collect();
            measures.push(match found {
                Err(CompareError::Neighbours(_)) => Vec::new(),
                found => found?,
            });
        }
        self.names.push(set.name.clone());
        self.sizes.push((set.x.nrows(), set.x.ncols(), outliers));
        self.measures.push(measures);
        Ok(())
    }

    /// Number of sets.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no set.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// A line a set: its name, rows, columns, and percentage of outliers.
    ///
    /// # Errors
    ///
    /// Those of polars.
    pub fn table(&self) -> Result<DataFrame, CellError> {
        let of = |number: fn(&(usize, usize, usize)) -> f64| self.sizes.iter().map(number).collect();
        table(
            &[("set", self.names.clone())],
            &[
                ("rows", of(|size| size.0 as f64)),
                ("columns", of(|size| size.1 as f64)),
                ("outlier_percent", of(|size| share(size.2, size.0))),
            ],
        )
    }

    /// The area under the ROC curve of each detector on each set, the mean of all draws and seeds, with the best detector of each
    /// set; in the last line the mean of the sets. Null where a detector does not take a set.
    ///
    /// # Errors
    ///
    /// Those of polars.
    pub fn roc_auc(&self) -> Result<DataFrame, CellError> {
        self.means(|measures| measures.roc_auc)
    }

    /// As [`roc_auc`](Self::roc_auc), the average precision.
    ///
    /// # Errors
    ///
    /// Those of polars.
    pub fn average_precision(&self) -> Result<DataFrame, CellError> {
        self.means(|measures| measures.average_precision)
    }

    /// The largest standard deviation, over draws and seeds, of a detector's area under the ROC curve on a set.
    pub fn largest_spread(&self) -> f64 {
        let spread = |runs: &Vec<Measures>| {
            let mean = mean(runs.iter().map(|run| run.roc_auc));
            let squares = runs.iter().map(|run| (run.roc_auc - mean).powi(2)).sum::<f64>();
            if runs.len() > 1 { (squares / (runs.len() as f64 - 1.0)).sqrt() } else { 0.0 }
        };
        self.measures.iter().flatten().map(spread).fold(0.0, f64::max)
    }

    fn means(&self, number: fn(&Measures) -> f64) -> Result<DataFrame, CellError> {
        let of_set = |runs: &Vec<Measures>| thousandths(mean(runs.iter().map(number)));
        let means: Vec<Vec<f64>> = self.measures.iter().map(|set| set.iter().map(of_set).collect()).collect();
        let mut best: Vec<String> = means.iter().map(|set| self.best_of(set)).collect();
        let mut sets = self.names.clone();
        let mut columns: Vec<Vec<f64>> =
            (0..self.detectors.len()).map(|detector| means.iter().map(|set| set[detector]).collect()).collect();
        if !sets.is_empty() {
            sets.push("mean of all".to_owned());
            for column in &mut columns {
                column.push(thousandths(mean(column.iter().copied())));
            }
            best.push(
                self.best_of(
                    &columns.iter().map(|column| column.last().copied().unwrap_or(f64::NAN)).collect::<Vec<_>>(),
                ),
            );
        }
        let columns: Vec<(&str, Vec<f64>)> = self.detectors.iter().copied().zip(columns).collect();
        let frame = table(&[("set", sets)], &columns)?;
        let best = table::<&str>(&[("best", best)], &[])?;
        Ok(frame.hstack(best.columns()).map_err(FrameError::from)?)
    }

    /// The detectors of the highest number, to the digits that are shown.
    fn best_of(&self, numbers: &[f64]) -> String {
        let highest = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let best = self.detectors.iter().zip(numbers).filter(|(_, number)| **number == highest);
        best.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }
}

/// NaN of none.
fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = numbers.fold((0.0, 0_usize), |(sum, n), number| (sum + number, n + 1));
    sum / n as f64
}

fn thousandths(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}
