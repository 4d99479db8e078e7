//! The random streams of scikit-learn's forest for an integer seed, draw for draw.
//!
//! numpy's legacy `RandomState` (MT19937 with masked rejection) chooses rows and seeds, a 32-bit xorshift inside
//! scikit-learn's tree splitter (`sklearn/utils/_random.pxd`, `our_rand_r`) chooses columns and thresholds.

use rand_mt::Mt;

/// Upper end, exclusive, of the seeds that scikit-learn hands from the forest to its trees (`numpy.iinfo(int32).max`).
const MAX_SEED: u32 = i32::MAX as u32;

/// Largest output of [`Splitter::next`], which also divides the threshold's draw.
pub(super) const SPLITTER_MAX: u32 = i32::MAX as u32;

/// numpy's `RandomState(seed)`, as far as the forest uses it.
pub(super) struct RandomState(Mt);

impl RandomState {
    pub(super) fn new(seed: u32) -> Self {
        Self(Mt::new(seed))
    }

    /// A uniform integer in `0..=max`: masks the bits above `max`'s highest and redraws what is too large.
    /// `max = 0` draws nothing.
    fn bounded(&mut self, max: u32) -> u32 {
        if max == 0 {
            return 0;
        }
        let mask = u32::MAX >> max.leading_zeros();
        loop {
            let value = self.0.next_u32() & mask;
            if value <= max {
                return value;
            }
        }
    }

    /// A uniform integer in `0..end`; `end` must be at least 1.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        self.bounded(end - 1)
    }

    /// A seed for something below: a tree, or a tree's splitter.
    pub(super) fn seed(&mut self) -> u32 {
        self.below(MAX_SEED)
    }

    /// `0..n` in random order (numpy's `permutation`).
    fn permutation(&mut self, n: u32) -> Vec<u32> {
        let mut order: Vec<u32> = (0..n).collect();
        for i in (1..n).rev() {
            let j = self.bounded(i);
            order.swap(i as usize, j as usize);
        }
        order
    }

    /// `k` of `0..n` with replacement.
    pub(super) fn with_replacement(&mut self, n: u32, k: u32) -> Vec<u32> {
        (0..k).map(|_| self.below(n)).collect()
    }

    /// `k` of `0..n` without replacement (`sklearn.utils.random.sample_without_replacement`, method "auto"):
    /// three ways, chosen by the share that is drawn, each with its own use of the stream. Needs `k <= n`, `n >= 1`.
    pub(super) fn without_replacement(&mut self, n: u32, k: u32) -> Vec<u32> {
        let ratio = f64::from(k) / f64::from(n);
        if ratio > 0.01 && ratio < 0.99 {
            let mut order = self.permutation(n);
            order.truncate(k as usize);
            order
        } else if ratio < 0.2 {
            self.redrawing(n, k)
        } else {
            self.reservoir(n, k)
        }
    }

    fn redrawing(&mut self, n: u32, k: u32) -> Vec<u32> {
        // Open addressing, an entry and 1, or 0: a general hash set takes a seventh of the time of a whole fit.
        let mut seen = vec![0_u32; (2 * k as usize).next_power_of_two()];
        let last = seen.len() - 1;
        let mut drawn = Vec::with_capacity(k as usize);
        while drawn.len() < k as usize {
            let candidate = self.below(n);
            let mut slot = (candidate.wrapping_mul(0x9e37_79b9) >> 7) as usize & last;
            while seen[slot] != 0 && seen[slot] != candidate + 1 {
                slot = (slot + 1) & last;
            }
            if seen[slot] == 0 {
                seen[slot] = candidate + 1;
                drawn.push(candidate);
            }
        }
        drawn
    }

    fn reservoir(&mut self, n: u32, k: u32) -> Vec<u32> {
        let mut kept: Vec<u32> = (0..k).collect();
        for i in k..n {
            let j = self.bounded(i);
            if let Some(slot) = kept.get_mut(j as usize) {
                *slot = i;
            }
        }
        kept
    }
}

