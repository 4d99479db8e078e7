//! What scikit-learn's own tests of its `IsolationForest` (`sklearn/ensemble/tests/test_iforest.py`) ask for, as behaviour.
//! Threads, block sizes, warm starts, widths and parameter errors are next door.

use isoforest::ndarray::{Array2, Axis, array, concatenate, s};
use isoforest::{
    Contamination, Detector, FitWarning, IsolationForest, MaxFeatures, MaxSamples, Tree, average_path_length,
};

use crate::common::{assert_same_bits, bell, ulps_apart, uniform};

/// Six rows in two groups, and two rows far from both.
fn toy() -> Array2<f64> {
    array![[-2., -1.], [-1., -1.], [-1., -2.], [1., 1.], [1., 2.], [2., 1.], [7., 4.], [-5., 9.]]
}

/// Area under the ROC curve of "lower scores are outliers": the share of pairs in the right order, ties as halves.
fn auroc(outliers: &[f64], inliers: &[f64]) -> f64 {
    let pairs = outliers.iter().flat_map(|outlier| inliers.iter().map(move |inlier| (outlier, inlier)));
    let in_order: f64 = pairs.map(|(a, b)| if a < b { 1.0 } else { f64::from(u8::from(a == b)) / 2.0 }).sum();
    in_order / (outliers.len() * inliers.len()) as f64
}

#[test]
fn every_mix_of_max_samples_and_bootstrap_runs_on_two_rows() {
    let train = array![[0., 1.], [1., 2.]];
    let test = array![[2., 1.], [1., 1.]];
    for max_samples in [MaxSamples::Fraction(0.5), MaxSamples::Fraction(1.0), MaxSamples::Count(3)] {
        for bootstrap in [true, false] {
            let params = IsolationForest::builder().n_estimators(3).max_samples(max_samples).bootstrap(bootstrap);
            let forest = params.random_state(0).fit(train.view()).unwrap();
            assert_eq!(forest.trees().len(), 3);
            assert_eq!(forest.predict(test.view()).unwrap().len(), 2, "{params:?}");
        }
    }
}

#[test]
fn max_samples_above_the_number_of_rows_warns_and_uses_all_rows() {
    let x = bell(150, 4, 1);
    let fit = |max_samples| IsolationForest::builder().n_estimators(2).max_samples(max_samples).fit(x.view()).unwrap();

    let forest = fit(MaxSamples::Count(1000));
    assert_eq!(forest.warnings(), [FitWarning::MaxSamplesAboveRows { max_samples: 1000, n_rows: 150 }]);
    let text = forest.warnings()[0].to_string();
    assert!(text.contains("max_samples") && text.contains("1000") && text.contains("150"), "{text}");
    assert_eq!(forest.max_samples(), 150);

    for quiet in [MaxSamples::Auto, MaxSamples::Count(150), MaxSamples::Count(149), MaxSamples::Fraction(1.0)] {
        assert_eq!(fit(quiet).warnings(), [], "{quiet:?}");
    }
}

#[test]
fn a_forest_without_a_cut_is_a_warning() {
    let constant = isoforest::ndarray::Array2::<f64>::ones((50, 2));
    let mut varied = constant.clone();
    varied[(7, 1)] = 2.0;
    for detector in [
        Detector::Standard,
        Detector::Extended { extension_level: None },
        Detector::Guided(isoforest::Guided::default()),
    ] {
        let fit = |x: &isoforest::ndarray::Array2<f64>| {
            IsolationForest::builder().detector(detector).random_state(16).fit(x.view()).unwrap()
        };
        let forest = fit(&constant);
        assert_eq!(forest.warnings(), [FitWarning::NoCuts], "{detector}");
        assert!(forest.warnings()[0].to_string().contains("no feature has two different values"));
        assert_eq!(fit(&varied).warnings(), [], "{detector}");
    }
}

#[test]
fn every_tree_on_150_rows_ends_at_depth_8() {
    let forest = IsolationForest::builder().random_state(1).fit(bell(150, 4, 1).view()).unwrap();
    let depths: Vec<u32> = forest.trees().iter().map(Tree::max_depth).collect();
    assert_eq!(depths, [8; 100]);
}

#[test]
fn rows_a_tree_follow_max_samples() {
    let rows_a_tree = |n_rows, max_samples| {
        let params = IsolationForest::builder().n_estimators(2).max_samples(max_samples).random_state(0);
        let forest = params.fit(bell(n_rows, 2, 3).view()).unwrap();
        assert!(forest.trees().iter().all(|tree| tree.n_samples[0] as usize == forest.max_samples()));
        forest.max_samples()
    };
    assert_eq!(rows_a_tree(150, MaxSamples::Auto), 150);
    assert_eq!(rows_a_tree(256, MaxSamples::Auto), 256);
    assert_eq!(rows_a_tree(1000, MaxSamples::Auto), 256);
    assert_eq!(rows_a_tree(150, MaxSamples::Count(500)), 150);
    assert_eq!(rows_a_tree(1000, MaxSamples::Count(500)), 500);
    assert_eq!(rows_a_tree(150, MaxSamples::Fraction(0.4)), 60);
    assert_eq!(rows_a_tree(149, MaxSamples::Fraction(0.4)), 59);
    assert_eq!(rows_a_tree(150, MaxSamples::Count(1)), 1);
}

