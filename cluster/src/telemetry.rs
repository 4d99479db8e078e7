//! Counts of what this process did, for Prometheus.

use std::sync::atomic::{AtomicU64, Ordering};

static ROWS: AtomicU64 = AtomicU64::new(0);
static OUTLIERS: AtomicU64 = AtomicU64::new(0);
static PARTS: AtomicU64 = AtomicU64::new(0);

/// Counts since the process began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Rows that were scored and written, those of parts that were given up included.
    pub rows: u64,
    /// Those of them that are outliers.
    pub outliers: u64,
    /// Parts that were completed.
    pub parts: u64,
}

/// Counts rows that were written.
pub(crate) fn rows_written(rows: u64, outliers: u64) {
    ROWS.fetch_add(rows, Ordering::Relaxed);
    OUTLIERS.fetch_add(outliers, Ordering::Relaxed);
}

/// Counts a part that is complete.
pub(crate) fn part_written() {
    PARTS.fetch_add(1, Ordering::Relaxed);
}

/// The counts by now.
pub fn counts() -> Counts {
    let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
    Counts { rows: read(&ROWS), outliers: read(&OUTLIERS), parts: read(&PARTS) }
}
