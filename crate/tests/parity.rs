//! Forests against scikit-learn's own, node by node: every configuration of `fixtures/make_fixtures.py`.

mod common;

use std::collections::HashSet;
use std::fmt::Debug;
use std::sync::LazyLock;

use common::{Fixture, assert_same_bits, ulps_apart};
use isoforest::ndarray::s;
use isoforest::{IsolationForest, Tree};

/// numpy's power may differ from ours in the last places, from one CPU to another.
const MAX_ULPS: u64 = 2;

/// Each fixture and our forest of the same configuration.
static PAIRS: LazyLock<Vec<(Fixture, IsolationForest)>> = LazyLock::new(|| {
    Fixture::all()
        .into_iter()
        .map(|fixture| {
            let forest = fixture.fit();
            (fixture, forest)
        })
        .collect()
});

/// Fails with all messages at once.
fn report(differences: &[String]) {
    let shown = differences.len().min(10);
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences[..shown].join("\n"));
}

#[test]
fn the_fixtures_cover_every_path() {
    let params = |holds: fn(&Fixture) -> bool| PAIRS.iter().any(|(fixture, _)| holds(fixture));
    let json = |fixture: &Fixture| serde_json::to_value(fixture.params).unwrap();
    assert!(PAIRS.iter().all(|(fixture, _)| fixture.made_by.starts_with("scikit-learn 1.9.1, ")));
    for features in [1, 2, 6, 9] {
        assert!(
            PAIRS.iter().any(|(fixture, _)| fixture.data.features == features),
            "no fixture of {features} features"
        );
    }
    for seed in [0, 1, 16, 42] {
        let found = PAIRS.iter().any(|(fixture, _)| fixture.params.random_state == Some(seed));
        assert!(found, "no fixture of seed {seed}");
    }
    assert!(params(|f| f.data.rows < 256) && params(|f| f.data.rows == 2), "few rows");
    assert!(params(|f| (300..=25_599).contains(&f.data.rows)), "rows by permutation");
    assert!(params(|f| f.data.rows > 25_600), "many rows");
    assert!(params(|f| f.data.levels.is_some()), "ties");
    assert!(params(|f| !f.data.constant.is_empty()), "constant columns");
    assert!(params(|f| f.data.missing > 0.0), "missing values");
    assert!(params(|f| f.params.bootstrap), "bootstrap");
    assert!(params(|f| f.params.warm_start), "warm start");
    assert!(params(|f| f.max_samples_ == 1000), "a thousand rows a tree");
    let kinds: HashSet<String> = PAIRS.iter().map(|(fixture, _)| json(fixture)["max_features"].to_string()).collect();
    assert!(kinds.contains("2") && kinds.contains("0.5") && kinds.contains("1.0"), "max_features: {kinds:?}");
}

#[test]
fn every_tree_is_scikit_learns_to_the_last_bit() {
    let mut differences = Vec::new();
    for (fixture, forest) in PAIRS.iter() {
        let (ours, theirs) = (forest.trees(), &fixture.trees);
        if ours.len() != theirs.len() {
            differences.push(format!("{}: {} trees, expected {}", fixture.name, ours.len(), theirs.len()));
        }
        for (number, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            differences
                .extend(first_difference(ours, theirs).map(|at| format!("{}: tree {number}, {at}", fixture.name)));
        }
    }
    report(&differences);
}

/// The first node, and field of it, in which two trees differ.
fn first_difference(ours: &Tree, theirs: &Tree) -> Option<String> {
    fn field<T: PartialEq + Debug>(name: &str, ours: &[T], theirs: &[T]) -> Option<(usize, String)> {
        let node = ours.iter().zip(theirs).position(|(a, b)| a != b);
        match node {
            Some(node) => Some((node, format!("node {node}, {name}: {:?}, expected {:?}", ours[node], theirs[node]))),
            None if ours.len() == theirs.len() => None,
            None => {
                let (found, expected) = (ours.len(), theirs.len());
                Some((found.min(expected), format!("{name}: {found} nodes, expected {expected}")))
            }
        }
    }
    let bits = |tree: &Tree| tree.threshold.iter().map(|threshold| threshold.to_bits()).collect::<Vec<_>>();
    let threshold = field("threshold", &ours.threshold, &theirs.threshold)
        .or_else(|| field("threshold (bits)", &bits(ours), &bits(theirs)));
    [
        field("feature", &ours.feature, &theirs.feature),
        threshold,
        field("left", &ours.left, &theirs.left),
        field("right", &ours.right, &theirs.right),
        field("n_samples", &ours.n_samples, &theirs.n_samples),
        field("missing_left", &ours.missing_left, &theirs.missing_left),
    ]
    .into_iter()
    .flatten()
    .min_by_key(|&(node, _)| node)
    .map(|(_, message)| message)
}

#[test]
fn scores_are_scikit_learns_within_two_ulp() {
    let mut differences = Vec::new();
    for (fixture, forest) in PAIRS.iter() {
        let scores = forest.score_samples(fixture.rows().view()).unwrap();
        assert_eq!(scores.len(), fixture.score_samples.len(), "{}", fixture.name);
        for (row, (&ours, &theirs)) in scores.iter().zip(&fixture.score_samples).enumerate() {
            let apart = ulps_apart(ours, theirs);
            if apart > MAX_ULPS {
                differences.push(format!("{}: row {row}: {ours:?}, expected {theirs:?}, {apart} ulp", fixture.name));
            }
        }
    }
    report(&differences);
}

#[test]
fn offsets_are_scikit_learns_within_two_ulp() {
    let mut differences = Vec::new();
    for (fixture, forest) in PAIRS.iter() {
        let apart = ulps_apart(forest.offset(), fixture.offset_);
        if apart > MAX_ULPS {
            let (ours, theirs) = (forest.offset(), fixture.offset_);
            differences.push(format!("{}: {ours:?}, expected {theirs:?}, {apart} ulp", fixture.name));
        }
    }
    report(&differences);
}

#[test]
fn predictions_are_scikit_learns() {
    let mut differences = Vec::new();
    for (fixture, forest) in PAIRS.iter() {
        let predicted = forest.predict(fixture.rows().view()).unwrap();
        if let Some(row) = predicted.iter().zip(&fixture.predict).position(|(a, b)| a != b) {
            differences.push(format!("{}: row {row}: {}", fixture.name, predicted[row]));
        }
        assert_eq!(predicted.len(), fixture.predict.len(), "{}", fixture.name);
    }
    report(&differences);
}

#[test]
fn fitted_attributes_and_parameters_are_scikit_learns() {
    for (fixture, forest) in PAIRS.iter() {
        assert_eq!(forest.max_samples(), fixture.max_samples_, "{}: max_samples_", fixture.name);
        assert_eq!(forest.n_features(), fixture.data.features, "{}: n_features_in_", fixture.name);
        assert_eq!(forest.params(), &fixture.params, "{}: params", fixture.name);
    }
}

#[test]
fn a_row_alone_gets_the_same_bits_as_among_others_in_every_configuration() {
    for (fixture, forest) in PAIRS.iter() {
        let rows = fixture.rows();
        let together = forest.score_samples(rows.view()).unwrap();
        let alone: Vec<f64> =
            (0..rows.nrows()).map(|row| forest.score_samples(rows.slice(s![row..=row, ..])).unwrap()[0]).collect();
        assert_same_bits(&alone, &together, &fixture.name);
    }
}
