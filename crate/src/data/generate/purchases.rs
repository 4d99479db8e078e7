//! The model of purchases: who buys, how often, and at which prices.
//!
//! Every figure is a whole number (cents, counts, weights), so that a seed gives the same purchases on every machine.
//! The weights are only relative to each other, within one list. They were set by hand until the z-scores had the long
//! right tail, the one point that most rows share, and the correlation that `data/README.md` lists.

use super::draw::Draws;

/// A price in cents and how popular it is.
type Price = (u64, u32);

/// A range of purchase counts, both ends included, and how common it is; within a range every count is as likely.
type Purchases = ((u64, u64), u32);

/// How a group of users spends.
#[derive(Debug, Clone, Copy)]
struct Taste {
    /// In how many per cent of the later purchases a user pays the first price again; drawn for each user from this
    /// range, both ends included.
    loyalty: (u64, u64),
    /// How many purchases a user makes in the period.
    purchases: &'static [Purchases],
    /// What the purchases cost.
    prices: &'static [Price],
}

/// Nearly everybody: one purchase, or the same pack again and again; `sd` is 0 either way.
const HABIT: Taste = Taste {
    loyalty: (100, 100),
    purchases: &[((1, 1), 7700), ((2, 2), 1100), ((3, 5), 800), ((6, 12), 300), ((13, 60), 100)],
    prices: &[
        (99, 350),
        (199, 68),
        (299, 155),
        (499, 7630),
        (799, 295),
        (999, 790),
        (1_999, 69),
        (2_999, 350),
        (4_999, 220),
        (7_999, 48),
        (12_499, 34),
        (16_999, 5),
        (19_999, 4),
        (55_999, 1),
        (64_999, 1),
    ],
};

/// Users who buy a small pack here and a larger one there.
const CURIOUS: Taste = Taste {
    loyalty: (0, 20),
    purchases: &[
        ((2, 2), 4150),
        ((3, 3), 1900),
        ((4, 4), 1050),
        ((5, 5), 650),
        ((6, 8), 1000),
        ((9, 12), 600),
        ((13, 20), 390),
        ((21, 60), 220),
        ((61, 200), 40),
    ],
    prices: &[
        (99, 450),
        (199, 70),
        (299, 400),
        (499, 4700),
        (799, 480),
        (999, 2300),
        (1_999, 190),
        (2_999, 520),
        (4_999, 270),
        (7_999, 90),
        (12_499, 40),
    ],
};

/// Users to whom the large packs are ordinary.
const GENEROUS: Taste = Taste {
    loyalty: (0, 50),
    purchases: &[((2, 2), 3000), ((3, 3), 2000), ((4, 5), 2000), ((6, 12), 2000), ((13, 60), 1000)],
    prices: &[(499, 1200), (999, 1200), (2_999, 1700), (4_999, 2000), (7_999, 1500), (12_499, 1300), (19_999, 500)],
};

/// Users who now and then buy one of the packs above the ordinary list.
const LAVISH: Taste = Taste {
    loyalty: (0, 60),
    purchases: &[((2, 2), 2500), ((3, 3), 2000), ((4, 6), 2500), ((7, 30), 3000)],
    prices: &[
        (499, 900),
        (2_999, 900),
        (7_999, 1500),
        (12_499, 2000),
        (19_999, 1600),
        (55_999, 1100),
        (64_999, 900),
        (99_999, 400),
    ],
};

/// A handful, for whom no pack is too large: they make most of the variance.
const BOUNDLESS: Taste = Taste {
    loyalty: (20, 90),
    purchases: &[((1, 1), 700), ((2, 2), 600), ((3, 6), 4000), ((7, 30), 4000)],
    prices: &[(2_999, 500), (9_999, 1000), (19_999, 1500), (64_999, 2000), (99_999, 1500), (209_999, 2500)],
};

/// How common each taste is.
const TASTES: &[(Taste, u32)] = &[(HABIT, 86_750), (CURIOUS, 12_300), (GENEROUS, 750), (LAVISH, 156), (BOUNDLESS, 44)];

/// The purchases of one user, summed up. Whole cents, so that the order of the purchases does not matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spending {
    count: u64,
    sum: u64,
    sum_of_squares: u64,
}

impl Spending {
    /// One user, drawn from the model.
    pub fn draw(draws: &mut Draws) -> Self {
        let taste = draws.pick(TASTES, HABIT);
        let purchases = draws.pick(taste.purchases, (1, 1));
        let count = draws.between(purchases);
        let loyalty = draws.between(taste.loyalty);
        let first = draws.pick(taste.prices, 0);
        let mut spending = Self::default();
        spending.add(first);
        for _ in 1..count {
            let again = draws.below(100) < loyalty;
            spending.add(if again { first } else { draws.pick(taste.prices, 0) });
        }
        spending
    }

    /// Takes one more purchase in.
    fn add(&mut self, cents: u64) {
        self.count += 1;
        self.sum += cents;
        self.sum_of_squares += cents * cents;
    }

    /// The average amount in cents; 0 if there is no purchase.
    pub fn mean(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum as f64 / self.count as f64 }
    }

    /// The sample standard deviation of the amounts in cents; 0 for fewer than two purchases.
    ///
    /// Exactly 0 if all amounts are equal: the difference below is taken in whole numbers.
    pub fn sd(&self) -> f64 {
        if self.count < 2 {
            return 0.0;
        }
        // Never below 0 (Cauchy and Schwarz), and at most 200² purchases × (210,000 cents)² < 2⁶⁴.
        let scaled = self.count * self.sum_of_squares - self.sum * self.sum;
        (scaled as f64 / (self.count * (self.count - 1)) as f64).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spending(amounts: &[u64]) -> Spending {
        let mut spending = Spending::default();
        for &cents in amounts {
            spending.add(cents);
        }
        spending
    }

    #[test]
    fn mean_and_sd_are_those_of_the_amounts() {
        let spending = spending(&[200, 400, 400, 400, 500, 500, 700, 900]);
        assert_eq!(spending.mean(), 500.0);
        assert_eq!(spending.sd(), (320_000.0_f64 / 7.0).sqrt());
    }

    #[test]
    fn equal_amounts_have_an_sd_of_exactly_zero() {
        for count in 1..300 {
            let spending = spending(&vec![209_999; count]);
            assert_eq!((spending.mean(), spending.sd()), (209_999.0, 0.0), "{count} purchases");
        }
    }

    #[test]
    fn no_purchase_has_mean_and_sd_zero() {
        let spending = Spending::default();
        assert_eq!((spending.mean(), spending.sd()), (0.0, 0.0));
    }

    #[test]
    fn ranges_of_purchases_are_not_empty_and_no_price_is_zero() {
        for (taste, weight) in TASTES {
            assert!(*weight > 0);
            assert!(
                taste.purchases.iter().all(|&((fewest, most), weight)| 1 <= fewest && fewest <= most && weight > 0)
            );
            assert!(taste.prices.iter().all(|&(cents, weight)| cents > 0 && weight > 0));
        }
    }
}
