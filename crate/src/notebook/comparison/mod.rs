//! Detectors side by side in a notebook: fitted on one data frame, as tables and figures.

/// What is known of labelled sets.
mod sets;
/// Tables of detectors.
mod tables;

use std::time::{Duration, Instant};

use ndarray::Array2;
use plotly::Plot;
use polars::prelude::DataFrame;

pub use self::sets::LabelledSets;
use self::tables::{counted, share, table};
use super::frames::CellError;
use crate::adapt::polars::{feature_matrix, feature_matrix_of};
use crate::compare::agreement::{overlap, rank_correlation};
use crate::compare::{Contender, Fitted};
use crate::plot::{self, BoundaryPanel, Grid, Labels, PlotError};
use crate::quantile::quantile;

/// Points along an axis of each panel's grid: as many as can be seen in half the width.
const GRID_POINTS: usize = 60;

/// Bins of a histogram of scores.
const BINS: usize = 30;

/// Detectors that have been fitted on the same rows.
#[derive(Debug, Clone)]
pub struct Comparison {
    names: Vec<String>,
    x: Array2<f64>,
    fitted: Vec<Fitted>,
    /// How long each takes to score all rows.
    score_times: Vec<Duration>,
    /// Detectors that could not be fitted, and why.
    left_out: Vec<String>,
}

