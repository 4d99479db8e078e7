//! How often each score came, in memory that has a limit.

use std::collections::HashMap;

/// What a count may hold.
#[derive(Debug)]
pub(super) struct Limits {
    /// Different scores that are counted each by itself.
    pub(super) scores: usize,
    /// Bins that stand for them once there are more.
    pub(super) bins: usize,
}

/// A hash table of 2^20 places, 18 MB, is full at seven eighths; the bins are 1.5 MB, and each pass narrows the bounds to one of them.
pub(super) static LIMITS: Limits = Limits { scores: 7 << 17, bins: 1 << 16 };

/// A place in an order of scores: the score, or two scores that it lies between.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ranked {
    Score(f64),
    Between(f64, f64),
}

/// Counts of the scores from `low` to `high`. What it says depends on the scores alone, not on their order nor on how they were
/// divided between counts that were merged.
#[derive(Debug, Clone)]
pub(super) struct Counts {
    low: u64,
    high: u64,
    limits: &'static Limits,
    n_below: u64,
    held: Held,
}

#[derive(Debug, Clone)]
enum Held {
    /// How often each score came, by its place in the order of numbers.
    Each(HashMap<u64, u64>),
    /// The same for equal ranges of places.
    Bins(Vec<Bin>),
}

#[derive(Debug, Clone, Copy)]
struct Bin {
    count: u64,
    min: u64,
    max: u64,
}

const EMPTY: Bin = Bin { count: 0, min: u64::MAX, max: 0 };

impl Counts {
    /// Nothing counted yet.
    pub(super) fn new(low: f64, high: f64, limits: &'static Limits) -> Self {
        Self { low: place(low), high: place(high), limits, n_below: 0, held: Held::Each(HashMap::new()) }
    }

    pub(super) fn has_bounds_of(&self, other: &Self) -> bool {
        (self.low, self.high) == (other.low, other.high)
    }

    pub(super) fn limits(&self) -> &'static Limits {
        self.limits
    }

    /// Counts a score. Those above the bounds are not needed.
    pub(super) fn add(&mut self, score: f64) {
        let place = place(score);
        if place < self.low {
            self.n_below += 1;
        } else if place <= self.high {
            self.add_bin(Bin { count: 1, min: place, max: place });
        }
    }

    /// Takes over what another one with the same bounds has counted.
    pub(super) fn merge(&mut self, other: Self) {
        self.n_below += other.n_below;
        match other.held {
            Held::Each(counts) => {
                for (place, count) in counts {
                    self.add_bin(Bin { count, min: place, max: place });
                }
            }
            Held::Bins(bins) => {
                // Before any of them is added: none may stand for a score.
                self.use_bins();
                for bin in bins.into_iter().filter(|bin| bin.count > 0) {
                    self.add_bin(bin);
                }
            }
        }
    }

    fn add_bin(&mut self, bin: Bin) {
        let width = self.width();
        match &mut self.held {
            // One more would double the table.
            Held::Each(counts) if counts.len() >= self.limits.scores && !counts.contains_key(&bin.min) => {
                self.use_bins();
                self.add_bin(bin);
            }
            Held::Each(counts) => *counts.entry(bin.min).or_default() += bin.count,
            Held::Bins(bins) => {
                if let Some(slot) = bins.get_mut(((bin.min - self.low) / width) as usize) {
                    slot.count += bin.count;
                    slot.min = slot.min.min(bin.min);
                    slot.max = slot.max.max(bin.max);
                }
            }
        }
    }

    fn use_bins(&mut self) {
        if let Held::Each(counts) = &mut self.held {
            let counts = std::mem::take(counts);
            self.held = Held::Bins(vec![EMPTY; self.limits.bins]);
            for (place, count) in counts {
                self.add_bin(Bin { count, min: place, max: place });
            }
        }
    }

    /// Places that a bin covers; the last bins may be over.
    fn width(&self) -> u64 {
        self.high.saturating_sub(self.low) / self.limits.bins as u64 + 1
    }

    /// What is known of the scores at two neighbouring ranks, counted from 0; nothing if one lies outside of the bounds.
    pub(super) fn at(&self, ranks: [u64; 2]) -> Option<[Ranked; 2]> {
        let mut bins: Vec<Bin> = match &self.held {
            Held::Each(counts) => counts.iter().map(|(&place, &count)| Bin { count, min: place, max: place }).collect(),
            Held::Bins(bins) => bins.iter().filter(|bin| bin.count > 0).copied().collect(),
        };
        bins.sort_unstable_by_key(|bin| bin.min);
        let at = |rank: u64| {
            let mut begin = self.n_below;
            let mut within = rank.checked_sub(begin)?;
            let bin = bins.iter().find(|bin| {
                within = rank - begin;
                begin += bin.count;
                rank < begin
            })?;
            // The ends of a bin are known.
            Some(match within {
                _ if bin.min == bin.max => Ranked::Score(score(bin.min)),
                0 => Ranked::Score(score(bin.min)),
                _ if within + 1 == bin.count => Ranked::Score(score(bin.max)),
                _ => Ranked::Between(score(bin.min), score(bin.max)),
            })
        };
        Some([at(ranks[0])?, at(ranks[1])?])
    }

    #[cfg(test)]
    pub(super) fn n_held(&self) -> usize {
        match &self.held {
            Held::Each(counts) => counts.len(),
            Held::Bins(bins) => bins.len(),
        }
    }
}

