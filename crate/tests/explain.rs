//! Contributions of features: against sums over all subsets of features, against shap's own, and by what must hold of them.

mod common;

use std::fs::File;

use common::{Recipe, assert_same_bits, bell, small_json, small_model};
use flate2::read::GzDecoder;
use isoforest::ndarray::{Array2, ArrayView1, ArrayView2, array, s};
use isoforest::{
    Direction, Explainer, IsolationForest, IsolationForestParams, MaxFeatures, MaxSamples, ModelFile, ScoreError, Tree,
};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::json;

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

/// A forest and what `shap.TreeExplainer` says of it, written by `fixtures/make_shap_fixture.py`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Model {
    name: String,
    data: Recipe,
    rows: Recipe,
    params: IsolationForestParams,
    expected_value: f64,
    shap_values: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct ShapFixture {
    models: Vec<Model>,
}

#[test]
fn contributions_are_those_of_shap_with_the_sign_turned() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/shap/contributions.json.gz");
    let fixture: ShapFixture = serde_json::from_reader(GzDecoder::new(File::open(path).unwrap())).unwrap();
    let mut n_rows = 0;
    for Model { name, data, rows, params, expected_value, shap_values } in fixture.models {
        let explainer = Explainer::new(&params.fit(data.cook().view()).unwrap());
        assert!((explainer.expected_path_length() - expected_value).abs() < 1e-9, "{name}");
        let contributions = explainer.explain(rows.cook().view()).unwrap();
        assert_eq!(contributions.nrows(), shap_values.len(), "{name}");
        for (found, expected) in contributions.rows().into_iter().zip(&shap_values) {
            assert_near(found, &expected.iter().map(|value| -value).collect::<Vec<_>>(), 1e-9);
        }
        n_rows += shap_values.len();
    }
    assert_eq!(n_rows, 1_000);
}

#[test]
fn a_row_alone_has_the_bits_of_a_row_among_others() {
    for n_features in [2, 7] {
        let x = Recipe { missing: 0.1, ..Recipe::new(200, n_features, 8) }.cook();
        let explainer = Explainer::new(&IsolationForest::builder().random_state(0).fit(x.view()).unwrap());
        let all = explainer.explain(x.view()).unwrap();
        for row in [0, 63, 64, 199] {
            let alone = explainer.explain(x.slice(s![row..=row, ..])).unwrap();
            assert_same_bits(&alone, all.row(row), "contributions");
        }
        assert_eq!(explainer.explain(x.mapv(|value| value as f32).view()).unwrap(), all);
        assert_eq!(explainer.explain(x.slice(s![..0, ..])).unwrap().dim(), (0, n_features));
    }
}

#[test]
fn rows_are_checked_as_for_scoring() {
    for n_features in [2, 3] {
        let x = bell(100, n_features, 9);
        let explainer = Explainer::new(&IsolationForest::builder().random_state(0).fit(x.view()).unwrap());
        let error = explainer.explain(bell(5, 4, 1).view()).unwrap_err();
        assert_eq!(error, ScoreError::FeatureCount { expected: n_features, found: 4 });
        for value in [f64::INFINITY, f64::NEG_INFINITY, 1e39] {
            let mut rows = bell(100, n_features, 10);
            rows[(70, 1)] = value;
            let error = explainer.explain(rows.view()).unwrap_err();
            assert_eq!(error, ScoreError::Infinite { row: 70, column: 1, name: "x1".into(), value });
        }
    }
}

#[test]
fn trees_of_one_leaf_explain_nothing() {
    let x = Array2::<f64>::ones((30, 3));
    let explainer = Explainer::new(&IsolationForest::builder().random_state(0).fit(x.view()).unwrap());
    assert_eq!(explainer.explain(array![[5.0, f64::NAN, 1.0]].view()).unwrap(), Array2::<f64>::zeros((1, 3)));
    assert_eq!(explainer.expected_path_length(), explainer.mean_path_lengths(x.view()).unwrap()[0]);
}

