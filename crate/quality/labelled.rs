//! A labelled set, and what detectors make of it.

use std::fs;

use isoforest::metrics::{average_precision, roc_auc};
use isoforest::ndarray::{Array1, Array2};
use isoforest::neighbours::NeighbourDetector;
use isoforest::{Detector, IsolationForest};
use rustix::time::{ClockId, clock_gettime};
use serde::Deserialize;

use crate::Failure;

/// Rows, each with its label.
pub struct Labelled {
    x: Array2<f32>,
    is_outlier: Vec<bool>,
}

/// A detector by so many neighbours.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub enum ByNeighbours {
    KthDistance(usize),
    LocalOutlierFactor(usize),
}

/// Of a detector that was fitted on all rows.
#[derive(Clone, Copy)]
pub struct Measured {
    /// AUROC and average precision of the scores of the same rows.
    pub quality: (f64, f64),
    /// Processor time of fitting, and of scoring all rows as if they were new.
    pub seconds: (f64, f64),
}

impl Labelled {
    /// Sizes, values and labels, one after the other.
    pub fn read(path: &str) -> Result<Self, Failure> {
        let bytes = fs::read(path)?;
        let (words, _) = bytes.as_chunks::<4>();
        let [rows, columns, ..] = words else { return Err(format!("{path}: too short").into()) };
        let (rows, columns) = (u32::from_le_bytes(*rows) as usize, u32::from_le_bytes(*columns) as usize);
        let values = words.iter().skip(2).take(rows * columns).map(|word| f32::from_le_bytes(*word)).collect();
        let is_outlier: Vec<bool> = bytes.iter().skip(8 + 4 * rows * columns).map(|&label| label == 1).collect();
        if is_outlier.len() != rows {
            return Err(format!("{path}: {} labels for {rows} rows", is_outlier.len()).into());
        }
        Ok(Self { x: Array2::from_shape_vec((rows, columns), values)?, is_outlier })
    }

    pub fn forest(&self, detector: Detector, seed: u32) -> Result<Measured, Failure> {
        let begin = processor_time();
        let forest = IsolationForest::builder().detector(detector).random_state(seed).fit(self.x.view())?;
        let fitted = processor_time();
        let scores = forest.score_samples(self.x.view())?;
        let seconds = (fitted - begin, processor_time() - fitted);
        Ok(Measured { quality: self.quality(&scores)?, seconds })
    }

    /// Each row is measured by its score among the others: it is not its own neighbour.
    pub fn neighbours(&self, wanted: ByNeighbours) -> Result<Measured, Failure> {
        let x = self.x.mapv(f64::from);
        let begin = processor_time();
        let detector = match wanted {
            ByNeighbours::KthDistance(k) => NeighbourDetector::kth_distance(k),
            ByNeighbours::LocalOutlierFactor(k) => NeighbourDetector::local_outlier_factor(k),
        }
        .fit(x.view())?;
        let fitted = processor_time();
        detector.score_samples(x.view())?;
        let seconds = (fitted - begin, processor_time() - fitted);
        // Distances that differ by the rounding of their sums only are to tie, as those that `peers.py` measures.
        let scores = detector.training_scores().mapv(|score| f64::from(score as f32));
        Ok(Measured { quality: self.quality(&scores)?, seconds })
    }

    fn quality(&self, scores: &Array1<f64>) -> Result<(f64, f64), Failure> {
        let anomaly_scores = (-scores).to_vec();
        Ok((roc_auc(&self.is_outlier, &anomaly_scores)?, average_precision(&self.is_outlier, &anomaly_scores)?))
    }
}

/// Seconds that a processor has worked for this thread, whatever else the machine does.
fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
