//! Random numbers for detectors that follow no other library's stream.

use rand_mt::Mt64;

/// Draws from a Mersenne Twister; a distribution of a random-number library may change its stream with any release.
#[derive(Debug)]
pub(super) struct Draws(Mt64);

impl Draws {
    /// The stream of a tree.
    pub(super) fn new(seed: u32) -> Self {
        Self(Mt64::new(u64::from(seed)))
    }

    /// Uniform in [0, 1).
    pub(super) fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * 2f64.powi(-53)
    }

    /// One of `0..n`; `n` must be at least 1.
    pub(super) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.0.next_u64()) * n as u128) >> 64) as usize
    }

    /// Normally distributed, mean 0 and variance 1 (Marsaglia's polar method; the second number is left).
    pub(super) fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                return x * (-2.0 * square.ln() / square).sqrt();
            }
        }
    }
}
