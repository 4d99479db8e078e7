//! Trees that are none: sizes, children, parents, features, thresholds, rows, depth.

use isoforest::{LoadError, TreeProblem};
use serde_json::{Value, json};

use crate::common::small_json;
use crate::{Loaded, assert_json, load, load_changed, load_with};

/// The place and the problem of a tree's error; fails for any other result.
#[track_caller]
fn tree_problem(loaded: Loaded) -> (usize, Option<usize>, TreeProblem) {
    match loaded {
        Err(error @ LoadError::Tree { .. }) => {
            let text = error.to_string();
            let LoadError::Tree { tree, node, problem } = error else { unreachable!() };
            assert!(text.contains(&format!("tree {tree}")), "{text}");
            if let Some(node) = node {
                assert!(text.contains(&format!("node {node}")), "{text}");
            }
            (tree, node, problem)
        }
        other => panic!("expected an error about a tree, got {other:?}"),
    }
}

/// Entry of an array of tree 1.
fn entry(document: &Value, array: &str, node: usize) -> i64 {
    document["trees"][1][array][node].as_i64().unwrap()
}

fn nodes(document: &Value) -> usize {
    document["trees"][1]["left"].as_array().unwrap().len()
}

/// The first leaf of tree 1.
fn first_leaf(document: &Value) -> usize {
    (0..nodes(document)).find(|&node| entry(document, "left", node) == -1).unwrap()
}

/// An inner node of tree 1 that is not the root.
fn inner_node(document: &Value) -> usize {
    (1..nodes(document)).find(|&node| entry(document, "left", node) != -1).unwrap()
}

#[test]
fn an_array_of_another_length_is_an_error_that_names_tree_and_array() {
    for array in ["feature", "threshold", "left", "right", "n_samples", "missing_left"] {
        let loaded = load_changed(|document| {
            document["trees"][1][array].as_array_mut().unwrap().pop();
        });
        let (tree, node, problem) = tree_problem(loaded);
        assert_eq!((tree, node), (1, None));
        let TreeProblem::ArrayLength { expected, found, .. } = problem else { panic!("{problem:?}") };
        assert_eq!(expected.abs_diff(found), 1, "{array}");
    }
}

#[test]
fn a_tree_without_nodes_is_an_error() {
    let empty = json!({"feature": [], "threshold": [], "left": [], "right": [], "n_samples": [], "missing_left": []});
    assert_eq!(tree_problem(load_with("/trees/2", empty)), (2, None, TreeProblem::NoNodes));
}

#[test]
fn a_child_at_or_above_its_parent_is_an_error_so_that_there_is_no_cycle() {
    for side in ["left", "right"] {
        let mut at = 0;
        let node = &mut at;
        let loaded = load_changed(|document| {
            *node = inner_node(document);
            document["trees"][1][side][*node] = json!(*node);
        });
        let (tree, found, problem) = tree_problem(loaded);
        assert_eq!((tree, found), (1, Some(at)), "a node that is its own child");
        assert!(matches!(problem, TreeProblem::ChildOutOfRange { child, .. } if child as usize == at), "{problem:?}");

        let loaded = load_changed(|document| {
            let node = inner_node(document);
            document["trees"][1][side][node] = json!(0);
        });
        let (tree, found, problem) = tree_problem(loaded);
        assert_eq!((tree, found), (1, Some(at)), "the root as a child");
        assert!(matches!(problem, TreeProblem::ChildOutOfRange { child: 0, .. }), "{problem:?}");
    }
}

#[test]
fn a_child_past_the_last_node_is_an_error() {
    for side in ["left", "right"] {
        for past in [0, 1, 1_000_000_i64] {
            let mut last = 0;
            let loaded = load_changed(|document| {
                last = i64::try_from(nodes(document)).unwrap();
                document["trees"][1][side][0] = json!(last + past);
            });
            let (tree, node, problem) = tree_problem(loaded);
            assert_eq!((tree, node), (1, Some(0)));
            assert!(matches!(problem, TreeProblem::ChildOutOfRange { child, .. } if i64::from(child) == last + past));
        }
    }
    let (_, _, problem) = tree_problem(load_with("/trees/1/left/0", json!(i32::MIN)));
    assert!(matches!(problem, TreeProblem::ChildOutOfRange { child: i32::MIN, .. }), "{problem:?}");
    assert_json(load_with("/trees/1/left/0", json!(1_i64 << 31)), "");
}

