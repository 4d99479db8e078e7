//! What several test files share.
#![allow(dead_code, unused_imports, reason = "each test file is a crate of its own and uses its own part of this")]

/// Fixtures: forests grown by scikit-learn.
pub mod fixture;
/// A small fitted model and its file, to be damaged.
pub mod model;
/// Which rows come to which node.
pub mod nodes;
/// Matrices made from a few integers.
pub mod recipe;
/// Distance between numbers in units in the last place.
pub mod ulps;

pub use fixture::Fixture;
pub use model::{small_json, small_model};
pub use nodes::rows_of_nodes;
pub use recipe::{Recipe, bell, uniform};
pub use ulps::{assert_same_bits, ulps_apart};
