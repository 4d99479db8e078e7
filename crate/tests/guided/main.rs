//! The guided isolation forest: what it finds, what it does not depend on, and its file.

#[path = "../common/mod.rs"]
mod common;

/// What it calls unusual, and why.
mod behaviour;
/// Where nodes are cut.
mod cuts;
/// Its model file, damaged and whole, and other forms.
mod file;
/// Seeds, threads, warm starts, parameters.
mod fit;
/// Against trees that Python grew.
mod fixture;
/// What leaves are worth, by the definitions.
mod leaves;
/// Missing values, constant columns, few rows, any rows.
mod odd_data;

use isoforest::ndarray::{Array2, ArrayView2, Axis, concatenate};
use isoforest::{ColumnWeights, Detector, Guided, GuidedScore, IsolationForest, IsolationForestParams};

const SCORES: [GuidedScore; 3] = [GuidedScore::Depth, GuidedScore::AdjustedDepth, GuidedScore::Density];

/// Very different ways to guide: the defaults with each score, each gain alone, no gain.
fn ways() -> Vec<Guided> {
    let default = Guided::default();
    let mut ways: Vec<Guided> = SCORES.into_iter().map(|score| Guided { score, ..default }).collect();
    for (pooled_gain, average_gain) in [(1.0, 0.0), (0.0, 1.0), (0.5, 0.5), (0.0, 0.0)] {
        ways.push(Guided { pooled_gain, average_gain, column_weights: ColumnWeights::Kurtosis, ..default });
    }
    ways.push(Guided { column_weights: ColumnWeights::Equal, ..default });
    ways
}

fn guided(guided: Guided) -> IsolationForestParams {
    IsolationForest::builder().detector(Detector::Guided(guided)).random_state(16)
}

fn scores(forest: &IsolationForest, x: ArrayView2<'_, f64>) -> Vec<f64> {
    forest.score_samples(x).unwrap().to_vec()
}

/// scikit-learn's blobs: two clusters of 0.3 times bell-shaped values about (2, 2) and (-2, -2); the second matrix has 200 rows spread evenly.
fn blobs() -> (Array2<f64>, Array2<f64>) {
    let cluster = |centre: f64, seed| common::bell(200, 2, seed) * 0.3 + centre;
    let inliers = concatenate(Axis(0), &[cluster(2.0, 1).view(), cluster(-2.0, 2).view()]).unwrap();
    (inliers, common::uniform(200, 2, 3))
}
