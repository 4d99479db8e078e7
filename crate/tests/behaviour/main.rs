//! What the forest does, seen from outside, a sentence a test.

#[path = "../common/mod.rs"]
mod common;

/// What rows may look like: layouts, missing and infinite values, other widths.
mod input;
/// The nine parameters: defaults, rules, errors.
mod parameters;
/// What scikit-learn's own tests of its `IsolationForest` ask for.
mod scikit_learn;
/// Threads and blocks change nothing but the time.
mod threads_and_blocks;
/// Adding trees to a forest.
mod warm_start;
