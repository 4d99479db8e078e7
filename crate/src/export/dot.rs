//! A tree as a graph in the DOT language, which Graphviz draws: `dot -Tsvg tree.dot`.

use std::fmt::Write;

use super::ExportError;
use crate::IsolationForest;
use crate::data::Shortest;
use crate::explain::short;

/// Tree `tree` of a forest, counted from 0, in the DOT language: inner nodes with their test and rows, leaves with their path length.
///
/// The left edge of a node is for the rows that hold its test, and one of the two also takes rows without the value. A cut with a
/// hyperplane is written as its sum, in which a missing value is the feature's median.
///
/// # Errors
///
/// [`ExportError::Tree`] if there is no such tree.
pub fn tree_to_dot(forest: &IsolationForest, tree: usize) -> Result<String, ExportError> {
    let n_trees = forest.trees().len();
    let number = tree;
    let tree = forest.trees().get(number).ok_or(ExportError::Tree { tree, n_trees })?;
    let path_lengths = tree.path_lengths();
    let what = if tree.leaf_value.is_empty() { "path length" } else { "value" };
    let mut dot = format!("digraph \"tree {number}\" {{\n");
    dot.push_str(
        "  graph [ordering=out]\n  node [shape=box, fontname=\"sans-serif\"]\n  edge [fontname=\"sans-serif\"]\n",
    );
    for node in 0..tree.n_nodes() {
        let rows = tree.n_samples.get(node).copied().unwrap_or_default();
        let rows = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
        // Writing to a String does not fail.
        let _ = if let Some((left, right)) = tree.children(node) {
            let feature = tree.feature.get(node).and_then(|&feature| usize::try_from(feature).ok());
            let name_of = |feature: usize| forest.feature_names().get(feature).cloned().unwrap_or_default();
            let plane = tree.hyperplane(node);
            let name = plane.map_or_else(
                || feature.map_or_else(String::new, name_of),
                |plane| plane.formula(|feature| name_of(feature as usize)),
            );
            let threshold = Shortest(tree.threshold.get(node).copied().unwrap_or_default());
            let missing_left = tree.missing_left.get(node).copied().unwrap_or_default();
            let (yes, no) = if plane.is_some() {
                ("yes", "no")
            } else if missing_left {
                ("yes, or missing", "no")
            } else {
                ("yes", "no, or missing")
            };
            let name = escape(&name);
            writeln!(dot, "  {node} [label=\"{name} <= {threshold}\\n{rows}\"]").and_then(|()| {
                writeln!(dot, "  {node} -> {left} [label=\"{yes}\"]\n  {node} -> {right} [label=\"{no}\"]")
            })
        } else {
            let length = short(path_lengths.get(node).copied().unwrap_or_default());
            writeln!(dot, "  {node} [label=\"{rows}\\n{what} {length}\", style=rounded]")
        };
    }
    dot.push_str("}\n");
    Ok(dot)
}

/// A name between quotation marks, where a backslash would begin an escape; a line feed would be one in the picture, and other
/// control characters are not allowed in it.
fn escape(name: &str) -> String {
    let name = name.replace('\\', "\\\\").replace('"', "\\\"");
    name.replace(char::is_control, "\u{FFFD}")
}
