//! Which rows ask for their score: a random choice that a seed repeats exactly.

use std::str::FromStr;

use rand_mt::Mt;

/// A share from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share(f64);

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(share) if (0.0..=1.0).contains(&share) => Ok(Self(share)),
            _ => Err(format!("expected a number from 0 to 1, found {text:?}")),
        }
    }
}

/// Chooses exactly `share` of every pass through the rows, each set of that size with the same probability
/// (Knuth, The Art of Computer Programming, volume 2, algorithm S).
pub struct Selection {
    random: Mt,
    rows: u64,
    wanted: u64,
    /// Rows and choices that are left in this pass.
    rows_left: u64,
    wanted_left: u64,
}

impl Selection {
    /// A choice among `rows` rows.
    pub fn new(rows: usize, share: Share, seed: u32) -> Self {
        let rows = rows as u64;
        let wanted = ((rows as f64 * share.0).round() as u64).min(rows);
        Self { random: Mt::new(seed), rows, wanted, rows_left: rows, wanted_left: wanted }
    }

    /// Whether the next row is chosen.
    pub fn next(&mut self) -> bool {
        if self.rows_left == 0 {
            (self.rows_left, self.wanted_left) = (self.rows, self.wanted);
        }
        // Uniform in 0..rows_left, which makes the last rows' choices certain where they must be.
        let draw = (u128::from(self.random.next_u32()) * u128::from(self.rows_left)) >> 32;
        let is_chosen = draw < u128::from(self.wanted_left);
        self.rows_left = self.rows_left.saturating_sub(1);
        self.wanted_left -= u64::from(is_chosen);
        is_chosen
    }
}

#[cfg(test)]
mod tests {
    use super::Selection;

    fn pass(selection: &mut Selection, rows: usize) -> Vec<bool> {
        (0..rows).map(|_| selection.next()).collect()
    }

    fn count(chosen: &[bool]) -> usize {
        chosen.iter().filter(|&&is_chosen| is_chosen).count()
    }

    #[test]
    fn every_pass_has_exactly_the_share_and_choices_of_its_own() {
        let mut selection = Selection::new(16_057, "0.25".parse().unwrap(), 16);
        let passes = [pass(&mut selection, 16_057), pass(&mut selection, 16_057)];
        assert_eq!(passes.each_ref().map(|pass| count(pass)), [4_014, 4_014]);
        assert_ne!(passes[0], passes[1]);
    }

    #[test]
    fn the_seed_repeats_the_choice() {
        let of = |seed| pass(&mut Selection::new(1_000, "0.25".parse().unwrap(), seed), 1_000);
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn the_choice_is_spread_over_the_file() {
        let chosen = pass(&mut Selection::new(10_000, "0.25".parse().unwrap(), 16), 10_000);
        for part in chosen.chunks(1_000) {
            assert!((180..320).contains(&count(part)), "{}", count(part));
        }
    }

    #[test]
    fn none_and_all() {
        assert_eq!(count(&pass(&mut Selection::new(99, "0".parse().unwrap(), 16), 99)), 0);
        assert_eq!(count(&pass(&mut Selection::new(99, "1".parse().unwrap(), 16), 99)), 99);
    }
}
