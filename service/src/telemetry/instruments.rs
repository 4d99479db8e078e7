//! Counters and histograms of bare atomics.
//!
//! The library's own are looked up by label in a locked map, and its histograms lock on every observation. Here each place
//! that counts keeps the very counter it counts with, so a request costs additions and nothing else; text is made at the scrape.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only rises.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    /// Adds one.
    pub(super) fn inc(&self) {
        self.add(1);
    }

    /// Adds `n`.
    pub(super) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// The number now.
    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How many observations fell up to each of some fixed bounds, and their sum.
///
/// The count is the sum of the buckets, so a scrape in the middle of an observation never sees a count that differs from the last bucket.
#[derive(Debug)]
pub(super) struct Histogram {
    bounds: &'static [f64],
    buckets: Box<[Counter]>,
    /// An `f64` as bits: no atomic float exists.
    sum: AtomicU64,
}

impl Histogram {
    /// An empty one; a value belongs to the first of the rising `bounds` that is not below it, or to a last bucket without bound.
    pub(super) fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            buckets: (0..=bounds.len()).map(|_| Counter::default()).collect(),
            sum: AtomicU64::new(0.0_f64.to_bits()),
        }
    }

    /// Observes one value.
    pub(super) fn observe(&self, value: f64) {
        self.observe_times(value, 1);
    }

    /// Observes the same value `n` times.
    pub(super) fn observe_times(&self, value: f64, n: u64) {
        if n > 0 {
            self.count(value, n);
            self.add_to_sum(value * n as f64);
        }
    }

    /// Observes many values and adds to the sum once.
    pub(super) fn observe_all(&self, values: impl Iterator<Item = f64>) {
        let sum = values.inspect(|&value| self.count(value, 1)).sum();
        self.add_to_sum(sum);
    }

    fn count(&self, value: f64, n: u64) {
        if let Some(bucket) = self.buckets.get(self.bounds.partition_point(|&bound| bound < value)) {
            bucket.add(n);
        }
    }

    fn add_to_sum(&self, value: f64) {
        let mut bits = self.sum.load(Ordering::Relaxed);
        loop {
            let sum = (f64::from_bits(bits) + value).to_bits();
            match self.sum.compare_exchange_weak(bits, sum, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => bits = now,
            }
        }
    }

    /// Sum of the observed values.
    pub(super) fn sum(&self) -> f64 {
        f64::from_bits(self.sum.load(Ordering::Relaxed))
    }

    /// Each bound, the last infinite, with the number of values in its own bucket alone.
    pub(super) fn buckets(&self) -> Vec<(f64, u64)> {
        self.bounds.iter().copied().chain([f64::INFINITY]).zip(self.buckets.iter().map(Counter::get)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Histogram;

    #[test]
    fn a_value_on_a_bound_belongs_below_it() {
        let histogram = Histogram::new(&[1.0, 2.0]);
        histogram.observe(1.0);
        histogram.observe_times(1.5, 3);
        histogram.observe_times(9.0, 0);
        histogram.observe_all([2.0, 2.5, 3.5].into_iter());
        assert_eq!(histogram.buckets(), [(1.0, 1), (2.0, 4), (f64::INFINITY, 2)]);
        assert_eq!(histogram.sum(), 1.0 + 4.5 + 8.0);
    }

    #[test]
    fn threads_lose_nothing() {
        let histogram = Histogram::new(&[1.0]);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| histogram.observe(0.5)));
            }
        });
        assert_eq!(histogram.buckets()[0].1, 40_000);
        assert_eq!(histogram.sum(), 20_000.0);
    }
}
