//! The forest as an ONNX model, which onnxruntime and others score.
//!
//! The operator `TreeEnsembleRegressor` adds `f32` only, in an order of its own. A sum of a hundred path lengths has then seven
//! digits, and rows on the line between inliers and outliers, such as all rows that tie with the one at the percentile,
//! fall to either side. So each path length is given as three integers, of its high, middle and low bits, few enough that no sum
//! of them exceeds 2^24: such sums are exact in `f32`, in any order. Joined as `f64`, they give scores to about 1e-13 and
//! the forest's own labels.

/// Protocol buffers.
mod messages;

use prost::Message;

use self::messages::{
    Attribute, DOUBLE, Dimension, Entry, FLOAT, Graph, INT64, Kind, Model, Node, OperatorSet, Shape, Tensor,
    TensorKind, ValueInfo,
};
use super::{ExportError, denominator, inlier_sum};
use crate::IsolationForest;
use crate::scoring::largest_f32_not_above;

/// Up to here, `f32` has every integer.
const EXACT: f64 = (1 << 24) as f64;

/// Integers that a path length is given as.
const N_PARTS: usize = 3;

/// Most trees: with more, the parts have few bits left.
const MAX_TREES: usize = 10_000;

/// An ONNX model, as bytes: opset 13, and version 1 of `ai.onnx.ml`.
///
/// Its input is `features`, `float` of shape `(n_rows, n_features)`, NaN for a missing value; its outputs are `score_samples` and
/// `decision_function` (`double`) and `predict` (`int64`), of shape `(n_rows,)`. Infinite values, an error here, are scored.
///
/// # Errors
///
/// [`ExportError::TooManyTrees`] above 10,000 trees, or [`ExportError::Hyperplanes`].
pub fn to_onnx(forest: &IsolationForest) -> Result<Vec<u8>, ExportError> {
    let n_trees = forest.trees().len();
    if n_trees > MAX_TREES {
        return Err(ExportError::TooManyTrees { n_trees, most: MAX_TREES });
    }
    let denominator = denominator(forest)?;
    let parts = Parts::of(forest);
    let cast = Attribute::int("to", i64::from(DOUBLE));
    let nodes = vec![
        ensemble(forest, parts),
        Node { attribute: vec![cast], ..node("Cast", &["parts"], "wide_parts") },
        node("MatMul", &["wide_parts", "units"], "path_lengths"),
        // score_samples = -2^(path_lengths * factor + constant)
        node("Mul", &["path_lengths", "factor"], "scaled"),
        node("Add", &["scaled", "constant"], "exponents"),
        node("Pow", &["two", "exponents"], "anomaly_scores"),
        node("Neg", &["anomaly_scores"], "score_samples"),
        node("Sub", &["score_samples", "offset"], "decision_function"),
        node("Less", &["path_lengths", "least_of_inliers"], "is_outlier"),
        node("Where", &["is_outlier", "outlier", "inlier"], "predict"),
    ];
    let (factor, constant) = match denominator {
        0.0 => (0.0, -1.0),
        denominator => (-1.0 / denominator, 0.0),
    };
    let double = |name: &str, value: f64| Tensor { double_data: vec![value], ..tensor(name, DOUBLE) };
    let int = |name: &str, value: i64| Tensor { int64_data: vec![value], ..tensor(name, INT64) };
    let initializer = vec![
        Tensor { dims: vec![int64(N_PARTS)], double_data: parts.0.map(f64::recip).to_vec(), ..tensor("units", DOUBLE) },
        double("factor", factor),
        double("constant", constant),
        double("two", 2.0),
        double("offset", forest.offset()),
        double("least_of_inliers", least_of_inliers(forest, parts)),
        int("outlier", -1),
        int("inlier", 1),
    ];
    let graph = Graph {
        node: nodes,
        name: "isolation forest".to_owned(),
        initializer,
        input: vec![value("features", FLOAT, Some(forest.n_features()))],
        output: vec![
            value("score_samples", DOUBLE, None),
            value("decision_function", DOUBLE, None),
            value("predict", INT64, None),
        ],
    };
    let entry = |key: &str, value: String| Entry { key: key.to_owned(), value };
    // A JSON text of strings always can be written.
    let names = serde_json::to_string(forest.feature_names()).unwrap_or_default();
    let operators = |domain: &str, version| OperatorSet { domain: domain.to_owned(), version };
    let model = Model {
        ir_version: 7,
        producer_name: "isoforest".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: "An isolation forest. score_samples: the lower the more anomalous; predict: -1 for an outlier."
            .to_owned(),
        graph: Some(graph),
        opset_import: vec![operators("", 13), operators("ai.onnx.ml", 1)],
        metadata_props: vec![entry("feature_names", names), entry("offset", forest.offset().to_string())],
    };
    Ok(model.encode_to_vec())
}