/// A number's place in the order of `f64::total_cmp`.
fn place(score: f64) -> u64 {
    let bits = score.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// The number at a place.
fn score(place: u64) -> f64 {
    f64::from_bits(if place >> 63 == 1 { place & !(1 << 63) } else { !place })
}

#[cfg(test)]
mod tests {
    use super::*;

    static SMALL: Limits = Limits { scores: 8, bins: 4 };

    fn counted(scores: &[f64]) -> Counts {
        let mut counts = Counts::new(-1.0, -0.001, &SMALL);
        for &score in scores {
            counts.add(score);
        }
        counts
    }

    #[test]
    fn places_are_in_the_order_of_numbers_and_tell_the_number() {
        let numbers = [f64::NEG_INFINITY, -1.0, -0.5, -1e-300, -0.0, 0.0, 1e-300, 0.5, 1.0, f64::INFINITY];
        assert!(numbers.is_sorted_by(|&one, &next| place(one) < place(next)));
        for number in numbers {
            assert_eq!(score(place(number)).to_bits(), number.to_bits());
        }
    }

    #[test]
    fn what_is_held_has_a_limit_and_the_ends_of_a_bin_are_known() {
        let scores: Vec<f64> = (1..=1000).map(|i| -f64::from(i) / 1000.0).collect();
        let counts = counted(&scores);
        assert_eq!(counts.n_held(), SMALL.bins);
        assert_eq!(counts.at([0, 1]).map(|[first, _]| first), Some(Ranked::Score(-1.0)));
        let Some([Ranked::Between(low, high), _]) = counts.at([499, 500]) else {
            panic!("{:?}", counts.at([499, 500]))
        };
        assert!(low < -0.501 && -0.5 < high, "{low} {high}");
        assert_eq!(counts.at([999, 1000]), None);
        assert_eq!(counts.at([999, 999]).map(|[_, last]| last), Some(Ranked::Score(-0.001)));
    }

    #[test]
    fn parts_say_the_same_in_any_order_also_where_only_all_of_them_are_too_many() {
        // Five different scores in each part, more than eight in all; the first has more than eight by itself, and the greatest.
        let parts: Vec<Vec<f64>> = [25, 5, 5, 5, 5, 5]
            .iter()
            .zip(0..)
            .map(|(&n, part)| (0..n).map(|i| -f64::from(part * 3 + i + 1) / 50.0).collect())
            .collect();
        let all = counted(&parts.concat());
        let n = parts.concat().len() as u64;
        let orders: [[usize; 6]; 4] = [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 5, 0, 3, 1, 4], [1, 3, 5, 0, 2, 4]];
        for order in orders {
            let mut joined = counted(&[]);
            for part in order {
                joined.merge(counted(&parts[part]));
            }
            for rank in 0..n - 1 {
                assert_eq!(joined.at([rank, rank + 1]), all.at([rank, rank + 1]), "{order:?}, {rank}");
            }
        }
    }
}
