//! Synthetic users of a social app: what the average purchase of each was, and how much the purchases varied.

mod draw;
mod purchases;

use ndarray::Array2;

use self::{draw::Draws, purchases::Spending};
use super::table::Table;

/// The seed of the data in the repository's `data/`.
///
/// Any seed gives the same picture; but thirty or so users of 64,227 make most of the variance, and with it the scale
/// of the z-scores, so some come nearer to the intended quantiles than others. This one came nearest of the first 300.
pub const DEFAULT_SEED: u64 = 40;

/// How many training rows the repository's `data/` has.
pub const DEFAULT_TRAIN_ROWS: usize = 64_227;

/// How many test rows the repository's `data/` has.
pub const DEFAULT_TEST_ROWS: usize = 16_057;

/// A training and a test table of the same columns, drawn from the same model.
#[derive(Debug, Clone)]
pub struct GeneratedData {
    /// The rows to train on; `mean` and `sd` each have average 0 and standard deviation 1 here.
    pub train: Table,
    /// Further rows, normalised with the averages and standard deviations of `train`.
    pub test: Table,
}

/// Draws users from a model of purchases and summarises each as `mean` and `sd`.
///
/// A user has a taste and by it a number of purchases, at prices of a fixed list, in cents. Column `mean` is the
/// average amount of the user, `sd` the sample standard deviation of the amounts, 0 for a single purchase. Both are
/// then normalised to z-scores: less the training average, divided by the training sample standard deviation. A
/// column that does not vary in the training table (as with one row) is not divided, and with no training rows
/// nothing is subtracted either, so that every value is finite.
///
/// Tables have shape `(n_train, 2)` and `(n_test, 2)`. The same arguments give the same bits on every machine:
/// purchases are drawn in whole numbers, and the only floating-point operations are the exactly rounded
/// `+ - × ÷ √` of IEEE 754. The time is proportional to `n_train + n_test`: milliseconds for the defaults.
///
/// ```
/// use isoforest::data::generate;
///
/// let data = generate(16, 1_000, 250);
/// assert_eq!(data.train.feature_names, ["mean", "sd"]);
/// assert_eq!(data.train.values.dim(), (1_000, 2));
/// assert_eq!(data.test.values.dim(), (250, 2));
/// assert_eq!(data.train.values, generate(16, 1_000, 250).train.values);
/// ```
pub fn generate(seed: u64, n_train: usize, n_test: usize) -> GeneratedData {
    let mut draws = Draws::new(seed);
    let mut train = draw_users(&mut draws, n_train);
    let mut test = draw_users(&mut draws, n_test);
    for feature in 0..2 {
        let scale = Normaliser::of(train.column(feature).iter().copied());
        train.column_mut(feature).mapv_inplace(|cents| scale.z_score(cents));
        test.column_mut(feature).mapv_inplace(|cents| scale.z_score(cents));
    }
    GeneratedData { train: table(train), test: table(test) }
}

/// `n` users, shape `(n, 2)`: average and standard deviation in cents.
fn draw_users(draws: &mut Draws, n: usize) -> Array2<f64> {
    let mut users = Array2::zeros((n, 2));
    for mut row in users.rows_mut() {
        let spending = Spending::draw(draws);
        for (cell, value) in row.iter_mut().zip([spending.mean(), spending.sd()]) {
            *cell = value;
        }
    }
    users
}

/// The table of normalised users.
fn table(values: Array2<f64>) -> Table {
    Table { feature_names: vec!["mean".to_owned(), "sd".to_owned()], values }
}

/// What makes z-scores of a column.
#[derive(Debug, Clone, Copy)]
struct Normaliser {
    average: f64,
    deviation: f64,
}

impl Normaliser {
    /// Average and sample standard deviation of a column.
    fn of(column: impl ExactSizeIterator<Item = f64> + Clone) -> Self {
        let n = column.len();
        if n == 0 {
            return Self { average: 0.0, deviation: 1.0 };
        }
        // Plain sums in row order: the sums of a numeric library may be regrouped by its next release.
        let average = column.clone().fold(0.0, |sum, cents| sum + cents) / n as f64;
        let squares = column.fold(0.0, |sum, cents| sum + (cents - average) * (cents - average));
        let deviation = if n > 1 { (squares / (n - 1) as f64).sqrt() } else { 0.0 };
        Self { average, deviation: if deviation > 0.0 { deviation } else { 1.0 } }
    }

    /// How many standard deviations above average.
    fn z_score(self, cents: f64) -> f64 {
        (cents - self.average) / self.deviation
    }
}
