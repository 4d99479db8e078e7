//! Rows that the benches share.

use isoforest::ndarray::Array2;

/// Bell-shaped values from a linear congruential generator: four uniform ones added up.
pub fn bell(n_rows: usize, n_features: usize) -> Array2<f64> {
    let mut state = n_rows as u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 * 2f64.powi(-53)
    };
    Array2::from_shape_simple_fn((n_rows, n_features), || uniform() + uniform() + uniform() + uniform() - 2.0)
}

/// The same, cut down to multiples of 1/`levels`: trees stay small, and rows repeat themselves.
pub fn coarse(n_rows: usize, n_features: usize, levels: f64) -> Array2<f64> {
    bell(n_rows, n_features).mapv(|value| (value * levels).floor() / levels)
}