#[test]
fn a_node_with_two_parents_is_an_error() {
    let mut child = 0;
    let loaded = load_changed(|document| {
        child = entry(document, "right", 0);
        document["trees"][1]["left"][0] = json!(child);
    });
    // Both children the same node: seen at the sum of the rows or at the node itself.
    let (tree, node, problem) = tree_problem(loaded);
    assert_eq!(tree, 1);
    assert!(node.is_some());
    assert!(matches!(problem, TreeProblem::TwoParents | TreeProblem::SampleSum { .. }), "{problem:?}");

    // A tree of five nodes whose sums agree, though node 3 is the child of both 1 and 2.
    let knotted = json!({
        "feature": [0, 0, 0, -1, -1],
        "threshold": [0.0, 0.0, 0.0, 0.0, 0.0],
        "left": [1, 3, 3, -1, -1],
        "right": [2, 4, 4, -1, -1],
        "n_samples": [4, 2, 2, 1, 1],
        "missing_left": [false, false, false, false, false],
    });
    assert_eq!(tree_problem(load_with("/trees/1", knotted)), (1, Some(3), TreeProblem::TwoParents));
}

#[test]
fn a_node_without_a_parent_is_an_error() {
    let loose = json!({
        "feature": [0, -1, -1, -1],
        "threshold": [0.0, 0.0, 0.0, 0.0],
        "left": [1, -1, -1, -1],
        "right": [2, -1, -1, -1],
        "n_samples": [2, 1, 1, 1],
        "missing_left": [false, false, false, false],
    });
    assert_eq!(tree_problem(load_with("/trees/1", loose)), (1, Some(3), TreeProblem::NoParent));
}

#[test]
fn a_feature_that_the_model_does_not_have_is_an_error() {
    for feature in [2, 3, 1_000_000, i32::MAX, -2, i32::MIN] {
        let mut at = 0;
        let loaded = load_changed(|document| {
            at = inner_node(document);
            document["trees"][1]["feature"][at] = json!(feature);
        });
        assert_eq!(tree_problem(loaded), (1, Some(at), TreeProblem::Feature { feature, n_features: 2 }));
    }
}

#[test]
fn a_half_leaf_is_an_error() {
    let mut at = 0;
    for (array, value) in [("feature", 0), ("left", 5), ("right", 5)] {
        let loaded = load_changed(|document| {
            at = first_leaf(document);
            document["trees"][1][array][at] = json!(value);
        });
        let (tree, node, problem) = tree_problem(loaded);
        assert_eq!((tree, node), (1, Some(at)));
        assert!(matches!(problem, TreeProblem::HalfLeaf { .. }), "{problem:?}");
    }
    for array in ["feature", "left", "right"] {
        let loaded = load_changed(|document| {
            at = inner_node(document);
            document["trees"][1][array][at] = json!(-1);
        });
        let (tree, node, problem) = tree_problem(loaded);
        assert_eq!((tree, node), (1, Some(at)));
        assert!(matches!(problem, TreeProblem::HalfLeaf { .. }), "{problem:?}");
    }
}

#[test]
fn a_threshold_that_is_not_finite_is_an_error() {
    let text = small_json().to_string();
    let threshold = small_json()["trees"][1]["threshold"][0].to_string();
    assert_eq!(text.matches(&threshold).count(), 1);
    for word in ["NaN", "Infinity", "-Infinity", "null", "1e999", "-1e999", "\"0.5\""] {
        let damaged = text.replace(&threshold, word);
        assert_json(load(damaged.as_bytes()), "");
    }
}

