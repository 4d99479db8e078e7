//! The extended isolation forest: what it finds, what it does not depend on, and its file.

#[path = "../common/mod.rs"]
mod common;

/// What it calls unusual.
mod behaviour;
/// Where nodes are cut.
mod cuts;
/// Why.
mod explain;
/// Its model file, damaged and whole.
mod file;
/// Seeds, threads, warm starts, parameters.
mod fit;
/// Missing values, constant columns, few rows.
mod odd_data;

use isoforest::ndarray::{Array2, ArrayView2};
use isoforest::{Detector, IsolationForest, IsolationForestParams};

/// A forest of some level, or the most.
fn extended(extension_level: impl Into<Option<usize>>) -> IsolationForestParams {
    let detector = Detector::Extended { extension_level: extension_level.into() };
    IsolationForest::builder().detector(detector).random_state(16)
}

fn scores(forest: &IsolationForest, x: ArrayView2<'_, f64>) -> Vec<f64> {
    forest.score_samples(x).unwrap().to_vec()
}

/// Rows of bell-shaped values around a centre.
fn blob(rows: usize, centre: &[f64], seed: u64) -> Array2<f64> {
    let mut x = common::bell(rows, centre.len(), seed);
    x.rows_mut().into_iter().for_each(|mut row| row.iter_mut().zip(centre).for_each(|(value, at)| *value += at));
    x
}