#[test]
fn two_blobs_are_told_from_scattered_outliers_for_any_seed() {
    for seed in 0..30_u32 {
        // The bell has a standard deviation of 0.577; scaled, of 0.3.
        let blob = |centre: f64, stream| bell(600, 2, stream) * (0.3 / 0.577) + centre;
        let stream = 10 * u64::from(seed);
        let blobs = [blob(2., stream + 1), blob(-2., stream + 2)];
        let train = concatenate![Axis(0), blobs[0].slice(s![..500, ..]), blobs[1].slice(s![..500, ..])];
        let inliers = concatenate![Axis(0), blobs[0].slice(s![500.., ..]), blobs[1].slice(s![500.., ..])];
        let outliers = uniform(200, 2, stream + 3);

        let params = IsolationForest::builder().max_samples(MaxSamples::Count(100)).random_state(seed);
        let forest = params.fit(train.view()).unwrap();
        let scores = |x: &Array2<f64>| forest.score_samples(x.view()).unwrap().to_vec();
        let area = auroc(&scores(&outliers), &scores(&inliers));
        assert!(area > 0.98, "seed {seed}: {area}");
    }
}

#[test]
fn the_two_far_rows_of_the_toy_set_are_flagged_for_any_seed() {
    for contamination in [Contamination::Fraction(0.25), Contamination::Auto] {
        for seed in 0..100 {
            let params = IsolationForest::builder().contamination(contamination).random_state(seed);
            let forest = params.fit(toy().view()).unwrap();
            let decision = forest.decision_function(toy().view()).unwrap().to_vec();
            let predicted = forest.predict(toy().view()).unwrap();
            assert_eq!(predicted.to_vec(), [1, 1, 1, 1, 1, 1, -1, -1], "{contamination:?}, seed {seed}");
            let lowest_inlier = decision[..6].iter().copied().fold(f64::INFINITY, f64::min);
            assert!(decision[6..].iter().all(|&outlier| outlier < lowest_inlier), "{contamination:?}, seed {seed}");
        }
    }
}

#[test]
fn max_features_limits_the_columns_of_each_tree_but_not_of_the_forest() {
    let x = bell(300, 5, 4);
    let params = IsolationForest::builder().max_features(MaxFeatures::Fraction(0.8)).random_state(0);
    let forest = params.fit(x.view()).unwrap();
    let columns = |tree: &Tree| {
        let mut columns: Vec<i32> = tree.feature.iter().copied().filter(|&column| column >= 0).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    };
    assert!(forest.trees().iter().all(|tree| columns(tree).len() == 4));
    let mut seen: Vec<i32> = forest.trees().iter().flat_map(columns).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, [0, 1, 2, 3, 4]);
    assert_eq!(forest.predict(x.view()).unwrap().len(), 300);
}

#[test]
fn the_average_path_length_has_its_known_values_and_grows() {
    let gamma = 0.577_215_664_901_532_9;
    assert_eq!(average_path_length(0), 0.0);
    assert_eq!(average_path_length(1), 0.0);
    assert_eq!(average_path_length(2), 1.0);
    assert!((average_path_length(5) - (2.0 * (4f64.ln() + gamma) - 2.0 * 4.0 / 5.0)).abs() < 1e-14);
    assert!((average_path_length(999) - (2.0 * (998f64.ln() + gamma) - 2.0 * 998.0 / 999.0)).abs() < 1e-14);
    assert_eq!(average_path_length(256), 10.244_770_920_119_917);
    for n in 1..5_000 {
        assert!(average_path_length(n) < average_path_length(n + 1), "c({n}) is not below c({})", n + 1);
    }
}

#[test]
fn a_score_is_the_decision_plus_the_offset() {
    let train = array![[1., 1.], [1., 2.], [2., 1.]];
    let rows = array![[2., 2.]];
    for contamination in [Contamination::Auto, Contamination::Fraction(0.1)] {
        let forest = IsolationForest::builder().contamination(contamination).random_state(0).fit(train.view()).unwrap();
        for x in [&train, &rows] {
            let scores = forest.score_samples(x.view()).unwrap();
            let decisions = forest.decision_function(x.view()).unwrap();
            assert_same_bits(&(&decisions + forest.offset()), &scores, "decision + offset");
            assert_same_bits(&(&scores - forest.offset()), &decisions, "score - offset");
        }
    }
}

