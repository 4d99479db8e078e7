//! Matrices made from a few integers, the same bits here and in `fixtures/make_fixtures.py`: splitmix64, additions
//! and multiplications, and no function that two C libraries may round differently.

use isoforest::ndarray::Array2;
use serde::Deserialize;

/// Steele, Lea and Flood's generator ("Fast splittable pseudorandom number generators", 2014).
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 * 2f64.powi(-53)
    }
}

/// A matrix in words; the script says what each field does.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub features: usize,
    /// Where the stream starts.
    pub seed: u64,
    /// Factor of every value.
    pub scale: f64,
    /// Added to every value.
    pub shift: f64,
    /// Values are cut down to multiples of 1/levels, which makes ties.
    pub levels: Option<u32>,
    /// Columns that hold 1 everywhere.
    pub constant: Vec<usize>,
    /// Share of missing values.
    pub missing: f64,
    /// Columns without any value.
    pub all_missing: Vec<usize>,
}

impl Recipe {
    /// Bell-shaped values with nothing special about them.
    pub fn new(rows: usize, features: usize, seed: u64) -> Self {
        Self {
            rows,
            features,
            seed,
            scale: 1.0,
            shift: 0.0,
            levels: None,
            constant: Vec::new(),
            missing: 0.0,
            all_missing: Vec::new(),
        }
    }

    /// The matrix.
    pub fn cook(&self) -> Array2<f64> {
        let mut random = SplitMix64(self.seed);
        Array2::from_shape_simple_fn((self.rows, self.features), || {
            let [first, second, third, fourth, hole] = std::array::from_fn(|_| random.uniform());
            let mut value = first + second + third + fourth - 2.0;
            if let Some(levels) = self.levels {
                let levels = f64::from(levels);
                value = (value * levels).floor() / levels;
            }
            if hole < self.missing { f64::NAN } else { value * self.scale + self.shift }
        })
        .with_columns(&self.constant, 1.0)
        .with_columns(&self.all_missing, f64::NAN)
    }
}

trait WithColumns {
    fn with_columns(self, columns: &[usize], value: f64) -> Self;
}

impl WithColumns for Array2<f64> {
    fn with_columns(mut self, columns: &[usize], value: f64) -> Self {
        for &column in columns {
            self.column_mut(column).fill(value);
        }
        self
    }
}

/// Bell-shaped values around 0, standard deviation 0.58, all within ±2.
pub fn bell(rows: usize, features: usize, seed: u64) -> Array2<f64> {
    Recipe::new(rows, features, seed).cook()
}

/// Values spread evenly over [-1, 1).
pub fn uniform(rows: usize, features: usize, seed: u64) -> Array2<f64> {
    let mut random = SplitMix64(seed);
    Array2::from_shape_simple_fn((rows, features), || 2.0 * random.uniform() - 1.0)
}
