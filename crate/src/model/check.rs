//! What must hold in a model file before it is used. A file is untrusted: nothing here may panic, whatever it says.

use std::collections::HashSet;

use super::file::{Contents, FORMAT, FORMAT_VERSION, LoadError, STANDARD_VERSION};
use super::profile::{Distribution, TrainingProfile};
use crate::forest::{Detector, LEAF, Tree, depth_limit, most_leaf_value};

/// By how much a leaf's value may be above the most that this machine finds: logarithms of another may differ in their last digits.
const ROUNDING: f64 = 1e-12;

/// What is wrong with a tree.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeProblem {
    /// An array of another length than `left`.
    #[error("array {array} has {found} entries where `left` has {expected}")]
    ArrayLength {
        /// The array.
        array: &'static str,
        /// Entries of `left`.
        expected: usize,
        /// Its entries.
        found: usize,
    },
    /// No node at all.
    #[error("it has no node")]
    NoNodes,
    /// More nodes than indices can number.
    #[error("it has {0} nodes; at most 2^31 - 1 can be numbered")]
    TooManyNodes(usize),
    /// A node with one child, or a leaf with a feature.
    #[error("a leaf has feature = left = right = -1; found feature {feature}, left {left}, right {right}")]
    HalfLeaf {
        /// Its feature.
        feature: i32,
        /// Its left child.
        left: i32,
        /// Its right child.
        right: i32,
    },
    /// A child that does not come after its parent, or does not exist.
    #[error("child {child} is not above the node's own index and below the number of nodes, {n_nodes}")]
    ChildOutOfRange {
        /// The child.
        child: i32,
        /// Nodes of the tree.
        n_nodes: usize,
    },
    /// A node that is the child of two nodes, or twice of one.
    #[error("it is the child of more than one node")]
    TwoParents,
    /// A node that is nobody's child.
    #[error("it is not the root and no node's child")]
    NoParent,
    /// A column that the model does not have.
    #[error("feature {feature} is not in 0..{n_features}")]
    Feature {
        /// The column.
        feature: i32,
        /// Columns of the model.
        n_features: usize,
    },
    /// A threshold that is infinite or not a number.
    #[error("threshold {0} is not finite")]
    Threshold(f64),
    /// A node without rows.
    #[error("n_samples is 0; every node holds at least one training row, but for leaves behind a hyperplane")]
    NoSamples,
    /// Children whose rows are not the parent's.
    #[error("n_samples is {parent}, but {children} in its two children together")]
    SampleSum {
        /// Rows of the node.
        parent: u32,
        /// Rows of both children.
        children: u64,
    },
    /// More rows at the root than were drawn.
    #[error("n_samples of the root is {found}, above max_samples_ {max_samples}")]
    RootSamples {
        /// Rows of the root.
        found: u32,
        /// Rows a tree.
        max_samples: usize,
    },
    /// An array, or an object, that trees of the detector do not have, or have to have.
    #[error("{part} is {}", if *.is_there { format!("there, which trees of the detector {detector} do not have") } else { format!("not there, which trees of the detector {detector} need") })]
    Part {
        /// The array or object.
        part: &'static str,
        /// Whether it is there.
        is_there: bool,
        /// The detector.
        detector: &'static str,
    },
    /// A leaf's value that cannot be.
    #[error(
        "leaf_value is {value}; expected a number from 0 to {most}, the most that a leaf of its depth and n_samples can have"
    )]
    LeafValue {
        /// Its value.
        value: f64,
        /// The most that it can be.
        most: f64,
    },
    /// An inner node with a leaf's value.
    #[error("leaf_value is {0} at a node that is no leaf; expected 0")]
    InnerValue(f64),
    /// A side for missing values that is not the median's.
    #[error(
        "missing_left is {found}, and the median {median} of its feature, as which a missing value is read, goes to the other side"
    )]
    MissingSide {
        /// What the node says.
        found: bool,
        /// The median.
        median: f32,
    },
    /// Terms of hyperplanes that do not belong to nodes.
    #[error("hyperplanes have {found} terms where `end` says {expected}, or `end` falls")]
    HyperplaneEnds {
        /// What the last node says.
        expected: usize,
        /// Terms there are.
        found: usize,
    },
    /// A hyperplane that is none.
    #[error("its hyperplane {0}")]
    Hyperplane(&'static str),
    /// A node deeper than trees grow.
    #[error("it stands at depth {depth}, below the limit {limit} for max_samples_")]
    TooDeep {
        /// Its depth.
        depth: u32,
        /// The limit.
        limit: u32,
    },
}

