//! Runs detectors on labelled sets, for `make quality`.
//!
//!     quality JOB.json
//!
//! The job names sets (files of sizes, `f32` values and labels), detectors, and seeds. Written to standard output, as JSON: for each set
//! and detector a list of AUROC and average precision, one pair a seed; and the guided detector's defaults. All cores; a line a set on standard error.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, thread};

use isoforest::metrics::{average_precision, roc_auc};
use isoforest::ndarray::Array2;
use isoforest::{Detector, Guided, IsolationForest};
use serde::{Deserialize, Serialize};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Deserialize)]
struct Job {
    sets: BTreeMap<String, String>,
    detectors: BTreeMap<String, Wanted>,
}

#[derive(Deserialize)]
struct Wanted {
    detector: Detector,
    seeds: Vec<u32>,
}

/// AUROC and average precision of each seed, by detector.
type Measures<'a> = BTreeMap<&'a str, Vec<(f64, f64)>>;

#[derive(Serialize)]
struct Found<'a> {
    guided_default: Detector,
    measures: BTreeMap<&'a str, Measures<'a>>,
}

struct Labelled {
    x: Array2<f32>,
    is_outlier: Vec<bool>,
}

impl Labelled {
    fn read(path: &str) -> Result<Self, Failure> {
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

    fn measure(&self, detector: Detector, seed: u32) -> Result<(f64, f64), Failure> {
        let forest = IsolationForest::builder().detector(detector).random_state(seed).fit(self.x.view())?;
        let anomaly_scores = (-forest.score_samples(self.x.view())?).to_vec();
        Ok((roc_auc(&self.is_outlier, &anomaly_scores)?, average_precision(&self.is_outlier, &anomaly_scores)?))
    }
}

fn main() -> Result<(), Failure> {
    let path = env::args().nth(1).ok_or("expected a job file")?;
    let job: Job = serde_json::from_str(&fs::read_to_string(path)?)?;
    let mut found = Found { guided_default: Detector::Guided(Guided::default()), measures: BTreeMap::new() };
    for (name, file) in &job.sets {
        let set = Labelled::read(file)?;
        let runs: Vec<(&str, Detector, u32)> = job
            .detectors
            .iter()
            .flat_map(|(name, wanted)| wanted.seeds.iter().map(|&seed| (name.as_str(), wanted.detector, seed)))
            .collect();
        let next = AtomicUsize::new(0);
        let results = Mutex::new(vec![None; runs.len()]);
        let n_threads = thread::available_parallelism()?.get();
        thread::scope(|scope| {
            let work = || -> Result<(), Failure> {
                while let Some((place, &(_, detector, seed))) = {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    runs.get(place).map(|run| (place, run))
                } {
                    let measures = set.measure(detector, seed)?;
                    results.lock().map_err(|_| "a thread has panicked")?[place] = Some(measures);
                }
                Ok(())
            };
            let workers: Vec<_> = (0..n_threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| "a thread has panicked")?)
        })?;
        let mut measures: Measures<'_> = BTreeMap::new();
        for ((detector, ..), result) in runs.iter().zip(results.into_inner()?) {
            measures.entry(detector).or_default().extend(result);
        }
        eprintln!("isoforest: {name}: {} forests", runs.len());
        found.measures.insert(name, measures);
    }
    println!("{}", serde_json::to_string(&found)?);
    Ok(())
}