#[test]
fn a_node_without_rows_is_an_error() {
    let mut at = 0;
    let loaded = load_changed(|document| {
        at = first_leaf(document);
        document["trees"][1]["n_samples"][at] = json!(0);
        // Before the leaf itself is reached, its parent's sum would be wrong; make it right.
        let parent = (0..at).find(|&node| usize::try_from(entry(document, "left", node)) == Ok(at)).unwrap();
        let sibling = entry(document, "right", parent) as usize;
        document["trees"][1]["n_samples"][sibling] = document["trees"][1]["n_samples"][parent].clone();
    });
    let (tree, node, problem) = tree_problem(loaded);
    assert_eq!(tree, 1);
    // The sibling's own children no longer sum up, if it has any and stands first.
    assert!(node == Some(at) && problem == TreeProblem::NoSamples, "node {node:?}: {problem:?}");
    assert_json(load_with("/trees/1/n_samples/0", json!(-1)), "");
    assert_json(load_with("/trees/1/n_samples/0", json!(1_u64 << 32)), "");
    assert_json(load_with("/trees/1/n_samples/0", json!(1.5)), "");
}

#[test]
fn children_whose_rows_do_not_sum_to_the_parents_are_an_error() {
    let mut sums = (0, 0);
    let loaded = load_changed(|document| {
        let rows = entry(document, "n_samples", 0);
        sums = (rows - 1, rows);
        document["trees"][1]["n_samples"][0] = json!(rows - 1);
    });
    let (parent, children) = (u32::try_from(sums.0).unwrap(), u64::try_from(sums.1).unwrap());
    assert_eq!(tree_problem(loaded), (1, Some(0), TreeProblem::SampleSum { parent, children }));

    let split_into = |left: u32, right: u32| {
        json!({
            "feature": [0, -1, -1],
            "threshold": [0.0, 0.0, 0.0],
            "left": [1, -1, -1],
            "right": [2, -1, -1],
            "n_samples": [6, left, right],
            "missing_left": [false, false, false],
        })
    };
    load_with("/trees/1", split_into(2, 4)).unwrap();
    // Too few, too many, and a sum that would be right if it wrapped around.
    for (left, right) in [(2, 3), (2, 5), (u32::MAX, 7)] {
        let children = u64::from(left) + u64::from(right);
        let (_, _, problem) = tree_problem(load_with("/trees/1", split_into(left, right)));
        assert_eq!(problem, TreeProblem::SampleSum { parent: 6, children });
    }
}

#[test]
fn more_rows_at_a_root_than_max_samples_is_an_error() {
    let (tree, node, problem) = tree_problem(load_with("/max_samples_", json!(15)));
    assert_eq!((tree, node, problem), (0, Some(0), TreeProblem::RootSamples { found: 16, max_samples: 15 }));
}

#[test]
fn a_tree_deeper_than_max_samples_allows_is_an_error() {
    // A chain: node 2i splits into leaf 2i + 1 and node 2i + 2. Sixteen rows may go four deep.
    let chain = |depth: i32| {
        let n = 2 * depth + 1;
        let inner = |node: i32| node % 2 == 0 && node < 2 * depth;
        json!({
            "feature": (0..n).map(|node| if inner(node) { 0 } else { -1 }).collect::<Vec<_>>(),
            "threshold": (0..n).map(|_| 0.0).collect::<Vec<_>>(),
            "left": (0..n).map(|node| if inner(node) { node + 1 } else { -1 }).collect::<Vec<_>>(),
            "right": (0..n).map(|node| if inner(node) { node + 2 } else { -1 }).collect::<Vec<_>>(),
            "n_samples": (0..n).map(|node| if node % 2 == 0 { depth + 1 - node / 2 } else { 1 }).collect::<Vec<_>>(),
            "missing_left": (0..n).map(|_| false).collect::<Vec<_>>(),
        })
    };
    load_with("/trees/1", chain(4)).unwrap();
    let (tree, node, problem) = tree_problem(load_with("/trees/1", chain(5)));
    assert_eq!((tree, problem), (1, TreeProblem::TooDeep { depth: 5, limit: 4 }));
    assert_eq!(node, Some(9));
}
