//! Contributions of features: against sums over all subsets of features, against shap's own, and by what must hold of them.

mod common;

use common::{Recipe, bell};
use isoforest::ndarray::{ArrayView1, ArrayView2};
use isoforest::{Explainer, IsolationForest, MaxSamples, Tree};

/// Path length that a tree is expected to give a row of which only the features in the set `known`, a bit each, are known.
fn expected(tree: &Tree, paths: &[f64], row: ArrayView1<'_, f64>, known: u32, node: usize) -> f64 {
    let Some((left, right)) = tree.children(node) else { return paths[node] };
    let feature = tree.feature[node] as usize;
    if known >> feature & 1 == 1 {
        let value = f64::from(row[feature] as f32);
        let goes_left = if value.is_nan() { tree.missing_left[node] } else { value <= tree.threshold[node] };
        return expected(tree, paths, row, known, if goes_left { left } else { right });
    }
    let share = f64::from(tree.n_samples[left]) / f64::from(tree.n_samples[node]);
    share * expected(tree, paths, row, known, left) + (1.0 - share) * expected(tree, paths, row, known, right)
}

/// Shapley's definition: the sum over all subsets of the other features, with the sign of a contribution.
fn by_definition(forest: &IsolationForest, row: ArrayView1<'_, f64>) -> Vec<f64> {
    let n_features = forest.n_features();
    let n_trees = forest.trees().len() as f64;
    let mut games = vec![0.0; 1 << n_features];
    for tree in forest.trees() {
        let paths = tree.path_lengths();
        for (known, value) in games.iter_mut().enumerate() {
            *value += expected(tree, &paths, row, known as u32, 0) / n_trees;
        }
    }
    let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
    let contribution = |feature: usize| {
        let without = (0..games.len()).filter(|known| known >> feature & 1 == 0);
        without
            .map(|known| {
                let size = known.count_ones() as usize;
                let weight = factorial(size) * factorial(n_features - size - 1) / factorial(n_features);
                weight * (games[known] - games[known | 1 << feature])
            })
            .sum()
    };
    (0..n_features).map(contribution).collect()
}

#[track_caller]
fn assert_near(found: ArrayView1<'_, f64>, expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (feature, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() < tolerance, "feature {feature}: {found}, expected {expected}");
    }
}

/// Contributions of every row sum to the expected minus the row's mean path length, and the mean path length is that of the score.
#[track_caller]
fn assert_additive(forest: &IsolationForest, x: ArrayView2<'_, f64>) {
    let explainer = Explainer::new(forest);
    let contributions = explainer.explain(x).unwrap();
    assert_eq!(contributions.dim(), x.dim());
    let path_lengths = explainer.mean_path_lengths(x).unwrap();
    let scores = forest.score_samples(x).unwrap();
    let usual = isoforest::average_path_length(forest.max_samples());
    for (row, path_length) in path_lengths.iter().enumerate() {
        let sum = contributions.row(row).sum();
        let deviation = explainer.expected_path_length() - path_length;
        assert!((sum - deviation).abs() < 1e-9, "row {row}: {sum}, expected {deviation}");
        assert!(usual == 0.0 || (scores[row] + (-path_length / usual).exp2()).abs() < 1e-12, "row {row}");
    }
}

#[test]
fn contributions_sum_to_the_expected_minus_the_mean_path_length() {
    for n_features in [1, 2, 3, 5, 10, 20] {
        let x = Recipe { missing: 0.1, ..Recipe::new(400, n_features, 21) }.cook();
        let forest = IsolationForest::builder().random_state(16).fit(x.view()).unwrap();
        assert_additive(&forest, x.view());
    }
    // Paths of more than sixteen features.
    let x = bell(3_000, 40, 5);
    let deep = IsolationForest::builder().n_estimators(3).max_samples(MaxSamples::Fraction(1.0)).random_state(1);
    let forest = deep.fit(x.view()).unwrap();
    assert_additive(&forest, x.view());
}

#[test]
fn contributions_are_shapleys_sums_over_all_subsets_of_features() {
    for (n_features, max_samples) in [(1, 64), (2, 64), (3, 100), (5, 64), (9, 256), (10, 30)] {
        let x = Recipe { missing: 0.1, ..Recipe::new(150, n_features, 3) }.cook();
        let builder = IsolationForest::builder().n_estimators(4).max_samples(MaxSamples::Count(max_samples));
        let forest = builder.random_state(42).fit(x.view()).unwrap();
        let rows = Recipe { missing: 0.2, scale: 1.5, ..Recipe::new(12, n_features, 4) }.cook();
        let contributions = Explainer::new(&forest).explain(rows.view()).unwrap();
        for (row, found) in rows.rows().into_iter().zip(contributions.rows()) {
            assert_near(found, &by_definition(&forest, row), 1e-12);
        }
    }
}
