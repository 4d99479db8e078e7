//! What must hold in a tree: its nodes are a tree, and each is one that its detector can have grown.

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

/// How the trees of a file were grown.
pub(super) struct Grown<'a> {
    pub(super) n_features: usize,
    pub(super) max_samples: usize,
    pub(super) detector: Detector,
    pub(super) medians: &'a [f32],
}

/// Checks a tree; the error carries the node, if it is about one.
pub(super) fn check_tree(tree: &Tree, grown: &Grown<'_>) -> Result<(), (Option<usize>, TreeProblem)> {
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
