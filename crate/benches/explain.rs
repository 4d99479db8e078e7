//! Time of explaining a row: `cargo bench -p isoforest --bench explain`, in microseconds a row, 100 trees of 256 rows.
//!
//! "One row" is what a request to the service costs; "a row of many" is the share of a row in a batch.

use std::hint::black_box;
use std::time::Instant;

use isoforest::ndarray::{Array2, Axis};
use isoforest::{Explainer, IsolationForest};

/// Rows that are explained one by one, and together.
const ROWS: usize = 1_000;
/// Times that all rows are explained together.
const ROUNDS: usize = 9;

fn main() {
    println!("features   nodes   make, ms   one row, µs   a row of many, µs");
    for n_features in [1, 2, 3, 5, 10, 40] {
        let x = rows(30_000, n_features);
        let forest = match IsolationForest::builder().random_state(16).fit(x.view()) {
            Ok(forest) => forest,
            Err(error) => return eprintln!("{error}"),
        };
        let n_nodes: usize = forest.trees().iter().map(isoforest::Tree::n_nodes).sum();
        let make = median((0..ROUNDS).map(|_| microseconds(|| drop(black_box(Explainer::new(&forest))))).collect());
        let explainer = Explainer::new(&forest);
        let rows = rows(ROWS, n_features);
        let explain = |rows| drop(black_box(explainer.explain(black_box(rows))));
        let one = median(rows.axis_chunks_iter(Axis(0), 1).map(|row| microseconds(|| explain(row))).collect());
        let many = median((0..ROUNDS).map(|_| microseconds(|| explain(rows.view())) / ROWS as f64).collect());
        println!("{n_features:8}  {n_nodes:6}  {:9.2}  {one:12.1}  {many:18.1}", make / 1_000.0);
    }
}

/// Bell-shaped values from a linear congruential generator: four uniform ones added up.
fn rows(n_rows: usize, n_features: usize) -> Array2<f64> {
    let mut state = n_rows as u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 * 2f64.powi(-53)
    };
    Array2::from_shape_simple_fn((n_rows, n_features), || uniform() + uniform() + uniform() + uniform() - 2.0)
}

fn microseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e6
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
