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
    /// Whether a user stays with the first price, or picks a new one at every purchase.
    one_price: bool,
    /// How many purchases a user makes in the period.
    purchases: &'static [Purchases],
    /// What the purchases cost.
    prices: &'static [Price],
}

/// Nearly everybody: one purchase, or the same pack again and again; `sd` is 0 either way.
const HABIT: Taste = Taste {
    one_price: true,
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
    one_price: false,
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
        (2_999, 460),
        (4_999, 240),
        (7_999, 90),
        (12_499, 40),
    ],
};

/// Users to whom the large packs are ordinary.
const GENEROUS: Taste = Taste {
    one_price: false,
    purchases: &[((2, 2), 3000), ((3, 3), 2000), ((4, 5), 2000), ((6, 12), 2000), ((13, 60), 1000)],
    prices: &[(499, 1200), (999, 1200), (2_999, 1700), (4_999, 2000), (7_999, 1500), (12_499, 1300), (19_999, 500)],
};

/// Users who now and then buy one of the packs above the ordinary list.
const LAVISH: Taste = Taste {
    one_price: false,
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
    one_price: false,
    purchases: &[((1, 1), 2500), ((2, 2), 1500), ((3, 6), 3500), ((7, 30), 2500)],
    prices: &[(19_999, 500), (64_999, 3000), (99_999, 3000), (209_999, 5000)],
};

/// How common each taste is.
const TASTES: &[(Taste, u32)] = &[(HABIT, 87_674), (CURIOUS, 11_500), (GENEROUS, 650), (LAVISH, 144), (BOUNDLESS, 32)];

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
        let (fewest, most) = draws.pick(taste.purchases, (1, 1));
        let count = fewest + draws.below(most - fewest + 1);
        let first = draws.pick(taste.prices, 0);
        let mut spending = Self::default();
        spending.add(first);
        for _ in 1..count {
            let amount = if taste.one_price { first } else { draws.pick(taste.prices, 0) };
            spending.add(amount);
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
            assert!(taste.purchases.iter().all(|&((fewest, most), weight)| 1 <= fewest && fewest <= most && weight > 0));
            assert!(taste.prices.iter().all(|&(cents, weight)| cents > 0 && weight > 0));
        }
    }
}
