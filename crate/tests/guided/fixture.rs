//! Trees that a few lines of Python grow by the papers' words, with exact numbers (`fixtures/make_guided_fixture.py`).

use isoforest::ndarray::Array2;
use isoforest::{ColumnWeights, Guided, GuidedScore, MaxSamples};
use serde::Deserialize;

use crate::guided;

#[derive(Deserialize)]
struct PythonTree {
    name: String,
    gain: String,
    values: Vec<f64>,
    /// Depth first, the left one first.
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    n_samples: u32,
    /// The neighbouring values between which an inner node is cut.
    gap: Option<[f64; 2]>,
    leaf_value: Option<f64>,
}

#[test]
fn every_node_is_cut_in_the_gap_that_gains_most() {
    let trees: Vec<PythonTree> = serde_json::from_str(include_str!("../fixtures/guided/trees.json")).unwrap();
    assert_eq!(trees.len(), 12);
    for PythonTree { name, gain, values, nodes } in trees {
        let (pooled_gain, average_gain) = if gain == "pooled" { (1.0, 0.0) } else { (0.0, 1.0) };
        let way = Guided { pooled_gain, average_gain, column_weights: ColumnWeights::Equal, score: GuidedScore::Depth };
        let x = Array2::from_shape_vec((values.len(), 1), values).unwrap();
        let params = guided(way).max_samples(MaxSamples::Count(x.nrows())).n_estimators(5);
        for tree in params.fit(x.view()).unwrap().trees() {
            assert_eq!(tree.n_nodes(), nodes.len(), "{name}, {gain}");
            for (place, node) in nodes.iter().enumerate() {
                let what = format!("{name}, {gain}, node {place}");
                assert_eq!(tree.n_samples[place], node.n_samples, "{what}");
                assert_eq!(tree.children(place).is_some(), node.gap.is_some(), "{what}");
                let threshold = tree.threshold[place];
                assert!(node.gap.is_none_or(|[from, to]| from <= threshold && threshold < to), "{what}: {threshold}");
                let value = tree.leaf_value[place];
                assert!((value - node.leaf_value.unwrap_or(0.0)).abs() < 1e-12, "{what}: {value}");
            }
        }
    }
}
