//! Growing the forest: parameters, the random streams, one tree, all trees.

/// Random numbers.
mod draws;
/// One tree of an extended forest from its rows.
mod extended;
/// Drawing the rows and columns of each tree and growing the trees, on one thread or several.
mod fit;
/// Where to cut a list of values.
mod gain;
/// One tree from its rows.
mod grow;
/// One tree of a guided forest from its rows.
mod guided;
/// What the leaves of a guided tree say.
mod guided_score;
/// Cuts with hyperplanes.
mod hyperplanes;
/// How much of a column's spread is the work of few rows.
mod kurtosis;
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
pub(crate) use guided::grow_guided;
pub(crate) use guided_score::most_leaf_value;
pub use hyperplanes::{Hyperplane, Hyperplanes};
pub use params::{
    ColumnWeights, Contamination, Detector, Guided, GuidedScore, IsolationForestParams, MaxFeatures, MaxSamples,
    ParamError,
};
pub use path_length::average_path_length;
pub use tree::{LEAF, Tree};