impl Comparison {
    /// Fits every detector of [`Contender::all`] on all columns of a frame, the share `contamination` of whose rows are to be
    /// outliers. A detector that does not take the rows, as those by neighbours do not take missing values, is left out.
    ///
    /// # Errors
    ///
    /// A column that is not numbers, no rows, or a share out of its range.
    ///
    /// # Example
    ///
    /// ```
    /// use isoforest::notebook::comparison::Comparison;
    /// use isoforest::polars::prelude::*;
    ///
    /// let mean: Vec<f64> = (0..200).map(|i| f64::from(i % 14)).collect();
    /// let sd: Vec<f64> = (0..200).map(|i| f64::from(i % 9)).collect();
    /// let comparison = Comparison::fit(&df!("mean" => mean, "sd" => sd)?, 0.05, 16)?;
    /// assert!(comparison.table()?.height() >= 4);
    /// let far = comparison.verdicts(&df!("mean" => [99.0], "sd" => [99.0])?)?;
    /// assert_eq!(far.column("verdict")?.str()?.get(0), Some("outlier"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(frame: &DataFrame, contamination: f64, seed: u32) -> Result<Self, CellError> {
        let x = feature_matrix(frame)?;
        let names = frame.get_column_names().iter().map(ToString::to_string).collect();
        let (mut fitted, mut left_out) = (Vec::new(), Vec::new());
        for contender in Contender::all(contamination) {
            match contender.fit(x.view(), seed) {
                Ok(detector) => fitted.push(detector),
                // What one forest does not take, none does.
                Err(error) if contender.is_random() => return Err(error.into()),
                Err(error) => left_out.push(format!("{} is left out: {error}", contender.name)),
            }
        }
        let mut score_times = Vec::new();
        for detector in &fitted {
            let begin = Instant::now();
            detector.score_samples(x.view())?;
            score_times.push(begin.elapsed());
        }
        Ok(Self { names, x, fitted, score_times, left_out })
    }

    /// Detectors that do not take the rows, a sentence each.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// The first two columns, which are the axes of a figure of two; no second one if there is only one.
    pub fn axes(&self) -> (&str, Option<&str>) {
        (self.names.first().map_or("x", String::as_str), self.names.get(1).map(String::as_str))
    }

    /// A line a detector: its threshold, the number of training rows it calls outliers, and its times for fitting and scoring
    /// them, with one thread.
    ///
    /// # Errors
    ///
    /// Those of polars.
    pub fn table(&self) -> Result<DataFrame, CellError> {
        let n_rows = self.x.nrows() as f64;
        let outliers = |fitted: &Fitted| fitted.training_outliers().iter().filter(|&&outlier| outlier).count() as f64;
        table(
            &[("detector", self.detectors())],
            &[
                ("threshold", self.fitted.iter().map(|fitted| fitted.offset).collect()),
                ("outliers", self.fitted.iter().map(outliers).collect()),
                ("fit_ms", self.fitted.iter().map(|fitted| digits(fitted.fit_time.as_secs_f64() * 1e3)).collect()),
                (
                    "score_us_per_row",
                    self.score_times.iter().map(|time| digits(time.as_secs_f64() * 1e6 / n_rows)).collect(),
                ),
            ],
        )
    }

    /// A row in the arms of the cross that cuts along the axes cannot see through: the largest training value of the first
    /// column, the smallest of the second, and the median of each other. Columns without a number do not count.
    ///
    /// # Errors
    ///
    /// Those of polars.
    pub fn cross_point(&self) -> Result<DataFrame, CellError> {
        let mut columns = Vec::new();
        let mut number = 0;
        for (name, values) in self.names.iter().zip(self.x.columns()) {
            let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
            sorted.sort_by(f64::total_cmp);
            let q = match number {
                0 => 1.0,
                1 => 0.0,
                _ => 0.5,
            };
            number += usize::from(!sorted.is_empty());
            columns.push((name.as_str(), vec![quantile(&sorted, q).unwrap_or(f64::NAN)]));
        }
        table(&[], &columns)
    }

    /// What each detector says of each row of a frame with the training columns: its score, its threshold, its verdict, and
    /// the percentage of training rows that are more unusual to it.
    ///
    /// # Errors
    ///
    /// A column that is missing or not numbers, or a value that the detectors do not take.
    pub fn verdicts(&self, frame: &DataFrame) -> Result<DataFrame, CellError> {
        let x = feature_matrix_of(frame, &self.names)?;
        let (mut detectors, mut verdicts) = (Vec::new(), Vec::new());
        let (mut rows, mut all_scores, mut thresholds, mut more_unusual) = (vec![], vec![], vec![], vec![]);
        for fitted in &self.fitted {
            for (row, &score) in fitted.score_samples(x.view())?.iter().enumerate() {
                rows.push(row as f64);
                detectors.push(fitted.name.to_owned());
                all_scores.push(score);
                thresholds.push(fitted.offset);
                verdicts.push(if score < fitted.offset { "outlier" } else { "inlier" }.to_owned());
                let lower = fitted.training_scores.iter().filter(|&&training| training < score).count();
                more_unusual.push(share(lower, self.x.nrows()));
            }
        }
        let texts = [("detector", detectors), ("verdict", verdicts)];
        let mut numbers =
            vec![("score", all_scores), ("threshold", thresholds), ("percent_more_unusual", more_unusual)];
        if x.nrows() > 1 {
            numbers.insert(0, ("row", rows));
        }
        table(&texts, &numbers)
    }

    /// [`plot::boundaries`] of all detectors with the training rows; with another number of columns than two, a line that says why
    /// there is none.
    ///
    /// # Errors
    ///
    /// Those of that function.
    pub fn boundaries(&self, labels: &Labels) -> Result<Plot, CellError> {
        let panels: Vec<BoundaryPanel> = self
            .fitted
            .iter()
            .map(|fitted| {
                let is_outlier = fitted.training_outliers();
                let n_outliers = is_outlier.iter().filter(|&&outlier| outlier).count();
                BoundaryPanel { heading: format!("{}: {}", fitted.name, counted(n_outliers, "outlier")), is_outlier }
            })
            .collect();
        let drawn = Grid::fitting(self.x.view()).and_then(|grid| {
            let grid = Grid { n: GRID_POINTS, ..grid };
            plot::boundaries(self.x.view(), grid, &panels, labels, |panel, x| self.fitted[panel].decision_function(x))
        });
        match drawn {
            Err(error @ PlotError::NotTwoFeatures { .. }) => Ok(plot::note(&error.to_string(), labels)),
            drawn => Ok(drawn?),
        }
    }

    /// [`plot::score_histograms`] of the training rows' scores.
    ///
    /// # Errors
    ///
    /// Those of that function.
    pub fn score_histograms(&self, labels: &Labels) -> Result<Plot, CellError> {
        let scores: Vec<Vec<f64>> = self.fitted.iter().map(|fitted| fitted.training_scores.to_vec()).collect();
        let columns: Vec<(&str, &[f64], f64)> = self
            .fitted
            .iter()
            .zip(&scores)
            .map(|(fitted, scores)| (fitted.name, scores.as_slice(), fitted.offset))
            .collect();
        Ok(plot::score_histograms(&columns, BINS, &labels.clone().unit("score"))?)
    }

    /// For every two detectors, the [`overlap`] of the training rows they call outliers.
    ///
    /// # Errors
    ///
    /// Those of polars.
    pub fn overlaps(&self) -> Result<DataFrame, CellError> {
        let outliers: Vec<Vec<bool>> = self.fitted.iter().map(Fitted::training_outliers).collect();
        self.pairs(|i, j| overlap(&outliers[i], &outliers[j]))
    }

    /// For every two detectors, the [`rank_correlation`] of the training rows' scores.
    ///
    /// # Errors
    ///
    /// Those of polars.
    pub fn rank_correlations(&self) -> Result<DataFrame, CellError> {
        let scores: Vec<Vec<f64>> = self.fitted.iter().map(|fitted| fitted.training_scores.to_vec()).collect();
        self.pairs(|i, j| rank_correlation(&scores[i], &scores[j]))
    }

    /// How many training rows are outliers to exactly one detector, to two, and so on.
    ///
    /// # Errors
    ///
    /// Those of polars.
    pub fn votes(&self) -> Result<DataFrame, CellError> {
        let outliers: Vec<Vec<bool>> = self.fitted.iter().map(Fitted::training_outliers).collect();
        let mut rows = vec![0.0; self.fitted.len() + 1];
        for row in 0..self.x.nrows() {
            rows[outliers.iter().filter(|outliers| outliers[row]).count()] += 1.0;
        }
        let detectors: Vec<f64> = (1..rows.len()).map(|votes| votes as f64).collect();
        table(&[], &[("detectors", detectors), ("rows", rows.split_off(1))])
    }

    fn detectors(&self) -> Vec<String> {
        self.fitted.iter().map(|fitted| fitted.name.to_owned()).collect()
    }

    /// A square table of detectors, to three decimals.
    fn pairs(&self, of: impl Fn(usize, usize) -> f64) -> Result<DataFrame, CellError> {
        let n = self.fitted.len();
        let columns: Vec<(&str, Vec<f64>)> =
            (0..n).map(|j| (self.fitted[j].name, (0..n).map(|i| (of(i, j) * 1e3).round() / 1e3).collect())).collect();
        table(&[("detector", self.detectors())], &columns)
    }
}

/// Two significant digits: a time says no more.
fn digits(number: f64) -> f64 {
    format!("{number:.1e}").parse().unwrap_or(number)
}
