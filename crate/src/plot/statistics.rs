//! The numbers behind a histogram and a box, as numpy computes them.

use crate::quantile::quantile;

/// Equal bins and the number of values in each.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bins {
    /// `n_bins + 1` edges, ascending.
    pub edges: Vec<f64>,
    /// `n_bins` counts.
    pub counts: Vec<usize>,
}

impl Bins {
    /// Counts finite `values` in `n_bins` equal bins from the lowest to the highest value, by the rule of
    /// `numpy.histogram`: a bin holds its left edge and not its right one, but the last bin holds both. If all values are
    /// equal, the bins span that value ± 0.5.
    pub fn new(values: &[f64], n_bins: usize) -> Self {
        let (mut low, mut high) = super::numbers::range(values.iter().copied());
        if low == high {
            (low, high) = (low - 0.5, high + 0.5);
        }
        let step = (high - low) / n_bins as f64;
        let mut edges: Vec<f64> = (0..n_bins).map(|i| i as f64 * step + low).collect();
        edges.push(high);
        let mut counts = vec![0; n_bins];
        for value in values {
            let after = edges.partition_point(|edge| edge <= value);
            let bin = after.saturating_sub(1).min(n_bins.saturating_sub(1));
            if let Some(count) = counts.get_mut(bin) {
                *count += 1;
            }
        }
        Self { edges, counts }
    }
}

/// The five lines of a box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct BoxNumbers {
    /// First quartile.
    pub q1: f64,
    /// Median.
    pub median: f64,
    /// Third quartile.
    pub q3: f64,
    /// `q1 - 1.5 * (q3 - q1)`: values below are outliers.
    pub lower_fence: f64,
    /// `q3 + 1.5 * (q3 - q1)`: values above are outliers.
    pub upper_fence: f64,
    /// The lowest value that is not below the lower fence.
    pub lower_whisker: f64,
    /// The highest value that is not above the upper fence.
    pub upper_whisker: f64,
}

impl BoxNumbers {
    /// Quartiles (linear interpolation, numpy's default) and fences of `sorted`, ascending; `None` if it is empty.
    pub fn new(sorted: &[f64]) -> Option<Self> {
        let q1 = quantile(sorted, 0.25)?;
        let median = quantile(sorted, 0.5)?;
        let q3 = quantile(sorted, 0.75)?;
        let (lower_fence, upper_fence) = (q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1));
        let inside = |value: &&f64| **value >= lower_fence && **value <= upper_fence;
        Some(Self {
            q1,
            median,
            q3,
            lower_fence,
            upper_fence,
            // In tiny samples no value may lie between a quartile and its fence; the whisker then has no length.
            lower_whisker: sorted.iter().find(inside).map_or(q1, |value| value.min(q1)),
            upper_whisker: sorted.iter().rfind(inside).map_or(q3, |value| value.max(q3)),
        })
    }

    /// Whether `value` lies beyond a fence.
    pub fn is_outlier(&self, value: f64) -> bool {
        value < self.lower_fence || value > self.upper_fence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_on_an_edge_belongs_to_the_bin_on_its_right_but_the_maximum_to_the_last_bin() {
        let bins = Bins::new(&[0.0, 1.0, 1.0, 2.0, 3.0, 4.0], 4);
        assert_eq!(bins.edges, [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(bins.counts, [1, 2, 1, 2]);
    }

    #[test]
    fn equal_values_lie_in_bins_half_a_unit_to_both_sides() {
        let bins = Bins::new(&[5.0, 5.0, 5.0], 4);
        assert_eq!(bins.edges, [4.5, 4.75, 5.0, 5.25, 5.5]);
        assert_eq!(bins.counts, [0, 0, 3, 0]);
    }

    #[test]
    fn whiskers_end_at_the_last_values_inside_the_fences() {
        let sorted = [-100.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 100.0];
        let numbers = BoxNumbers::new(&sorted).expect("nine values");
        assert_eq!((numbers.q1, numbers.median, numbers.q3), (2.0, 4.0, 6.0));
        assert_eq!((numbers.lower_fence, numbers.upper_fence), (-4.0, 12.0));
        assert_eq!((numbers.lower_whisker, numbers.upper_whisker), (1.0, 7.0));
        assert!(numbers.is_outlier(-100.0) && !numbers.is_outlier(-4.0) && numbers.is_outlier(12.5));
    }
}
