//! What must hold whatever the input: property tests.

mod common;

use common::{assert_same_bits, small_json, small_model};
use isoforest::ndarray::{Array2, ArrayView2, Axis};
use isoforest::{
    Contamination, Detector, Explainer, IsolationForest, IsolationForestParams, LEAF, LoadError, MaxFeatures,
    MaxSamples, ModelFile, ScoreError, TrainingProfile, Tree,
};
use proptest::prelude::*;
use serde_json::json;

/// A number that may be anywhere: ordinary, tied, tiny, huge for an `f32`, and, if wanted, missing.
fn cell(missing: bool) -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -10.0..10.0,
        3 => (-3_i8..3).prop_map(f64::from),
        2 => any::<f32>().prop_filter("finite", |value| value.is_finite()).prop_map(f64::from),
        1 => prop::sample::select(vec![0.0, -0.0, f64::from(f32::MAX), f64::from(f32::MIN), f64::MIN_POSITIVE]),
        u32::from(missing) => Just(f64::NAN),
    ]
}

/// A matrix of up to 80 rows and 5 columns.
fn matrix(missing: bool) -> impl Strategy<Value = Array2<f64>> {
    (1..80_usize, 1..6_usize).prop_flat_map(move |shape| {
        prop::collection::vec(cell(missing), shape.0 * shape.1)
            .prop_map(move |cells| Array2::from_shape_vec(shape, cells).unwrap())
    })
}

fn params() -> impl Strategy<Value = IsolationForestParams> {
    let max_samples = prop_oneof![
        2 => Just(MaxSamples::Auto),
        1 => (1..100_usize).prop_map(MaxSamples::Count),
        1 => Just(MaxSamples::Fraction(1.0)),
    ];
    let contamination = prop_oneof![Just(Contamination::Auto), (0.001..=0.5).prop_map(Contamination::Fraction)];
    let max_features = prop_oneof![Just(MaxFeatures::Count(1)), (0.01..=1.0).prop_map(MaxFeatures::Fraction)];
    let detector = prop_oneof![
        2 => Just(Detector::Standard),
        1 => Just(Detector::Extended { extension_level: Some(0) }),
        2 => Just(Detector::Extended { extension_level: None }),
    ];
    (1..8_usize, max_samples, contamination, max_features, any::<bool>(), any::<u32>(), detector).prop_map(
        |(n_estimators, max_samples, contamination, max_features, bootstrap, seed, detector)| {
            IsolationForest::builder()
                .detector(detector)
                .n_estimators(n_estimators)
                .max_samples(max_samples)
                .contamination(contamination)
                .max_features(max_features)
                .bootstrap(bootstrap)
                .random_state(seed)
        },
    )
}

/// The model of a fit, with its file's text.
fn written(params: &IsolationForestParams, x: ArrayView2<'_, f64>) -> (ModelFile, String) {
    let forest = params.fit(x).unwrap();
    let profile = TrainingProfile::new(&forest, x).unwrap();
    let model = ModelFile::new(forest, profile);
    let text = model.to_json().unwrap();
    (model, text)
}

