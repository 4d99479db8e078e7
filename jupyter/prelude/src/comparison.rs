use std::{fmt, path::Path};

use isoforest::notebook::{self, comparison};

use crate::{DataFrame, Error, Plot, Rows, Title};

/// Detectors side by side, fitted on the same rows: forests, and two yardsticks by nearest neighbours. A cell that ends with one
/// shows a line a detector.
#[derive(Clone)]
pub struct Comparison(comparison::Comparison);

/// Fits every detector on all columns, each calling the share `contamination` of the rows outliers, with one seed: see
/// `isoforest::notebook::comparison`.
///
/// # Errors
///
/// A share that is not in (0, 0.5], no rows, or a column that is not of numbers.
pub fn compare(rows: &impl Rows, contamination: f64, seed: u32) -> Result<Comparison, Error> {
    Ok(Comparison(comparison::Comparison::fit(rows.frame()?, contamination, seed)?))
}

impl Comparison {
    /// A line a detector: threshold, outliers among the training rows, times.
    ///
    /// # Errors
    ///
    /// None that is known of.
    pub fn table(&self) -> Result<DataFrame, Error> {
        Ok(DataFrame::from(self.0.table()?))
    }

    /// A row in the blind cross of the standard forest: the largest value of the first column with the smallest of the second.
    ///
    /// # Errors
    ///
    /// None that is known of.
    pub fn cross_point(&self) -> Result<DataFrame, Error> {
        Ok(DataFrame::from(self.0.cross_point()?))
    }

    /// What each detector says of each of some rows, and what percentage of the training rows is more unusual.
    ///
    /// # Errors
    ///
    /// Other columns than the training rows', or a value that a detector does not take.
    pub fn verdicts(&self, rows: &impl Rows) -> Result<DataFrame, Error> {
        Ok(DataFrame::from(self.0.verdicts(rows.frame()?)?))
    }

    /// What each detector calls normal, a panel each: see `isoforest::plot::boundaries`.
    ///
    /// # Errors
    ///
    /// Rows that cannot be drawn.
    pub fn boundaries(&self, title: impl Title) -> Result<Plot, Error> {
        let (x, y) = self.0.axes();
        Ok(Plot::from(self.0.boundaries(&title.labels().for_axes("What each detector calls normal", x, y))?))
    }

    /// How each detector scores the training rows, a panel each: see `isoforest::plot::score_histograms`.
    ///
    /// # Errors
    ///
    /// Scores that cannot be drawn.
    pub fn score_histograms(&self, title: impl Title) -> Result<Plot, Error> {
        Ok(Plot::from(self.0.score_histograms(&title.labels().for_panels("Scores of the training rows"))?))
    }

    /// What share of their outliers two detectors have in common: 1 for the same rows, 0 for no row.
    ///
    /// # Errors
    ///
    /// None that is known of.
    pub fn overlaps(&self) -> Result<DataFrame, Error> {
        Ok(DataFrame::from(self.0.overlaps()?))
    }

    /// How far two detectors put the training rows in one order: 1 for the same order, 0 for no relation.
    ///
    /// # Errors
    ///
    /// None that is known of.
    pub fn rank_correlations(&self) -> Result<DataFrame, Error> {
        Ok(DataFrame::from(self.0.rank_correlations()?))
    }

    /// How many training rows are outliers to one detector only, to two, and so on.
    ///
    /// # Errors
    ///
    /// None that is known of.
    pub fn votes(&self) -> Result<DataFrame, Error> {
        Ok(DataFrame::from(self.0.votes()?))
    }

    /// Draws the lines of [`table`](Self::table), and says which detectors do not take the rows.
    pub fn evcxr_display(&self) {
        for sentence in self.0.left_out() {
            println!("{sentence}");
        }
        match self.0.table() {
            Ok(table) => notebook::show_table(&table, table.height()),
            Err(error) => eprintln!("{error}"),
        }
    }
}

impl fmt::Debug for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.table())
    }
}

/// Sets of which it is known which rows are outliers, and how well each detector puts these first. A cell that ends with them shows
/// a line a set.
#[derive(Clone)]
pub struct LabelledSets(comparison::LabelledSets);

/// Measures every detector on planted anomalies of several kinds, each drawn `n_draws` times: see `isoforest::compare::Kind`.
///
/// # Errors
///
/// None that is known of.
pub fn planted_sets(n_draws: u32) -> Result<LabelledSets, Error> {
    Ok(LabelledSets(comparison::LabelledSets::planted(n_draws)?))
}

/// Measures every detector on the files `*.csv` and `*.csv.gz` of a folder, whose last column is `label`, 1 for an outlier; forests
/// with `n_seeds` seeds. No folder, "", has no sets.
///
/// # Errors
///
/// A folder without such a file, or a file without labels.
pub fn labelled_sets(folder: impl AsRef<Path>, n_seeds: u32) -> Result<LabelledSets, Error> {
    Ok(LabelledSets(comparison::LabelledSets::of_folder(folder.as_ref(), n_seeds)?))
}

impl LabelledSets {
    /// Number of sets.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A line a set: rows, columns, share of outliers.
    ///
    /// # Errors
    ///
    /// None that is known of.
    pub fn table(&self) -> Result<DataFrame, Error> {
        Ok(DataFrame::from(self.0.table()?))
    }

    /// The area under the ROC curve of each detector on each set: 1 if every outlier scores above every inlier, 0.5 for guessing.
    ///
    /// # Errors
    ///
    /// None that is known of.
    pub fn roc_auc(&self) -> Result<DataFrame, Error> {
        Ok(DataFrame::from(self.0.roc_auc()?))
    }

    /// The average precision of each detector on each set: how pure the top of the list is. The share of outliers for guessing.
    ///
    /// # Errors
    ///
    /// None that is known of.
    pub fn average_precision(&self) -> Result<DataFrame, Error> {
        Ok(DataFrame::from(self.0.average_precision()?))
    }

    /// The largest standard deviation, over draws and seeds, behind a number of [`roc_auc`](Self::roc_auc).
    pub fn largest_spread(&self) -> f64 {
        self.0.largest_spread()
    }

    /// Draws the lines of [`table`](Self::table).
    pub fn evcxr_display(&self) {
        match self.0.table() {
            Ok(table) => notebook::show_table(&table, table.height()),
            Err(error) => eprintln!("{error}"),
        }
    }
}

impl fmt::Debug for LabelledSets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.table())
    }
}
