//! A uniform sample of a stream whose length nobody knows, in one pass.

use ndarray::{Array2, ArrayView2};
use rand_mt::Mt64;

/// Keeps a uniform random sample, without replacement, of at most `capacity` rows of all that are added (Vitter 1985,
/// algorithm R): after any number of rows, each set of `capacity` of them is equally likely to be the one that is kept.
///
/// A stream of at most `capacity` rows is kept whole and in its order. The same seed and rows give the same sample,
/// however the rows are split into blocks. Memory: the rows kept. Cost: one draw a row.
///
/// ```
/// use isoforest::data::Reservoir;
/// use ndarray::{Array2, array};
///
/// let mut few = Reservoir::new(5, 16);
/// few.add(array![[1.0], [2.0]].view());
/// assert_eq!(few.into_rows(), array![[1.0], [2.0]]);
///
/// let mut many = Reservoir::new(5, 16);
/// many.add(Array2::zeros((1000, 3)).view());
/// assert_eq!((many.rows_seen(), many.into_rows().dim()), (1000, (5, 3)));
/// ```
#[derive(Debug, Clone)]
pub struct Reservoir {
    capacity: usize,
    n_columns: usize,
    values: Vec<f64>,
    rows_seen: u64,
    random: Mt64,
}

impl Reservoir {
    /// An empty sample of at most `capacity` rows; a capacity of 0 counts as 1.
    pub fn new(capacity: usize, seed: u32) -> Self {
        let random = Mt64::new(u64::from(seed));
        Self { capacity: capacity.max(1), n_columns: 0, values: Vec::new(), rows_seen: 0, random }
    }

    /// Adds the next rows of the stream, shape `(n_rows, n_features)`; all blocks have the width of the first.
    pub fn add(&mut self, rows: ArrayView2<'_, f64>) {
        self.n_columns = rows.ncols();
        for row in rows.rows() {
            self.rows_seen += 1;
            if self.rows_seen <= self.capacity as u64 {
                self.values.extend(row);
                continue;
            }
            // Multiplying instead of taking a remainder: off from uniform by less than rows_seen / 2^64.
            let place = (u128::from(self.random.next_u64()) * u128::from(self.rows_seen)) >> 64;
            if place < self.capacity as u128 {
                let start = place as usize * self.n_columns;
                if let Some(kept) = self.values.get_mut(start..start + self.n_columns) {
                    kept.iter_mut().zip(row).for_each(|(slot, &value)| *slot = value);
                }
            }
        }
    }

    /// Rows added so far.
    pub fn rows_seen(&self) -> u64 {
        self.rows_seen
    }

    /// The sample, shape `(at most capacity, n_features)`.
    pub fn into_rows(self) -> Array2<f64> {
        let n_rows = self.values.len().checked_div(self.n_columns).unwrap_or(0);
        Array2::from_shape_vec((n_rows, self.n_columns), self.values).unwrap_or_default()
    }
}
