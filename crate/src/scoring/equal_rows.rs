//! Rows that were seen before: real data repeat themselves, and a row's score is a function of its values.
//!
//! A small table by hash, one entry a slot, the last row that came by. In the purchases that this library was made for, 64,227 rows
//! hold 2,272 different ones, and scoring takes a fifth of the time. Where few rows are found again the table is given up, after
//! [`TRIAL`] rows: on rows that are all different it costs less than can be measured.

/// Slots: 16 KB of keys and results, half of the first cache.
const SLOTS: usize = 1024;
/// Rows after which too few hits are the end of it.
const TRIAL: usize = 1024;
/// Columns that a key holds.
pub(super) const MAX_FEATURES: usize = 2;

/// Results of rows of one or two columns.
pub(super) struct EqualRows {
    /// Bits of a row and its result.
    slots: Box<[(u64, f64); SLOTS]>,
    rows: usize,
    hits: usize,
}

impl EqualRows {
    pub(super) fn new() -> Self {
        // An empty slot holds a key that belongs elsewhere.
        let mut slots = Box::new([(0, 0.0); SLOTS]);
        slots[0].0 = u64::MAX;
        Self { slots, rows: 0, hits: 0 }
    }

    /// The bits of a row of at most [`MAX_FEATURES`] columns.
    pub(super) fn key(row: &[f32]) -> u64 {
        row.iter().fold(0, |key, value| key << 32 | u64::from(value.to_bits()))
    }

    /// Whether looking is still worth it.
    pub(super) fn is_useful(&self) -> bool {
        self.rows < TRIAL || self.hits * 4 > self.rows
    }

    /// The result of a row, if it is known.
    pub(super) fn get(&mut self, key: u64) -> Option<f64> {
        let (known, result) = self.slots[slot(key)];
        self.rows += 1;
        self.hits += usize::from(known == key);
        (known == key).then_some(result)
    }

    pub(super) fn insert(&mut self, key: u64, result: f64) {
        self.slots[slot(key)] = (key, result);
    }
}

/// The upper bits of a product (Fibonacci hashing).
fn slot(key: u64) -> usize {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - SLOTS.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_slot_knows_no_row() {
        let mut rows = EqualRows::new();
        for key in [0, 1, u64::MAX, u64::MAX - 1, 1 << 63] {
            assert_eq!(rows.get(key), None, "{key}");
            rows.insert(key, 1.0);
            assert_eq!(rows.get(key), Some(1.0));
        }
    }

    #[test]
    fn rows_that_are_all_different_end_the_search() {
        let mut rows = EqualRows::new();
        for key in 0..TRIAL as u64 {
            assert!(rows.is_useful());
            assert_eq!(rows.get(key), None);
        }
        assert!(!rows.is_useful());
    }
}
