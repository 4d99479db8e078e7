//! A block of rows as `f32`, row after row: what the walk reads.

use ndarray::ArrayView2;

/// Rows in a block: few enough for the first cache, enough to use each tree many times while it is there.
pub(crate) const BLOCK_ROWS: usize = 64;

/// A number that a feature matrix can hold: `f64` or `f32`.
pub trait Feature: Copy + Send + Sync + private::Sealed {
    /// The nearest `f32`; what is beyond its range becomes an infinity.
    fn to_f32(self) -> f32;
    /// The same number as `f64`.
    fn to_f64(self) -> f64;
}

impl Feature for f32 {
    fn to_f32(self) -> f32 {
        self
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Feature for f64 {
    fn to_f32(self) -> f32 {
        self as f32
    }
    fn to_f64(self) -> f64 {
        self
    }
}

/// Keeps [`Feature`] to the two types that the forest is tested with.
mod private {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// Casts a row into `out`; gives the column of the first infinite value, if any.
fn to_f32<'a, A: Feature + 'a>(row: impl Iterator<Item = &'a A>, out: &mut [f32]) -> Option<usize> {
    let mut all_finite = true;
    for (slot, value) in out.iter_mut().zip(row) {
        *slot = value.to_f32();
        all_finite &= !slot.is_infinite();
    }
    if all_finite { None } else { out.iter().position(|value| value.is_infinite()) }
}

/// Place (row, column) of the first value that is infinite as `f32`, in row order.
pub(crate) fn find_infinite<A: Feature>(x: ArrayView2<'_, A>) -> Option<(usize, usize)> {
    let infinite = |value: &A| value.to_f32().is_infinite();
    // One quick pass without a branch per value, in memory order; the place is only looked for when there is one.
    if !x.fold(false, |any, value| any | infinite(value)) {
        return None;
    }
    x.indexed_iter().find(|(_, value)| infinite(value)).map(|(place, _)| place)
}

/// Most rows in a block: for trees whose tables are many times larger than nodes, and so worth using longer while they are near.
pub(crate) const MAX_BLOCK_ROWS: usize = 4 * BLOCK_ROWS;

/// Up to [`MAX_BLOCK_ROWS`] rows as `f32`.
#[derive(Debug)]
pub(crate) struct Block {
    /// Row after row, `n_features` each; rows past `n_rows` are zero as far as the walk reaches, and their results are dropped.
    values: Vec<f32>,
    n_features: usize,
    n_rows: usize,
    any_missing: bool,
}

impl Block {
    /// An empty block of up to `most_rows`, for rows of a matrix with `n_rows_in_all` rows, so that one row does not pay for 64.
    pub(crate) fn new(n_features: usize, n_rows_in_all: usize, most_rows: usize) -> Self {
        let n_rows = n_rows_in_all.next_multiple_of(super::walk::LANES).min(most_rows);
        Self { values: vec![0.0; n_rows * n_features], n_features, n_rows: 0, any_missing: false }
    }

    /// Casts and checks rows; the error is the place of the first infinite value.
    pub(crate) fn fill<A: Feature>(&mut self, x: ArrayView2<'_, A>) -> Result<(), (usize, usize)> {
        self.n_rows = x.nrows();
        self.any_missing = false;
        for (i, (row, out)) in x.rows().into_iter().zip(self.values.chunks_exact_mut(self.n_features)).enumerate() {
            let infinite = match row.to_slice() {
                Some(slice) => to_f32(slice.iter(), out),
                None => to_f32(row.iter(), out),
            };
            if let Some(column) = infinite {
                return Err((i, column));
            }
            self.any_missing |= out.iter().any(|value| value.is_nan());
        }
        // The lanes past the last row walk too; a NaN of an earlier block would lead them astray, out of a leaf.
        let padded = self.n_rows.next_multiple_of(super::walk::LANES) * self.n_features;
        if let Some(padding) = self.values.get_mut(self.n_rows * self.n_features..padded) {
            padding.fill(0.0);
        }
        Ok(())
    }

    /// Puts a value, one a feature, where one is missing; an empty list leaves them missing.
    pub(crate) fn fill_missing(&mut self, fillings: &[f32]) {
        if !self.any_missing || fillings.is_empty() {
            return;
        }
        for row in self.values.chunks_exact_mut(self.n_features).take(self.n_rows) {
            for (value, &filling) in row.iter_mut().zip(fillings) {
                if value.is_nan() {
                    *value = filling;
                }
            }
        }
        self.any_missing = false;
    }

    /// Copies a row over one before it.
    pub(super) fn copy_row(&mut self, from: usize, to: usize) {
        self.values.copy_within(from * self.n_features..(from + 1) * self.n_features, to * self.n_features);
    }

    /// Drops the rows from `n_rows` on.
    pub(super) fn truncate(&mut self, n_rows: usize) {
        self.n_rows = self.n_rows.min(n_rows);
    }

    /// Whether a value is missing anywhere.
    pub(super) fn any_missing(&self) -> bool {
        self.any_missing
    }

    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }

    pub(super) fn n_features(&self) -> usize {
        self.n_features
    }

    /// The values of row `row`.
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.n_features..][..self.n_features]
    }

    /// The values of `n` rows from `first` on, which may reach past the last filled row.
    pub(super) fn rows(&self, first: usize, n: usize) -> &[f32] {
        &self.values[first * self.n_features..][..n * self.n_features]
    }
}