proptest! {
    #[test]
    fn every_finite_or_missing_input_scores_in_minus_one_to_zero(params in params(), x in matrix(true)) {
        let forest = params.fit(x.view()).unwrap();
        let scores = forest.score_samples(x.view()).unwrap();
        prop_assert!(scores.iter().all(|score| (-1.0..0.0).contains(score)), "{scores}");
        prop_assert!((-1.0..0.0).contains(&forest.offset()), "{}", forest.offset());
        let explainer = Explainer::new(&forest);
        let deviations = explainer.expected_path_length() - explainer.mean_path_lengths(x.view()).unwrap();
        for (values, deviation) in explainer.explain(x.view()).unwrap().rows().into_iter().zip(deviations) {
            prop_assert!((values.sum() - deviation).abs() < 1e-9, "{values}, expected {deviation} together");
        }
    }

    #[test]
    fn any_number_at_all_gives_a_score_or_the_error_that_names_its_place(
        seed in any::<u32>(),
        cells in prop::collection::vec(any::<f64>(), 6),
    ) {
        let train = common::bell(50, 3, 1);
        let forest = IsolationForest::builder().n_estimators(3).random_state(seed).fit(train.view()).unwrap();
        let x = Array2::from_shape_vec((2, 3), cells).unwrap();
        let bad = x.indexed_iter().find(|(_, value)| (**value as f32).is_infinite()).map(|(place, _)| place);
        match (forest.score_samples(x.view()), bad) {
            (Ok(scores), None) => prop_assert!(scores.iter().all(|score| (-1.0..0.0).contains(score))),
            (Err(ScoreError::Infinite { row, column, .. }), Some(place)) => prop_assert_eq!((row, column), place),
            (result, place) => prop_assert!(false, "{result:?}, infinite at {place:?}"),
        }
        prop_assert_eq!(IsolationForest::builder().n_estimators(1).fit(x.view()).is_ok(), bad.is_none());
    }

    #[test]
    fn the_order_of_rows_does_not_matter_to_scoring(
        params in params(),
        (x, order) in matrix(true).prop_flat_map(|x| {
            let order = Just((0..x.nrows()).collect::<Vec<_>>()).prop_shuffle();
            (Just(x), order)
        }),
    ) {
        let forest = params.fit(x.view()).unwrap();
        let shuffled = x.select(Axis(0), &order);
        let (scores, labels) = (forest.score_samples(x.view()).unwrap(), forest.predict(x.view()).unwrap());
        assert_same_bits(&forest.score_samples(shuffled.view()).unwrap(), &scores.select(Axis(0), &order), "scores");
        prop_assert_eq!(forest.predict(shuffled.view()).unwrap(), labels.select(Axis(0), &order));
    }

    #[test]
    fn saving_and_loading_changes_no_bit(params in params(), x in matrix(true)) {
        let (model, text) = written(&params, x.view());
        let read = ModelFile::from_slice(text.as_bytes()).unwrap();
        let (before, after) = (model.forest(), read.forest());
        for (a, b) in before.trees().iter().zip(after.trees()) {
            assert_same_bits(&b.threshold, &a.threshold, "thresholds");
        }
        prop_assert_eq!(after.trees(), before.trees());
        prop_assert_eq!(after.params(), before.params());
        prop_assert_eq!(after.feature_names(), before.feature_names());
        prop_assert_eq!(after.max_samples(), before.max_samples());
        prop_assert_eq!(after.offset().to_bits(), before.offset().to_bits());
        prop_assert_eq!(read.profile(), model.profile());
        prop_assert_eq!((read.created_at(), read.library_version()), (model.created_at(), model.library_version()));
        let (ours, theirs) = (before.score_samples(x.view()).unwrap(), after.score_samples(x.view()).unwrap());
        assert_same_bits(&theirs, &ours, "scores");
        prop_assert_eq!(read.to_json().unwrap(), text);
    }

    #[test]
    fn any_bytes_are_a_model_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = ModelFile::from_slice(&bytes);
    }

    #[test]
    fn any_json_like_text_is_a_model_or_an_error(text in r#"[\[\]{}",:0-9eE.+\-a-z_ ]{0,200}"#) {
        let _ = ModelFile::from_slice(text.as_bytes());
    }

    #[test]
    fn any_tree_of_small_integers_is_a_usable_model_or_an_error(
        (nodes, max_samples) in (
            prop::collection::vec((-1..3_i32, -1..9_i32, -1..9_i32, 0..9_u32, -5.0..5.0, any::<bool>()), 0..9),
            1..40_usize,
        ),
    ) {
        let mut document = small_json();
        document["max_samples_"] = json!(max_samples);
        document["params"]["n_estimators"] = json!(1);
        let mut tree = Tree::default();
        for (feature, left, right, n_samples, threshold, missing_left) in nodes {
            tree.feature.push(feature);
            tree.left.push(left);
            tree.right.push(right);
            tree.n_samples.push(n_samples);
            tree.threshold.push(threshold);
            tree.missing_left.push(missing_left);
        }
        document["trees"] = json!([tree]);
        assert_usable_or_error(ModelFile::from_slice(document.to_string().as_bytes()));
    }

    #[test]
    fn any_tree_of_right_shape_is_a_usable_model(
        cuts in prop::collection::vec((any::<u32>(), 0..2_i32, any::<f64>(), any::<bool>()), 1..40),
        n_samples in 1..200_u32,
    ) {
        let mut document = small_json();
        document["max_samples_"] = json!(1_000_000);
        document["params"]["n_estimators"] = json!(1);
        document["trees"] = json!([tree_of(n_samples, &cuts)]);
        let loaded = ModelFile::from_slice(document.to_string().as_bytes());
        prop_assert!(!matches!(&loaded, Err(error) if !error.to_string().contains("depth")), "{:?}", loaded.err());
        assert_usable_or_error(loaded);
    }

    #[test]
    fn several_bytes_changed_are_a_usable_model_or_an_error(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let mut bytes = small_model().to_json().unwrap().into_bytes();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        assert_usable_or_error(ModelFile::from_slice(&bytes));
    }
}

