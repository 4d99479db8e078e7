//! Time of scoring a row: `cargo bench -p isoforest --bench scoring`, in microseconds a row, 100 trees of 256 rows, one thread.
//!
//! "One row" is what a request to the service costs; "a row of many" is the share of a row in a batch. The quickest of many
//! rounds counts: whatever else the machine does can only add. To time another way than the chosen one, take those before it out
//! of `Kind::ALL` in `src/scoring/way.rs`.

use std::hint::black_box;
use std::time::Instant;

use isoforest::ndarray::{Array2, Axis};
use isoforest::{Detector, IsolationForest};

/// Rows that are scored together, and the first of them one by one.
const ROWS: usize = 60_001;
const ONE_BY_ONE: usize = 5_000;
/// Times that all rows are scored.
const ROUNDS: usize = 15;

fn main() {
    println!("extension level  features  levels   nodes   bytes: trees  scoring   one row, µs   a row of many, µs");
    // With few levels of a value trees stay small and rows repeat themselves.
    for (n_features, levels) in [(1, 1e9), (2, 5.0), (2, 1e9), (5, 3.0), (10, 1e9), (100, 1e9)] {
        time(Detector::Standard, n_features, levels);
    }
    for (extension_level, n_features) in [(1, 2), (1, 10), (4, 10), (9, 10), (1, 30), (29, 30), (1, 100), (99, 100)] {
        time(Detector::Extended { extension_level: Some(extension_level) }, n_features, 1e9);
    }
}

fn time(detector: Detector, n_features: usize, levels: f64) {
    let level = match detector {
        Detector::Extended { extension_level: Some(level) } => level.to_string(),
        _ => "standard".to_owned(),
    };
    let x = rows(ROWS, n_features, levels);
    let forest = match IsolationForest::builder().detector(detector).random_state(16).fit(x.view()) {
        Ok(forest) => forest,
        Err(error) => return eprintln!("{error}"),
    };
    let n_nodes: usize = forest.trees().iter().map(isoforest::Tree::n_nodes).sum();
    let many = quickest(|| drop(black_box(forest.score_samples(black_box(x.view()))))) / ROWS as f64;
    let one = quickest(|| {
        for row in x.axis_chunks_iter(Axis(0), 1).take(ONE_BY_ONE) {
            drop(black_box(forest.score_samples(black_box(row))));
        }
    }) / ONE_BY_ONE as f64;
    let (trees, scoring) = forest.heap_bytes();
    println!("{level:15}  {n_features:8}  {levels:6e}  {n_nodes:6}  {trees:12}  {scoring:7}  {one:12.3}  {many:18.4}");
}

/// Bell-shaped values from a linear congruential generator, cut down to a multiple of 1/levels.
fn rows(n_rows: usize, n_features: usize, levels: f64) -> Array2<f64> {
    let mut state = n_rows as u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 * 2f64.powi(-53)
    };
    Array2::from_shape_simple_fn((n_rows, n_features), || {
        let value = uniform() + uniform() + uniform() + uniform() - 2.0;
        (value * levels).floor() / levels
    })
}

/// Microseconds of the quickest round.
fn quickest(mut work: impl FnMut()) -> f64 {
    let round = |_| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e6
    };
    (0..ROUNDS).map(round).fold(f64::INFINITY, f64::min)
}