/// The seed of each of the trees `skip..skip + n` of a forest: one stream over all trees, so that a warm start goes on where the first fit ended.
pub(super) fn tree_seeds(random_state: u32, skip: usize, n: usize) -> Vec<u32> {
    let mut stream = RandomState::new(random_state);
    (0..skip + n).map(|_| stream.seed()).skip(skip).collect()
}

/// `RandomState::new(seed).seed()`, without the rest of the generator's state: a tree wants two such numbers, and whole states
/// made for them take a tenth of the time of a fit.
fn first_seed(seed: u32) -> u32 {
    let value = first_output(seed) & (u32::MAX >> (MAX_SEED - 1).leading_zeros());
    if value < MAX_SEED { value } else { RandomState::new(seed).seed() }
}

/// The first output of MT19937 (Matsumoto and Nishimura 1998), for which of the 624 words of its state three are needed.
fn first_output(seed: u32) -> u32 {
    let next = |word: u32, i: u32| (word ^ word >> 30).wrapping_mul(1_812_433_253).wrapping_add(i);
    let second = next(seed, 1);
    let word_397 = (2..=397).fold(second, next);
    let joined = seed & 1 << 31 | second & !(1 << 31);
    let mut output = word_397 ^ joined >> 1 ^ if joined & 1 == 1 { 0x9908_b0df } else { 0 };
    output ^= output >> 11;
    output ^= output << 7 & 0x9d2c_5680;
    output ^= output << 15 & 0xefc6_0000;
    output ^ output >> 18
}

/// The xorshift generator of scikit-learn's splitter.
pub(super) struct Splitter(pub(super) u32);

impl Splitter {
    /// The splitter of the tree with this seed (an entry of [`tree_seeds`]).
    pub(super) fn for_tree(seed: u32) -> Self {
        Self(first_seed(first_seed(seed)))
    }

    /// A number in `0..=SPLITTER_MAX`.
    pub(super) fn next(&mut self) -> u32 {
        let mut x = if self.0 == 0 { 1 } else { self.0 };
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.0 = x;
        x % (SPLITTER_MAX + 1)
    }

    /// A number in `low..high`; `high` must be above `low`.
    pub(super) fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.next() as usize % (high - low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_seed_is_that_of_the_whole_generator() {
        for i in 0..2_000_u32 {
            let seed = i.wrapping_mul(0x9e37_79b9);
            assert_eq!(first_output(seed), Mt::new(seed).next_u32(), "{seed}");
            assert_eq!(first_seed(seed), RandomState::new(seed).seed(), "{seed}");
        }
    }

    #[test]
    fn numbers_are_those_of_numpys_legacy_generator() {
        // numpy.random.RandomState(16).randint(0, 2**31 - 1, size=3)
        let mut stream = RandomState::new(16);
        assert_eq!([stream.seed(), stream.seed(), stream.seed()], [959_027_881, 1_402_977_518, 99_485_817]);
    }

    #[test]
    fn a_bound_of_zero_draws_nothing() {
        let (mut a, mut b) = (RandomState::new(3), RandomState::new(3));
        assert_eq!(a.bounded(0), 0);
        assert_eq!(a.seed(), b.seed());
    }

    #[test]
    fn draws_without_replacement_are_distinct_on_all_three_ways() {
        for (n, k) in [(300, 256), (25_601, 256), (256, 256), (258, 256), (1, 1)] {
            let mut drawn = RandomState::new(1).without_replacement(n, k);
            assert_eq!(drawn.len(), k as usize);
            drawn.sort_unstable();
            drawn.dedup();
            assert_eq!(drawn.len(), k as usize, "{k} of {n}");
            assert!(drawn.iter().all(|&row| row < n));
        }
    }

    #[test]
    fn seeds_of_a_warm_start_go_on_where_the_first_fit_ended() {
        assert_eq!(tree_seeds(42, 5, 7), tree_seeds(42, 0, 12)[5..]);
    }

    #[test]
    fn a_splitter_in_state_zero_starts_at_one() {
        assert_eq!(Splitter(0).next(), Splitter(1).next());
    }
}