#[test]
fn exchanged_features_exchange_their_contributions() {
    let mut document = small_json();
    for tree in document["trees"].as_array_mut().unwrap() {
        for feature in tree["feature"].as_array_mut().unwrap() {
            let number = feature.as_i64().unwrap();
            *feature = json!(if number < 0 { number } else { 1 - number });
        }
    }
    let exchanged = ModelFile::from_slice(document.to_string().as_bytes()).unwrap();
    let rows = Recipe { missing: 0.1, scale: 2.0, ..Recipe::new(50, 2, 11) }.cook();
    let before = Explainer::new(small_model().forest()).explain(rows.view()).unwrap();
    let after = Explainer::new(exchanged.forest()).explain(rows.slice(s![.., ..;-1])).unwrap();
    assert_eq!(after, before.slice(s![.., ..;-1]));
}

#[test]
fn each_feature_comes_with_its_name_value_and_direction() {
    let model = small_model();
    let medians = model.profile().medians();
    let [Some(mean), Some(sd)] = medians[..] else { panic!("{medians:?}") };
    let rows = array![[mean + 1.0, sd - 1.0], [mean, f64::NAN]];
    let explainer = Explainer::new(model.forest());
    let lists = explainer.contributions(rows.view(), &medians).unwrap();
    let expected = explainer.explain(rows.view()).unwrap();
    for (list, expected) in lists.iter().zip(expected.rows()) {
        assert_eq!(list.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["mean", "sd"]);
        assert_eq!(list.iter().map(|entry| entry.contribution).collect::<Vec<_>>(), expected.to_vec());
    }
    let directions: Vec<_> = lists.iter().flatten().map(|entry| entry.direction).collect();
    assert_eq!(directions, [Some(Direction::High), Some(Direction::Low), None, None]);
    let text = json!(lists[1]).to_string();
    let again: Vec<isoforest::FeatureContribution> = serde_json::from_str(&text).unwrap();
    assert_eq!(again, lists[1]);
    assert!(text.contains(r#""direction":null"#) && text.contains(r#""value":null"#), "{text}");
    // Without medians there is no direction.
    assert!(explainer.contributions(rows.view(), &[]).unwrap().iter().flatten().all(|entry| entry.direction.is_none()));
}

/// Rows of ties, ordinary values and missing ones.
fn matrix() -> impl Strategy<Value = Array2<f64>> {
    let cell = prop_oneof![3 => -5.0..5.0, 3 => (-2_i8..3).prop_map(f64::from), 1 => Just(f64::NAN)];
    (2..60_usize, 1..7_usize).prop_flat_map(move |shape| {
        prop::collection::vec(cell.clone(), shape.0 * shape.1)
            .prop_map(move |cells| Array2::from_shape_vec(shape, cells).unwrap())
    })
}

proptest! {
    #[test]
    fn any_forest_explains_additively_and_by_shapleys_definition(
        x in matrix(),
        seed in any::<u32>(),
        max_features in prop_oneof![Just(MaxFeatures::Count(1)), Just(MaxFeatures::Fraction(0.5)), Just(MaxFeatures::Fraction(1.0))],
        bootstrap in any::<bool>(),
    ) {
        let builder = IsolationForest::builder().n_estimators(3).max_features(max_features).bootstrap(bootstrap);
        let forest = builder.random_state(seed).fit(x.view()).unwrap();
        assert_additive(&forest, x.view());
        let contributions = Explainer::new(&forest).explain(x.view()).unwrap();
        for (row, found) in x.rows().into_iter().zip(contributions.rows()).take(5) {
            assert_near(found, &by_definition(&forest, row), 1e-12);
        }
    }

    #[test]
    fn a_feature_that_no_tree_tests_contributes_nothing(x in matrix(), seed in any::<u32>()) {
        let mut x = x;
        x.column_mut(0).fill(1.0);
        let forest = IsolationForest::builder().n_estimators(3).random_state(seed).fit(x.view()).unwrap();
        x.column_mut(0).fill(9.0);
        let contributions = Explainer::new(&forest).explain(x.view()).unwrap();
        prop_assert!(contributions.column(0).iter().all(|&contribution| contribution == 0.0));
    }
}