/// A path length as integers: so many of the first make 1, so many of the second make 1 of what the first leave, and so on.
#[derive(Debug, Clone, Copy)]
struct Parts([f64; N_PARTS]);

impl Parts {
    /// As fine as the sums over the trees allow; powers of two, so that nothing but the last part is rounded.
    fn of(forest: &IsolationForest) -> Self {
        let longest = |lengths: Vec<f64>| lengths.into_iter().fold(0.0, f64::max);
        let mut largest_sum: f64 = forest.trees().iter().map(|tree| longest(tree.path_lengths())).sum();
        let mut parts = [1.0; N_PARTS];
        for part in &mut parts {
            // Half of what is exact: one step is left for rounding the last part up.
            *part = (EXACT / (2.0 * largest_sum).max(1e-9)).log2().floor().exp2();
            largest_sum = forest.trees().len() as f64 / *part;
        }
        Self(parts)
    }

    /// The integers, which are exact as `f32`.
    fn split(self, length: f64) -> [f32; N_PARTS] {
        let mut rest = length;
        let mut integers = self.0.map(|part| {
            let integer = (rest * part).floor();
            rest -= integer / part;
            integer
        });
        if let (Some(last), Some(part)) = (integers.last_mut(), self.0.last()) {
            *last += (rest * part).round();
        }
        integers.map(|integer| integer as f32)
    }

    /// More than a sum over the trees loses to rounding, here or in the forest itself.
    fn slack(self, sum: f64, n_trees: usize) -> f64 {
        n_trees as f64 * (self.0.map(f64::recip).into_iter().fold(1.0, f64::min) + f64::EPSILON * sum)
    }
}

/// The sum of path lengths that divides outliers from inliers, lowered by what the low parts lose to rounding: rows that stand on the
/// line, as ties with the percentile do, are inliers.
fn least_of_inliers(forest: &IsolationForest, parts: Parts) -> f64 {
    let least = inlier_sum(forest);
    if forest.trees().iter().any(|tree| tree.n_nodes() > 1) {
        return least - parts.slack(least, forest.trees().len());
    }
    // All rows have one score, which may miss the line by the rounding of a sum: 100 rows that are alike are inliers, 256 are
    // outliers. All then get the label that the forest gives them.
    let sum: f64 = forest.trees().iter().flat_map(crate::Tree::path_lengths).sum();
    if sum < least { f64::MAX } else { f64::MIN }
}

/// All trees as one operator, whose targets are the sums of the parts.
fn ensemble(forest: &IsolationForest, parts: Parts) -> Node {
    let (mut tree_ids, mut node_ids, mut features, mut thresholds) = (vec![], vec![], vec![], vec![]);
    let (mut modes, mut left, mut right, mut missing_left) = (vec![], vec![], vec![], vec![]);
    let (mut target_trees, mut target_nodes, mut targets, mut weights) = (vec![], vec![], vec![], vec![]);
    for (number, tree) in (0..).zip(forest.trees()) {
        for (node, length) in tree.path_lengths().into_iter().enumerate() {
            let children = tree.children(node);
            tree_ids.push(number);
            node_ids.push(int64(node));
            modes.push(if children.is_some() { "BRANCH_LEQ" } else { "LEAF" });
            let (yes, no) = children.unwrap_or_default();
            left.push(int64(yes));
            right.push(int64(no));
            features.push(i64::from(tree.feature.get(node).copied().unwrap_or_default().max(0)));
            // The input is f32, so that this test is the forest's.
            thresholds.push(largest_f32_not_above(tree.threshold.get(node).copied().unwrap_or_default()));
            missing_left.push(i64::from(tree.missing_left.get(node).copied().unwrap_or_default()));
            if children.is_none() {
                for (target, weight) in (0..).zip(parts.split(length)) {
                    target_trees.push(number);
                    target_nodes.push(int64(node));
                    targets.push(target);
                    weights.push(weight);
                }
            }
        }
    }
    let attribute = vec![
        Attribute::string("aggregate_function", "SUM"),
        Attribute::int("n_targets", int64(N_PARTS)),
        Attribute::ints("nodes_falsenodeids", right),
        Attribute::ints("nodes_featureids", features),
        Attribute::ints("nodes_missing_value_tracks_true", missing_left),
        Attribute::strings("nodes_modes", &modes),
        Attribute::ints("nodes_nodeids", node_ids),
        Attribute::ints("nodes_treeids", tree_ids),
        Attribute::ints("nodes_truenodeids", left),
        Attribute::floats("nodes_values", thresholds),
        Attribute::string("post_transform", "NONE"),
        Attribute::ints("target_ids", targets),
        Attribute::ints("target_nodeids", target_nodes),
        Attribute::ints("target_treeids", target_trees),
        Attribute::floats("target_weights", weights),
    ];
    Node { attribute, domain: "ai.onnx.ml".to_owned(), ..node("TreeEnsembleRegressor", &["features"], "parts") }
}

