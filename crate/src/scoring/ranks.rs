//! Ranks: how many thresholds lie below a value. After one search a feature, a node's test compares two small integers.
//!
//! The search halves a range without a branch, which would be mispredicted every other time, and does so for [`GROUP`]
//! rows together, so that their loads overlap.

use std::hint::select_unpredictable;

/// Values that are searched for together.
pub(super) const GROUP: usize = 8;

/// The rank of a missing value: above every other.
pub(super) const MISSING: u16 = u16::MAX;

/// The rank of each value among ascending `thresholds`, of which there must be fewer than [`MISSING`]: the number of thresholds
/// below it, or [`MISSING`] for NaN.
#[inline]
pub(super) fn ranks<const N: usize>(thresholds: &[f32], values: [f32; N]) -> [u16; N] {
    let mut ranks = [0; N];
    let mut size = thresholds.len();
    while size > 1 {
        let half = size / 2;
        for (rank, value) in ranks.iter_mut().zip(values) {
            let above = value > thresholds[*rank + half - 1];
            *rank = select_unpredictable(above, *rank + half, *rank);
        }
        size -= half;
    }
    let mut found = [0; N];
    for ((found, rank), value) in found.iter_mut().zip(ranks).zip(values) {
        let last = thresholds.get(rank).is_some_and(|&threshold| value > threshold);
        *found = if value.is_nan() { MISSING } else { (rank + usize::from(last)) as u16 };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_is_the_number_of_thresholds_below() {
        for n in 0..70 {
            // Each threshold twice, at 0, 2, 4, …
            let thresholds: Vec<f32> = (0..n).map(|i| (i / 2 * 2) as f32).collect();
            for value in -1..n + 2 {
                let value = value as f32;
                let expected = thresholds.iter().filter(|&&threshold| threshold < value).count() as u16;
                assert_eq!(ranks(&thresholds, [value, f32::NAN]), [expected, MISSING], "{value} among {n}");
            }
        }
    }
}
