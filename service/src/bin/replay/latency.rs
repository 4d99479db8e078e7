//! Quantiles of durations in little memory, however long a run lasts.

use std::time::Duration;

/// Each bin ends this much above its beginning, so a quantile is right to 1 %.
const STEP: f64 = 1.01;
/// Up to `STEP.powi(BINS)` microseconds: some hours.
const BINS: usize = 2_400;

/// Counts of durations in bins of equal ratio.
pub struct Latencies {
    bins: Vec<u64>,
    count: u64,
}

impl Latencies {
    /// None yet.
    pub fn new() -> Self {
        Self { bins: vec![0; BINS], count: 0 }
    }

    /// Counts one.
    pub fn add(&mut self, duration: Duration) {
        let microseconds = (duration.as_secs_f64() * 1e6).max(1.0);
        let bin = (microseconds.log(STEP) as usize).min(BINS - 1);
        if let Some(count) = self.bins.get_mut(bin) {
            *count += 1;
            self.count += 1;
        }
    }

    /// The duration that the share `q` of all does not exceed; none if there are none.
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        let rank = ((q * self.count as f64).ceil() as u64).max(1);
        let mut below = 0;
        let bin = self.bins.iter().position(|count| {
            below += count;
            below >= rank
        })?;
        Some(Duration::from_secs_f64(STEP.powf(bin as f64 + 0.5) / 1e6))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Latencies;

    #[test]
    fn quantiles_are_right_to_one_per_cent() {
        let mut latencies = Latencies::new();
        (1..=1_000).for_each(|i| latencies.add(Duration::from_micros(100 * i)));
        for (q, expected) in [(0.5, 0.05), (0.99, 0.099), (0.001, 0.0001)] {
            let found = latencies.quantile(q).unwrap().as_secs_f64();
            assert!((found / expected - 1.0).abs() < 0.011, "{q}: {found}");
        }
    }

    #[test]
    fn the_shortest_and_the_longest_are_counted_too() {
        let mut latencies = Latencies::new();
        assert_eq!(latencies.quantile(0.5), None);
        latencies.add(Duration::ZERO);
        assert!(latencies.quantile(0.5).unwrap() < Duration::from_micros(2));
        latencies.add(Duration::MAX);
        assert!(latencies.quantile(1.0).unwrap() > Duration::from_hours(1));
    }
}