#[test]
fn contamination_moves_the_offset_and_no_score() {
    let x = bell(400, 3, 5);
    let fit =
        |contamination| IsolationForest::builder().contamination(contamination).random_state(7).fit(x.view()).unwrap();
    let auto = fit(Contamination::Auto);
    assert_eq!(auto.offset(), -0.5);
    let mut offsets = Vec::new();
    for share in [0.001, 0.1, 0.5] {
        let forest = fit(Contamination::Fraction(share));
        let (ours, theirs) = (forest.score_samples(x.view()).unwrap(), auto.score_samples(x.view()).unwrap());
        assert_same_bits(&ours, &theirs, "scores");
        offsets.push(forest.offset());
    }
    assert!(offsets.is_sorted_by(|a, b| a < b), "{offsets:?}");
}

#[test]
fn rows_that_are_all_equal_are_inliers_and_so_is_every_other_row() {
    let others = uniform(100, 10, 6);
    let one_row = bell(1, 10, 7);
    let equal_rows = one_row.broadcast((100, 10)).unwrap().to_owned();
    for train in [Array2::ones((100, 10)), equal_rows, one_row] {
        let forest = IsolationForest::builder().random_state(0).fit(train.view()).unwrap();
        for rows in [&train, &others, &Array2::ones((100, 10)), &-Array2::<f64>::ones((100, 10))] {
            let predicted = forest.predict(rows.view()).unwrap();
            assert!(predicted.iter().all(|&label| label == 1), "{} training rows", train.nrows());
        }
    }
}

#[test]
fn the_rounding_of_a_score_on_the_boundary_is_scikit_learns() {
    // sklearn.ensemble.IsolationForest(random_state=0).fit(numpy.ones((n, 2))).score_samples([[1, 1]])
    let theirs = [(7, -0.500_000_000_000_000_9), (100, -0.499_999_999_999_999_56), (256, -0.500_000_000_000_000_7)];
    for (n, score) in theirs {
        let x = Array2::<f64>::ones((n, 2));
        let forest = IsolationForest::builder().random_state(0).fit(x.view()).unwrap();
        assert!(ulps_apart(forest.score_samples(x.view()).unwrap()[0], score) <= 2, "{n} rows");
        assert_eq!(forest.predict(x.view()).unwrap()[0], if score < -0.5 { -1 } else { 1 }, "{n} rows");
    }
}

#[test]
fn a_forest_of_one_row_a_tree_scores_minus_one_half_everywhere() {
    let params = IsolationForest::builder().max_samples(MaxSamples::Count(1)).random_state(0);
    let forest = params.fit(bell(50, 2, 8).view()).unwrap();
    assert!(forest.score_samples(uniform(20, 2, 9).view()).unwrap().iter().all(|&score| score == -0.5));
}

#[test]
fn a_contamination_of_a_tenth_flags_exactly_30_of_300_distinct_rows() {
    for seed in 0..10 {
        let x = bell(300, 3, 100 + u64::from(seed));
        let params = IsolationForest::builder().contamination(Contamination::Fraction(0.1)).random_state(seed);
        let predicted = params.fit(x.view()).unwrap().predict(x.view()).unwrap();
        assert_eq!(predicted.iter().filter(|&&label| label == -1).count(), 30, "seed {seed}");
    }
}

#[test]
fn fit_predict_is_fit_then_predict() {
    let x = bell(300, 3, 10);
    for contamination in [Contamination::Auto, Contamination::Fraction(0.1)] {
        let params = IsolationForest::builder().contamination(contamination).random_state(3);
        assert_eq!(params.fit_predict(x.view()).unwrap(), params.fit(x.view()).unwrap().predict(x.view()).unwrap());
    }
}

#[test]
fn the_example_of_scikit_learns_documentation_comes_out() {
    let train = array![[-1.1], [0.3], [0.5], [100.]];
    let forest = IsolationForest::builder().random_state(0).fit(train.view()).unwrap();
    assert_eq!(forest.predict(array![[0.1], [0.], [90.]].view()).unwrap().to_vec(), [1, 1, -1]);
}

#[test]
fn a_decision_of_zero_is_an_inlier_and_anything_below_an_outlier() {
    let x = bell(301, 2, 11);
    // With 301 rows, the tenth percentile is the score of one row.
    let params = IsolationForest::builder().contamination(Contamination::Fraction(0.1)).random_state(16);
    let forest = params.fit(x.view()).unwrap();
    let decisions = forest.decision_function(x.view()).unwrap();
    let predicted = forest.predict(x.view()).unwrap();
    assert!(decisions.iter().any(|&decision| decision == 0.0), "no row on the edge");
    for (decision, label) in decisions.iter().zip(predicted) {
        assert_eq!(label, if *decision < 0.0 { -1 } else { 1 }, "decision {decision}");
    }
}
