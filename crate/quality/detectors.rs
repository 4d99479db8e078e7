//! Runs detectors on labelled sets, for `make quality`.
//!
//!     quality JOB.json
//!
//! The job names sets (files of sizes, `f32` values and labels), forests with their seeds, and detectors by neighbours. Written to
//! standard output, as JSON: for each set and detector a list of AUROC and average precision, and one of the seconds of fitting
//! and of scoring all rows, a pair for each seed, or one where there are none; and the guided detector's defaults. All cores; a
//! line a set on standard error.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, thread};

use isoforest::{Detector, Guided};
use serde::{Deserialize, Serialize};

use crate::labelled::{ByNeighbours, Labelled, Measured};

/// A set and its measures.
mod labelled;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Deserialize)]
struct Job {
    sets: BTreeMap<String, String>,
    forests: BTreeMap<String, Seeded>,
    neighbours: BTreeMap<String, ByNeighbours>,
}

#[derive(Deserialize)]
struct Seeded {
    detector: Detector,
    seeds: Vec<u32>,
}

/// By set and detector, a pair a run.
type Pairs<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Vec<(f64, f64)>>>;

#[derive(Serialize)]
struct Found<'a> {
    guided_default: Detector,
    measures: Pairs<'a>,
    seconds: Pairs<'a>,
}

#[derive(Clone, Copy)]
enum Run {
    Forest(Detector, u32),
    Neighbours(ByNeighbours),
}

impl Job {
    /// The longest first, so that no processor waits for another's last run.
    fn runs(&self) -> Vec<(&str, Run)> {
        let neighbours = self.neighbours.iter().map(|(name, &wanted)| (name.as_str(), Run::Neighbours(wanted)));
        let forests = self.forests.iter().flat_map(|(name, wanted)| {
            wanted.seeds.iter().map(|&seed| (name.as_str(), Run::Forest(wanted.detector, seed)))
        });
        neighbours.chain(forests).collect()
    }
}

fn main() -> Result<(), Failure> {
    let path = env::args().nth(1).ok_or("expected a job file")?;
    let job: Job = serde_json::from_str(&fs::read_to_string(path)?)?;
    let runs = job.runs();
    let (mut measures, mut seconds) = (Pairs::new(), Pairs::new());
    for (name, file) in &job.sets {
        let results = on_all_cores(&Labelled::read(file)?, &runs)?;
        for ((detector, _), result) in runs.iter().zip(results) {
            for (pairs, pair) in [(&mut measures, result.quality), (&mut seconds, result.seconds)] {
                pairs.entry(name).or_default().entry(detector).or_default().push(pair);
            }
        }
        eprintln!("isoforest: {name}: {} fits", runs.len());
    }
    let found = Found { guided_default: Detector::Guided(Guided::default()), measures, seconds };
    println!("{}", serde_json::to_string(&found)?);
    Ok(())
}

/// What each run measures, in the order of the runs.
fn on_all_cores(set: &Labelled, runs: &[(&str, Run)]) -> Result<Vec<Measured>, Failure> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(vec![None; runs.len()]);
    thread::scope(|scope| {
        let work = || -> Result<(), Failure> {
            while let Some((place, &(_, run))) = {
                let place = next.fetch_add(1, Ordering::Relaxed);
                runs.get(place).map(|run| (place, run))
            } {
                let measured = match run {
                    Run::Forest(detector, seed) => set.forest(detector, seed)?,
                    Run::Neighbours(wanted) => set.neighbours(wanted)?,
                };
                results.lock().map_err(|_| "a thread has panicked")?[place] = Some(measured);
            }
            Ok(())
        };
        let workers: Vec<_> = (0..thread::available_parallelism()?.get()).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| "a thread has panicked")?)
    })?;
    Ok(results.into_inner()?.into_iter().flatten().collect())
}