/// Checks everything in a file that has been read.
pub(super) fn check(file: &Contents) -> Result<(), LoadError> {
    if file.format != FORMAT {
        return Err(LoadError::Format(file.format.chars().take(40).collect()));
    }
    if !(STANDARD_VERSION..=FORMAT_VERSION).contains(&file.format_version) {
        return Err(LoadError::Version(file.format_version));
    }
    file.params.check().map_err(LoadError::Params)?;
    let n_features = file.n_features;
    require(n_features >= 1, "n_features", || "0; expected at least 1".into())?;
    require(file.feature_names.len() == n_features, "feature_names", || {
        format!("{} names for n_features {n_features}", file.feature_names.len())
    })?;
    let distinct = file.feature_names.iter().collect::<HashSet<_>>().len();
    require(distinct == n_features, "feature_names", || "two equal names; expected distinct ones".into())?;
    require(i32::try_from(file.max_samples).is_ok_and(|n| n >= 1), "max_samples_", || {
        format!("{}; expected an integer from 1 to 2^31 - 1", file.max_samples)
    })?;
    require((-1.0..0.0).contains(&file.offset), "offset_", || {
        format!("{}; expected a number in [-1, 0)", file.offset)
    })?;
    require(file.params.random_state.is_some(), "params.random_state", || {
        "null; expected the seed that was used".into()
    })?;
    require(humantime::parse_rfc3339(&file.created_at).is_ok(), "created_at", || {
        format!("{:?}; expected an RFC 3339 time in UTC", file.created_at)
    })?;
    require(file.trees.len() == file.params.n_estimators, "trees", || {
        format!("{} trees for n_estimators {}", file.trees.len(), file.params.n_estimators)
    })?;
    let detector = check_detector(file)?;
    let grown = Grown { n_features, max_samples: file.max_samples, detector, medians: &file.medians };
    for (index, tree) in file.trees.iter().enumerate() {
        check_tree(tree, &grown).map_err(|(node, problem)| LoadError::Tree { tree: index, node, problem })?;
    }
    check_profile(&file.training_profile, &file.feature_names)
}

fn require(holds: bool, field: &str, found: impl FnOnce() -> String) -> Result<(), LoadError> {
    if holds { Ok(()) } else { Err(LoadError::Field { field: field.to_owned(), found: found() }) }
}

/// Checks what a file says of its detector, and gives it.
fn check_detector(file: &Contents) -> Result<Detector, LoadError> {
    let version = file.format_version;
    let detector = file.detector.unwrap_or_default();
    require((version == STANDARD_VERSION) == file.detector.is_none(), "detector", || {
        format!("{} in version {version} of the format", if file.detector.is_some() { "there" } else { "not there" })
    })?;
    require((version == STANDARD_VERSION) == (detector == Detector::Standard), "detector", || {
        format!("{:?}; a standard forest is written in version {STANDARD_VERSION} of the format", detector.name())
    })?;
    let resolved = detector.resolve(file.n_features).map_err(|wrong| LoadError::Field {
        field: format!("detector.{}", wrong.name),
        found: format!("{}; expected {}", wrong.value, wrong.rule),
    })?;
    // The only one that can be left open.
    require(resolved == detector, "detector.extension_level", || "null; expected the level that was used".into())?;
    let n_medians = if detector.reads_medians() { file.n_features } else { 0 };
    require(file.medians.len() == n_medians, "medians", || {
        format!("{} numbers; expected {n_medians} for the detector {:?}", file.medians.len(), detector.name())
    })?;
    require(file.medians.iter().all(|median| median.is_finite()), "medians", || {
        "not all finite; expected the median of each feature, or 0".into()
    })?;
    Ok(detector)
}

/// How the trees of a file were grown.
struct Grown<'a> {
    n_features: usize,
    max_samples: usize,
    detector: Detector,
    medians: &'a [f32],
}

