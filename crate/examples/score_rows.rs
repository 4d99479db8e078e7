//! Scores rows and prints the sum of the scores: `score_rows FEATURES ROWS`, for counting instructions (`benches/instructions.py`).
//!
//! With 1 or 2 features trees are of 64 rows, and rank masks score them; else of 256, for which, under callgrind, nothing but the walk is there.

use isoforest::ndarray::Array2;
use isoforest::{IsolationForest, MaxSamples};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let (Some(n_features), Some(n_rows)) = (arguments.next(), arguments.next()) else {
        return Err("usage: score_rows FEATURES ROWS".into());
    };
    let (n_features, n_rows) = (n_features?, n_rows?);
    let mut state = 16_u64;
    let x = Array2::from_shape_simple_fn((20_000, n_features), || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 * 2f64.powi(-53)
    });
    let max_samples = MaxSamples::Count(if n_features <= 2 { 64 } else { 256 });
    let forest = IsolationForest::builder().max_samples(max_samples).random_state(16).fit(x.view())?;
    let rows = x.slice(isoforest::ndarray::s![..n_rows.min(x.nrows()), ..]);
    println!("{}", forest.score_samples(rows)?.sum());
    Ok(())
}
