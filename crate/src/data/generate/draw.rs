//! Whole-number draws from a Mersenne Twister.
//!
//! Written out here, because a distribution of a random-number library may change its stream with any release, and
//! the data committed in `data/` must come out of a seed for ever. No draw uses a floating-point operation.

use rand_mt::Mt64;

/// A stream of draws that depends on its seed alone.
#[derive(Debug)]
pub struct Draws(Mt64);

impl Draws {
    /// The stream of a seed; all 64 bits of the seed count.
    pub fn new(seed: u64) -> Self {
        Self(Mt64::new(seed))
    }

    /// One of the numbers `0..n`, or 0 if `n` is 0.
    ///
    /// The upper half of a 128-bit product. Takes exactly one draw from the stream; the numbers are equally likely to
    /// within `n` / 2⁶⁴.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// One of the numbers of a range, both ends included; the lower end if the upper one is not above it.
    pub fn between(&mut self, (least, most): (u64, u64)) -> u64 {
        least + self.below(most.saturating_sub(least) + 1)
    }

    /// One of `choices`, each as likely as its weight says; `fallback` if no weight is above 0.
    pub fn pick<T: Copy>(&mut self, choices: &[(T, u32)], fallback: T) -> T {
        let total = choices.iter().map(|&(_, weight)| u64::from(weight)).sum();
        let mut left = self.below(total);
        for &(choice, weight) in choices {
            let weight = u64::from(weight);
            if left < weight {
                return choice;
            }
            left -= weight;
        }
        fallback
    }
}