fn node(op_type: &str, input: &[&str], output: &str) -> Node {
    let input = input.iter().map(|&name| name.to_owned()).collect();
    Node { input, output: vec![output.to_owned()], op_type: op_type.to_owned(), ..Node::default() }
}

/// An index or a size as ONNX has them.
fn int64(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn tensor(name: &str, data_type: i32) -> Tensor {
    Tensor { name: name.to_owned(), data_type, ..Tensor::default() }
}

/// An input or output with one entry a row, or a row of `columns`.
fn value(name: &str, element: i32, columns: Option<usize>) -> ValueInfo {
    let rows = Dimension { value: None, name: Some("n_rows".to_owned()) };
    let columns = columns.map(|columns| Dimension { value: Some(int64(columns)), name: None });
    let shape = Shape { dim: [Some(rows), columns].into_iter().flatten().collect() };
    let tensor = TensorKind { element, shape: Some(shape) };
    ValueInfo { name: name.to_owned(), kind: Some(Kind { tensor: Some(tensor) }), ..ValueInfo::default() }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    fn forest(n_estimators: usize) -> IsolationForest {
        let x = Array2::from_shape_fn((300, 2), |(i, j)| ((i * 31 + j * 17) % 97) as f64);
        IsolationForest::builder().n_estimators(n_estimators).random_state(16).fit(x.view()).unwrap()
    }

    #[test]
    fn three_integers_keep_a_path_length_and_their_sums_stay_exact() {
        for (n_estimators, precision) in [(1, 1e-14), (100, 1e-12), (3_000, 1e-7)] {
            let forest = forest(n_estimators);
            let parts = Parts::of(&forest);
            let mut longest = [0.0_f64; N_PARTS];
            for tree in forest.trees() {
                let split: Vec<_> = tree.path_lengths().into_iter().map(|length| parts.split(length)).collect();
                for (length, integers) in tree.path_lengths().into_iter().zip(&split) {
                    assert!(integers.iter().all(|integer| integer.fract() == 0.0), "{integers:?}");
                    let joined: f64 =
                        integers.iter().zip(parts.0).map(|(&integer, part)| f64::from(integer) / part).sum();
                    assert!((joined - length).abs() <= precision, "{n_estimators} trees: {joined} for {length}");
                }
                for (target, sum) in longest.iter_mut().enumerate() {
                    *sum += split.iter().map(|one| f64::from(one[target])).fold(0.0, f64::max);
                }
            }
            assert!(longest.iter().all(|&sum| sum <= EXACT), "{n_estimators} trees: {longest:?}");
        }
    }

    #[test]
    fn the_bytes_are_a_model_with_all_nodes_of_the_forest() {
        let forest = forest(5);
        let model = Model::decode(&to_onnx(&forest).unwrap()[..]).unwrap();
        let graph = model.graph.unwrap();
        let kinds = graph.node[0].attribute.iter().find(|attribute| attribute.name == "nodes_modes").unwrap();
        assert_eq!(kinds.strings.len(), forest.trees().iter().map(crate::Tree::n_nodes).sum::<usize>());
        assert_eq!(
            graph.output.iter().map(|output| output.name.as_str()).collect::<Vec<_>>(),
            ["score_samples", "decision_function", "predict"]
        );
    }
}
