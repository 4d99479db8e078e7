use ndarray::Array2;
use rand_mt::Mt64;

use super::labelled::Labelled;

/// Rows of a planted set: the normal ones, and the anomalies after them.
const NORMAL: usize = 1_000;
const ANOMALIES: usize = 50;
/// Columns of [`Kind::ManyColumns`], of which the first two tell.
const COLUMNS: usize = 12;

/// What sets the planted anomalies apart; four of these kinds are those of ADBench (Han and others 2022).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Normal rows in one cloud; anomalies anywhere well outside of it.
    Global,
    /// Normal rows in four clouds on a diagonal; anomalies where the first value of one meets the second of another, so that each
    /// value by itself is usual. They lie in the arms of the clouds' crosses, which cuts along the axes cannot see through.
    Cross,
    /// Normal rows along a curve; anomalies have values of the same columns, but not of the same rows.
    Dependency,
    /// Normal rows in a tight cloud and in a wide one; anomalies stand as far from the tight cloud as neighbours in the wide one stand apart.
    Local,
    /// Normal rows in one cloud; anomalies in a small tight one outside, where each has many neighbours.
    Clustered,
    /// As [`Global`](Self::Global), but ten more columns of noise hide the two that tell.
    ManyColumns,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Global, Self::Cross, Self::Dependency, Self::Local, Self::Clustered, Self::ManyColumns];

    /// Its name in a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Cross => "cross",
            Self::Dependency => "dependency",
            Self::Local => "local",
            Self::Clustered => "clustered",
            Self::ManyColumns => "many columns",
        }
    }
}

/// A labelled set of 1,000 normal rows and 50 anomalies of one kind. The same seed gives the same bits.
///
/// ```
/// use isoforest::compare::{Kind, planted};
///
/// let set = planted(Kind::Local, 7);
/// assert_eq!(set.x.dim(), (1_050, 2));
/// assert_eq!(set.is_outlier.iter().filter(|&&outlier| outlier).count(), 50);
/// ```
pub fn planted(kind: Kind, seed: u64) -> Labelled {
    let mut draws = Draws(Mt64::new(seed));
    let n_columns = if kind == Kind::ManyColumns { COLUMNS } else { 2 };
    let is_outlier: Vec<bool> = (0..NORMAL + ANOMALIES).map(|row| row >= NORMAL).collect();
    let mut x = Array2::zeros((is_outlier.len(), n_columns));
    for (row, (mut values, &outlier)) in x.rows_mut().into_iter().zip(&is_outlier).enumerate() {
        let (first, second) = if outlier { draws.anomaly(kind, row) } else { draws.normal(kind, row) };
        for (column, value) in values.iter_mut().enumerate() {
            *value = match column {
                0 => first,
                1 => second,
                _ => draws.bell(),
            };
        }
    }
    Labelled { name: kind.name().to_owned(), x, is_outlier }
}

/// Where the clouds of [`Kind::Cross`] are, in both columns.
fn of_clouds(number: usize) -> f64 {
    10.0 * number as f64
}

/// A stream of draws.
struct Draws(Mt64);

impl Draws {
    /// Uniform in [0, 1).
    fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Of mean 0 and variance 1, nearly normal: a sum of twelve uniform numbers, which every machine rounds alike.
    fn bell(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    fn cloud(&mut self, (x, y): (f64, f64), width: f64) -> (f64, f64) {
        (x + width * self.bell(), y + width * self.bell())
    }

    /// A point on the curve of [`Kind::Dependency`], and a little beside.
    fn by_the_curve(&mut self) -> (f64, f64) {
        let x = self.between(-3.0, 3.0);
        (x, x * x / 3.0 + 0.1 * self.bell())
    }

    fn normal(&mut self, kind: Kind, row: usize) -> (f64, f64) {
        let even = row.is_multiple_of(2);
        match kind {
            Kind::Global | Kind::Clustered | Kind::ManyColumns => self.cloud((0.0, 0.0), 1.0),
            Kind::Cross => self.cloud((of_clouds(row % 4), of_clouds(row % 4)), 1.0),
            Kind::Dependency => self.by_the_curve(),
            Kind::Local if even => self.cloud((0.0, 0.0), 0.2),
            Kind::Local => self.cloud((10.0, 0.0), 2.0),
        }
    }

    fn anomaly(&mut self, kind: Kind, row: usize) -> (f64, f64) {
        // Anywhere in a square, but not where `is_normal` says: drawn anew until it fits.
        let mut outside = |half: f64, is_normal: fn(f64, f64) -> bool| loop {
            let (x, y) = (self.between(-half, half), self.between(-half, half));
            if !is_normal(x, y) {
                return (x, y);
            }
        };
        match kind {
            Kind::Global | Kind::ManyColumns => outside(7.0, |x, y| x * x + y * y < 16.0),
            Kind::Local => outside(2.0, |x, y| x * x + y * y < 1.0),
            // Each of the twelve places in turn.
            Kind::Cross => self.cloud((of_clouds(row % 4), of_clouds((row + 1 + row / 4 % 3) % 4)), 1.0),
            Kind::Clustered => self.cloud((5.0, 5.0), 0.2),
            Kind::Dependency => loop {
                let ((x, _), (_, y)) = (self.by_the_curve(), self.by_the_curve());
                if (y - x * x / 3.0).abs() > 0.7 {
                    return (x, y);
                }
            },
        }
    }
}