/// A tree grown breadth first: each cut splits the first leaf of more than one row that is left.
fn tree_of(n_samples: u32, cuts: &[(u32, i32, f64, bool)]) -> Tree {
    let mut tree = Tree::default();
    let push = |tree: &mut Tree, n_samples| {
        tree.feature.push(LEAF);
        tree.left.push(LEAF);
        tree.right.push(LEAF);
        tree.n_samples.push(n_samples);
        tree.threshold.push(0.0);
        tree.missing_left.push(false);
        tree.n_nodes() - 1
    };
    push(&mut tree, n_samples);
    for &(share, feature, threshold, missing_left) in cuts {
        let Some(leaf) = (0..tree.n_nodes()).find(|&node| tree.left[node] == LEAF && tree.n_samples[node] > 1) else {
            break;
        };
        let rows = tree.n_samples[leaf];
        let in_left = 1 + share % (rows - 1);
        tree.feature[leaf] = feature;
        tree.threshold[leaf] = threshold;
        tree.missing_left[leaf] = missing_left;
        tree.left[leaf] = i32::try_from(push(&mut tree, in_left)).unwrap();
        tree.right[leaf] = i32::try_from(push(&mut tree, rows - in_left)).unwrap();
    }
    tree
}

/// A model that loads must score and explain every row without harm.
fn assert_usable_or_error(loaded: Result<ModelFile, LoadError>) {
    if let Ok(model) = loaded {
        let rows = corners();
        let scores = model.forest().score_samples(rows.view()).unwrap();
        assert!(scores.iter().all(|score| (-1.0..0.0).contains(score)), "{scores}");
        assert!((-1.0..0.0).contains(&model.forest().offset()));
        let explainer = Explainer::new(model.forest());
        let deviations = explainer.expected_path_length() - explainer.mean_path_lengths(rows.view()).unwrap();
        let contributions = explainer.contributions(rows.view(), &model.profile().medians()).unwrap();
        for (list, deviation) in contributions.iter().zip(deviations) {
            let sum: f64 = list.iter().map(|entry| entry.contribution).sum();
            assert!((sum - deviation).abs() < 1e-9, "{list:?}, expected {deviation} together");
        }
        let again = ModelFile::from_slice(model.to_json().unwrap().as_bytes()).unwrap();
        assert_eq!(again.forest().trees(), model.forest().trees());
    }
}

/// Rows of two features far out, in the middle and missing.
fn corners() -> Array2<f64> {
    let ends = [f64::NAN, -3e38, 0.0, 3e38];
    Array2::from_shape_fn((16, 2), |(row, column)| ends[(row >> (2 * column)) % 4])
}

#[test]
fn any_single_byte_changed_is_a_usable_model_or_an_error() {
    let text = small_model().to_json().unwrap();
    for place in 0..text.len() {
        for byte in [b'0', b'1', b'9', b'-', b'.', b'e', b',', b'"', b'}', b' ', b'\n', 0x00, 0xFF] {
            let mut bytes = text.clone().into_bytes();
            bytes[place] = byte;
            assert_usable_or_error(ModelFile::from_slice(&bytes));
        }
    }
}

#[test]
fn any_single_byte_taken_away_is_a_usable_model_or_an_error() {
    let text = small_model().to_json().unwrap();
    for place in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes.remove(place);
        assert_usable_or_error(ModelFile::from_slice(&bytes));
    }
}
