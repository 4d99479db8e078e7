//! The forest as an ONNX model, which onnxruntime and others score.
//!
//! The operator `TreeEnsembleRegressor` adds `f32` only, in an order of its own. A sum of a hundred path lengths has then seven
//! digits, and rows on the line between inliers and outliers, such as all rows that tie with the one at the percentile,
//! fall to either side. So each path length is given as two integers, of its high and its low bits, few enough that no sum of
//! them exceeds 2^24: such sums are exact in `f32`, in any order. Joined as `f64`, they give scores to about 1e-11 and the
//! forest's own labels.

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

/// Most trees: their sums still have ten bits behind the point in the high part.
const MAX_TREES: usize = 100_000;

/// An ONNX model, as bytes: opset 13, and version 1 of `ai.onnx.ml`.
///
/// Its input is `features`, `float` of shape `(n_rows, n_features)`, NaN for a missing value; its outputs are `score_samples` and
/// `decision_function` (`double`) and `predict` (`int64`), of shape `(n_rows,)`. Infinite values, an error here, are scored.
///
/// # Errors
///
/// [`ExportError::TooManyTrees`] above 100,000 trees.
pub fn to_onnx(forest: &IsolationForest) -> Result<Vec<u8>, ExportError> {
    let n_trees = forest.trees().len();
    if n_trees > MAX_TREES {
        return Err(ExportError::TooManyTrees { n_trees, most: MAX_TREES });
    }
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
    let (factor, constant) = match denominator(forest) {
        0.0 => (0.0, -1.0),
        denominator => (-1.0 / denominator, 0.0),
    };
    let double = |name: &str, value: f64| Tensor { double_data: vec![value], ..tensor(name, DOUBLE) };
    let int = |name: &str, value: i64| Tensor { int64_data: vec![value], ..tensor(name, INT64) };
    let initializer = vec![
        Tensor { dims: vec![2], double_data: vec![1.0 / parts.high, 1.0 / parts.low], ..tensor("units", DOUBLE) },
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

/// A path length as two integers: `high` of them make 1, and `low` of what is left.
#[derive(Debug, Clone, Copy)]
struct Parts {
    high: f64,
    low: f64,
}

impl Parts {
    /// As fine as the sums over the trees allow; powers of two, so that nothing but the low part is rounded.
    fn of(forest: &IsolationForest) -> Self {
        let longest = |lengths: Vec<f64>| lengths.into_iter().fold(0.0, f64::max);
        let largest_sum: f64 = forest.trees().iter().map(|tree| longest(tree.path_lengths())).sum();
        let power_of_two = |above: f64| (EXACT / above.max(1.0)).log2().floor().exp2();
        // One step less for the rounding of the low part.
        let high = power_of_two(2.0 * largest_sum);
        Self { high, low: power_of_two(2.0 * forest.trees().len() as f64 / high) }
    }

    fn split(self, length: f64) -> [f32; 2] {
        let high = (length * self.high).floor();
        let rest = length - high / self.high;
        [high as f32, (rest * self.low).round() as f32]
    }
}

/// The sum of path lengths that divides outliers from inliers, lowered by what the low parts lose to rounding: rows that stand on the
/// line, as ties with the percentile do, are inliers.
fn least_of_inliers(forest: &IsolationForest, parts: Parts) -> f64 {
    let least = inlier_sum(forest);
    if forest.trees().iter().any(|tree| tree.n_nodes() > 1) {
        return least - forest.trees().len() as f64 / parts.low;
    }
    // All rows have one score, which may miss the line by the rounding of a sum: 100 rows that are alike are inliers, 256 are
    // outliers. All then get the label that the forest gives them.
    let sum: f64 = forest.trees().iter().flat_map(crate::Tree::path_lengths).sum();
    if sum < least { f64::MAX } else { f64::MIN }
}

/// All trees as one operator, whose two targets are the sums of the two parts.
fn ensemble(forest: &IsolationForest, parts: Parts) -> Node {
    let (mut tree_ids, mut node_ids, mut features, mut thresholds) = (vec![], vec![], vec![], vec![]);
    let (mut modes, mut left, mut right, mut missing_left) = (vec![], vec![], vec![], vec![]);
    let (mut target_trees, mut target_nodes, mut targets, mut weights) = (vec![], vec![], vec![], vec![]);
    for (number, tree) in (0..).zip(forest.trees()) {
        for (node, length) in tree.path_lengths().into_iter().enumerate() {
            let children = tree.children(node);
            tree_ids.push(number);
            node_ids.push(node as i64);
            modes.push(if children.is_some() { "BRANCH_LEQ" } else { "LEAF" });
            let (yes, no) = children.unwrap_or_default();
            left.push(yes as i64);
            right.push(no as i64);
            features.push(i64::from(tree.feature.get(node).copied().unwrap_or_default().max(0)));
            // The input is f32, so that this test is the forest's.
            thresholds.push(largest_f32_not_above(tree.threshold.get(node).copied().unwrap_or_default()));
            missing_left.push(i64::from(tree.missing_left.get(node).copied().unwrap_or_default()));
            if children.is_none() {
                for (target, weight) in (0..).zip(parts.split(length)) {
                    target_trees.push(number);
                    target_nodes.push(node as i64);
                    targets.push(target);
                    weights.push(weight);
                }
            }
        }
    }
    let attribute = vec![
        Attribute::string("aggregate_function", "SUM"),
        Attribute::int("n_targets", 2),
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

fn tensor(name: &str, data_type: i32) -> Tensor {
    Tensor { name: name.to_owned(), data_type, ..Tensor::default() }
}

/// An input or output with one entry a row, or a row of `columns`.
fn value(name: &str, element: i32, columns: Option<usize>) -> ValueInfo {
    let rows = Dimension { value: None, name: Some("n_rows".to_owned()) };
    let columns = columns.map(|columns| Dimension { value: Some(columns as i64), name: None });
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
    fn two_integers_keep_a_path_length_and_their_sums_stay_exact() {
        for n_estimators in [1, 100, 3_000] {
            let forest = forest(n_estimators);
            let parts = Parts::of(&forest);
            let mut longest = [0.0_f64; 2];
            for tree in forest.trees() {
                let split: Vec<[f32; 2]> = tree.path_lengths().into_iter().map(|length| parts.split(length)).collect();
                for (length, [high, low]) in tree.path_lengths().into_iter().zip(&split) {
                    let joined = f64::from(*high) / parts.high + f64::from(*low) / parts.low;
                    assert!((joined - length).abs() <= 0.5 / parts.low && high.fract() == 0.0 && low.fract() == 0.0);
                }
                for (target, sum) in longest.iter_mut().enumerate() {
                    *sum += split.iter().map(|one| f64::from(one[target])).fold(0.0, f64::max);
                }
            }
            assert!(longest.iter().all(|&sum| sum <= EXACT), "{n_estimators} trees: {longest:?}");
            assert!(parts.low >= 1e6, "{parts:?}");
        }
    }

    #[test]
    fn the_bytes_are_a_model_with_all_nodes_of_the_forest() {
        let forest = forest(5);
        let model = Model::decode(&to_onnx(&forest).unwrap()[..]).unwrap();
        let graph = model.graph.unwrap();
        let modes = graph.node[0].attribute.iter().find(|attribute| attribute.name == "nodes_modes").unwrap();
        assert_eq!(modes.strings.len(), forest.trees().iter().map(crate::Tree::n_nodes).sum::<usize>());
        assert_eq!(
            graph.output.iter().map(|output| output.name.as_str()).collect::<Vec<_>>(),
            ["score_samples", "decision_function", "predict"]
        );
    }
}
