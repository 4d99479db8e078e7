//! Scores rows and prints the sum of the scores: `score_rows FEATURES MAX_SAMPLES ROWS`, for counting instructions
//! (`benches/instructions.py`).

use isoforest::ndarray::Array2;
use isoforest::{IsolationForest, MaxSamples};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let (Some(n_features), Some(max_samples), Some(n_rows)) = (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("usage: score_rows FEATURES MAX_SAMPLES ROWS".into());
    };
    let (n_features, max_samples, n_rows) = (n_features?, max_samples?, n_rows?);
    let mut state = 16_u64;
    let x = Array2::from_shape_simple_fn((20_000, n_features), || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 * 2f64.powi(-53)
    });
    let forest =
        IsolationForest::builder().max_samples(MaxSamples::Count(max_samples)).random_state(16).fit(x.view())?;
    let rows = x.slice(isoforest::ndarray::s![..n_rows.min(x.nrows()), ..]);
    println!("{}", forest.score_samples(rows)?.sum());
    Ok(())
}