/// Checks a tree; the error carries the node, if it is about one.
fn check_tree(tree: &Tree, grown: &Grown<'_>) -> Result<(), (Option<usize>, TreeProblem)> {
    let &Grown { n_features, max_samples, detector, .. } = grown;
    let n_nodes = tree.left.len();
    let whole = |problem| (None, problem);
    let lengths = [
        ("right", tree.right.len()),
        ("feature", tree.feature.len()),
        ("threshold", tree.threshold.len()),
        ("n_samples", tree.n_samples.len()),
        ("missing_left", tree.missing_left.len()),
    ];
    for (array, found) in lengths {
        if found != n_nodes {
            return Err(whole(TreeProblem::ArrayLength { array, expected: n_nodes, found }));
        }
    }
    if n_nodes == 0 {
        return Err(whole(TreeProblem::NoNodes));
    }
    if i32::try_from(n_nodes).is_err() {
        return Err(whole(TreeProblem::TooManyNodes(n_nodes)));
    }
    check_parts(tree, detector).map_err(whole)?;
    if tree.n_samples[0] as usize > max_samples {
        return Err((Some(0), TreeProblem::RootSamples { found: tree.n_samples[0], max_samples }));
    }
    let limit = depth_limit(max_samples);
    // Depth of each node that is some node's child; parents come first, so one pass in order sees a parent's before its children's.
    let mut depths: Vec<Option<u32>> = vec![None; n_nodes];
    depths[0] = Some(0);
    for node in 0..n_nodes {
        let depth = depths[node].ok_or((Some(node), TreeProblem::NoParent))?;
        if depth > limit {
            return Err((Some(node), TreeProblem::TooDeep { depth, limit }));
        }
        let children = check_node(tree, node, n_features)
            .and_then(|children| {
                check_leaf_value(tree, node, depth, detector)?;
                check_hyperplane(tree, node, grown)?;
                check_missing_side(tree, node, grown)?;
                Ok(children)
            })
            .map_err(|problem| (Some(node), problem))?;
        for child in children.into_iter().flatten() {
            if depths[child].replace(depth + 1).is_some() {
                return Err((Some(child), TreeProblem::TwoParents));
            }
        }
    }
    Ok(())
}

/// Checks that a tree has what trees of the detector have, in arrays of the right lengths. Its other arrays have one length.
fn check_parts(tree: &Tree, detector: Detector) -> Result<(), TreeProblem> {
    let n_nodes = tree.left.len();
    let parts = [
        ("leaf_value", !tree.leaf_value.is_empty(), detector.has_leaf_values()),
        ("hyperplanes", tree.hyperplanes.is_some(), detector.has_hyperplanes()),
    ];
    for (part, is_there, expected) in parts {
        if is_there != expected {
            return Err(TreeProblem::Part { part, is_there, detector: detector.name() });
        }
    }
    let length = |array, found| {
        if found == n_nodes { Ok(()) } else { Err(TreeProblem::ArrayLength { array, expected: n_nodes, found }) }
    };
    if detector.has_leaf_values() {
        length("leaf_value", tree.leaf_value.len())?;
    }
    let Some(planes) = &tree.hyperplanes else { return Ok(()) };
    length("hyperplanes.end", planes.end.len())?;
    let expected = planes.end.last().map_or(0, |&end| end as usize);
    for found in [planes.feature.len(), planes.weight.len(), planes.point.len()] {
        if found != expected || !planes.end.is_sorted() {
            return Err(TreeProblem::HyperplaneEnds { expected, found });
        }
    }
    Ok(())
}

/// Checks a node's own value, if the tree has any. The node is sound otherwise.
fn check_leaf_value(tree: &Tree, node: usize, depth: u32, detector: Detector) -> Result<(), TreeProblem> {
    let (Some(&value), Detector::Guided(guided)) = (tree.leaf_value.get(node), detector) else { return Ok(()) };
    if tree.left[node] != LEAF {
        return if value == 0.0 { Ok(()) } else { Err(TreeProblem::InnerValue(value)) };
    }
    let most = most_leaf_value(guided.score, depth, tree.n_samples[node] as usize);
    if (0.0..=most * (1.0 + ROUNDING)).contains(&value) { Ok(()) } else { Err(TreeProblem::LeafValue { value, most }) }
}

/// Checks on which side of a node without a hyperplane a missing value is, if it is read as a median. The node is sound otherwise.
fn check_missing_side(tree: &Tree, node: usize, grown: &Grown<'_>) -> Result<(), TreeProblem> {
    let feature = usize::try_from(tree.feature[node]).ok();
    match feature.and_then(|feature| grown.medians.get(feature)) {
        Some(&median) if tree.hyperplanes.is_none() => {
            let found = tree.missing_left[node];
            let expected = f64::from(median) <= tree.threshold[node];
            if found == expected { Ok(()) } else { Err(TreeProblem::MissingSide { found, median }) }
        }
        _ => Ok(()),
    }
}

