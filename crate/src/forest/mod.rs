//! Growing the forest: parameters, the random streams, one tree, all trees.

/// Drawing the rows and columns of each tree and growing the trees, on one thread or several.
mod fit;
/// One tree from its rows.
mod grow;
/// The nine parameters, their rules and their errors.
mod params;
/// Average path length of an unsuccessful search, `c(n)`.
mod path_length;
/// scikit-learn's random streams.
mod random;
/// A grown tree as flat arrays.
mod tree;

pub(crate) use fit::{Plan, depth_limit, grow_trees};
pub use params::{Contamination, IsolationForestParams, MaxFeatures, MaxSamples, ParamError};
pub use path_length::average_path_length;
pub use tree::{LEAF, Tree};
