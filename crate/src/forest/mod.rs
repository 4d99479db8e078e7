//! Growing the forest: parameters, the random streams, one tree, all trees.

/// One tree of an extended forest from its rows.
mod extended;
/// Drawing the rows and columns of each tree and growing the trees, on one thread or several.
mod fit;
/// One tree from its rows.
mod grow;
/// Cuts with hyperplanes.
mod hyperplanes;
/// The nine parameters and the detector, their rules and their errors.
mod params;
/// Average path length of an unsuccessful search, `c(n)`.
mod path_length;
/// scikit-learn's random streams.
mod random;
/// A grown tree as flat arrays.
mod tree;

pub(crate) use extended::grow_extended;
pub(crate) use fit::{Plan, depth_limit, grow_standard, grow_trees};
pub use hyperplanes::{Hyperplane, Hyperplanes};
pub use params::{Contamination, Detector, IsolationForestParams, MaxFeatures, MaxSamples, ParamError};
pub use path_length::average_path_length;
pub use tree::{LEAF, Tree};