/// Checks a node's hyperplane, if the tree has any. The node is sound otherwise.
fn check_hyperplane(tree: &Tree, node: usize, grown: &Grown<'_>) -> Result<(), TreeProblem> {
    let Some(planes) = &tree.hyperplanes else { return Ok(()) };
    let plane = planes.of(node);
    let problem = |holds, problem| if holds { Ok(()) } else { Err(TreeProblem::Hyperplane(problem)) };
    if tree.left[node] == LEAF {
        return problem(plane.feature.is_empty(), "stands at a leaf, which has none");
    }
    let first = plane.feature.first().copied();
    problem(
        first.is_some() && first == u32::try_from(tree.feature[node]).ok(),
        "does not begin with the node's feature",
    )?;
    problem(plane.feature.is_sorted_by(|a, b| a < b), "has features that do not rise")?;
    let most = match grown.detector {
        Detector::Extended { extension_level: Some(level) } => level.saturating_add(1),
        _ => grown.n_features,
    };
    problem(plane.feature.len() <= most, "has more features than the detector's extension_level and one")?;
    problem(
        plane.feature.iter().all(|&feature| (feature as usize) < grown.n_features),
        "has a feature that the model does not",
    )?;
    problem(
        plane.weight.iter().chain(plane.point).all(|number| number.is_finite()),
        "has a number that is not finite",
    )?;
    let threshold = f64::from(plane.threshold());
    problem(tree.threshold[node] == threshold, "does not go through its point: the node's threshold is another")?;
    problem(!tree.missing_left[node], "takes no missing value, and missing_left is true")
}

/// Checks one node by itself and gives its children. Arrays have one length, `node` is in range.
fn check_node(tree: &Tree, node: usize, n_features: usize) -> Result<Option<[usize; 2]>, TreeProblem> {
    let n_nodes = tree.left.len();
    let (feature, left, right) = (tree.feature[node], tree.left[node], tree.right[node]);
    if !tree.threshold[node].is_finite() {
        return Err(TreeProblem::Threshold(tree.threshold[node]));
    }
    // Behind a hyperplane a leaf may be empty.
    let may_be_empty = tree.hyperplanes.is_some() && node > 0 && left == LEAF;
    if tree.n_samples[node] == 0 && !may_be_empty {
        return Err(TreeProblem::NoSamples);
    }
    if [feature, left, right].contains(&LEAF) {
        return if feature == LEAF && left == LEAF && right == LEAF {
            Ok(None)
        } else {
            Err(TreeProblem::HalfLeaf { feature, left, right })
        };
    }
    let index = |child: i32| match usize::try_from(child) {
        Ok(index) if index > node && index < n_nodes => Ok(index),
        _ => Err(TreeProblem::ChildOutOfRange { child, n_nodes }),
    };
    let children = [index(left)?, index(right)?];
    if usize::try_from(feature).is_ok_and(|feature| feature < n_features) {
        let sum = children.iter().map(|&child| u64::from(tree.n_samples[child])).sum();
        if sum == u64::from(tree.n_samples[node]) {
            Ok(Some(children))
        } else {
            Err(TreeProblem::SampleSum { parent: tree.n_samples[node], children: sum })
        }
    } else {
        Err(TreeProblem::Feature { feature, n_features })
    }
}

fn check_profile(profile: &TrainingProfile, feature_names: &[String]) -> Result<(), LoadError> {
    let names = profile.features.iter().map(|feature| &feature.name);
    require(names.eq(feature_names), "training_profile.features", || {
        "other features, or in another order, than feature_names".into()
    })?;
    require(profile.rows >= 1, "training_profile.rows", || "0; expected at least 1".into())?;
    require(profile.outliers <= profile.rows, "training_profile.outliers", || {
        format!("{} of {} rows", profile.outliers, profile.rows)
    })?;
    check_distribution(&profile.scores, "training_profile.scores")?;
    for (index, feature) in profile.features.iter().enumerate() {
        let place = format!("training_profile.features[{index}]");
        require(feature.missing <= profile.rows, &place, || {
            format!("{} missing of {} rows", feature.missing, profile.rows)
        })?;
        check_distribution(&feature.distribution, &format!("{place}.distribution"))?;
    }
    Ok(())
}

fn check_distribution(distribution: &Distribution, place: &str) -> Result<(), LoadError> {
    let Distribution { min, max, mean, std, edges, shares } = distribution;
    let numbers = [min, max, mean, std];
    let known = numbers.iter().filter(|number| number.is_some_and(f64::is_finite)).count();
    if numbers.iter().all(|number| number.is_none()) && edges.is_empty() && shares.is_empty() {
        return Ok(());
    }
    require(known == numbers.len(), place, || {
        "min, max, mean and std are not four finite numbers, nor all null".into()
    })?;
    require(shares.len() == edges.len() + 1, place, || {
        format!("{} shares for {} edges; expected one more", shares.len(), edges.len())
    })?;
    require(edges.iter().all(|edge| edge.is_finite()) && edges.is_sorted_by(|a, b| a < b), place, || {
        "edges that do not rise".into()
    })?;
    require(shares.iter().all(|share| (0.0..=1.0).contains(share)), place, || "a share outside [0, 1]".into())
}
