//! Scoring allocates its result and a few buffers, and nothing a row.

#![allow(unsafe_code, reason = "an allocator that counts")]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use common::bell;
use isoforest::ndarray::{Array2, s};
use isoforest::{IsolationForest, MaxSamples};

thread_local! {
    /// Allocations of this thread, and their bytes.
    static COUNT: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

struct Counting;

// SAFETY: everything is handed to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set((count.get().0 + 1, count.get().1 + layout.size())));
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn scoring_allocates_its_result_and_nothing_a_row() {
    // Masks, registers or a walk, and a walk that no register can hold.
    for (n_features, max_samples) in [(2, 32), (10, 256), (3, 4_000)] {
        let x = Array2::from_shape_fn((20_000, n_features), |(i, j)| ((i * 7_919 + j * 104_729) % 65_537) as f64);
        let params = IsolationForest::builder().max_samples(MaxSamples::Count(max_samples)).n_estimators(20);
        let forest = params.random_state(16).fit(x.view()).unwrap();
        let count = |n_rows: usize| {
            let rows = x.slice(s![..n_rows, ..]);
            let before = COUNT.get();
            let scores = forest.score_samples(rows).unwrap();
            let after = COUNT.get();
            assert_eq!(scores.len(), n_rows);
            (after.0 - before.0, after.1 - before.1 - n_rows * size_of::<f64>())
        };
        let (few, many) = (count(1_000), count(20_000));
        assert_eq!(few, many, "allocations and bytes besides the result, {n_features} features");
        assert!(few.0 <= 8, "{} allocations, {n_features} features", few.0);
    }
}

#[test]
fn a_hundred_trees_of_bell_shaped_data_take_less_than_300_kb_for_scoring() {
    let x = bell(20_000, 10, 1);
    let forest = IsolationForest::builder().random_state(16).fit(x.view()).unwrap();
    let (trees, scoring) = forest.heap_bytes();
    assert!(scoring < 300_000, "{scoring} bytes for scoring, {trees} for the trees");
}
