use isoforest::metrics::roc_auc;
use isoforest::ndarray::{Array2, Axis, array, concatenate};
use isoforest::{Contamination, Explainer, Guided};

use crate::common::{bell, uniform};
use crate::{SCORES, blobs, guided, scores, ways};

#[test]
fn rows_between_two_clusters_are_found_for_any_seed_and_every_way() {
    let (inliers, outliers) = blobs();
    let rows = concatenate(Axis(0), &[inliers.view(), outliers.view()]).unwrap();
    let is_outlier: Vec<bool> = (0..rows.nrows()).map(|row| row >= inliers.nrows()).collect();
    for way in ways() {
        for seed in 0..5 {
            let forest = guided(way).random_state(seed).fit(inliers.view()).unwrap();
            let anomaly_scores: Vec<f64> = scores(&forest, rows.view()).iter().map(|score| -score).collect();
            let auroc = roc_auc(&is_outlier, &anomaly_scores).unwrap();
            assert!(auroc > 0.95, "{way:?}, seed {seed}: {auroc}");
        }
    }
}

#[test]
fn the_two_far_points_of_eight_are_outliers() {
    let x = array![[-2., -1.], [-1., -1.], [-1., -2.], [1., 1.], [1., 2.], [2., 1.], [7., 4.], [-5., 9.]];
    for score in SCORES {
        for seed in 0..5 {
            let params = guided(Guided { score, ..Guided::default() }).contamination(Contamination::Fraction(0.25));
            let labels = params.random_state(seed).fit_predict(x.view()).unwrap();
            assert_eq!(labels.to_vec(), [1, 1, 1, 1, 1, 1, -1, -1], "{score:?}, seed {seed}");
        }
    }
}

#[test]
fn an_outlier_in_one_of_many_columns_is_found_better_than_by_the_standard_forest() {
    // Sixteen columns of noise; a few rows lie far out in one of them.
    let mut x = concatenate(Axis(1), &[uniform(1_000, 16, 4).view(), bell(1_000, 1, 5).view()]).unwrap();
    for row in 0..10 {
        x[(row, 16)] = 8.0 + 0.1 * row as f64;
    }
    let is_outlier: Vec<bool> = (0..1_000).map(|row| row < 10).collect();
    let auroc = |params: isoforest::IsolationForestParams| {
        let forest = params.random_state(16).fit(x.view()).unwrap();
        roc_auc(&is_outlier, &scores(&forest, x.view()).iter().map(|score| -score).collect::<Vec<_>>()).unwrap()
    };
    let (guided, standard) = (auroc(guided(Guided::default())), auroc(isoforest::IsolationForest::builder()));
    assert!(guided > 0.99 && standard < guided - 0.002, "guided {guided}, standard {standard}");
}

#[test]
fn the_contributions_of_a_row_sum_to_what_its_score_is_made_of() {
    let x = bell(300, 4, 6);
    for way in ways() {
        let forest = guided(way).fit(x.view()).unwrap();
        let explainer = Explainer::new(&forest);
        let contributions = explainer.explain(x.view()).unwrap();
        let means = explainer.mean_path_lengths(x.view()).unwrap();
        for (row, mean) in contributions.rows().into_iter().zip(means) {
            let deviation = explainer.expected_path_length() - mean;
            assert!((row.sum() - deviation).abs() < 1e-9, "{way:?}: {} for {deviation}", row.sum());
        }
    }
}

#[test]
fn the_column_in_which_a_row_lies_far_out_explains_it() {
    let forest = guided(Guided::default()).fit(bell(500, 3, 7).view()).unwrap();
    let row = array![[0.0, 9.0, 0.1]];
    let contributions = Explainer::new(&forest).explain(row.view()).unwrap();
    assert!(contributions[(0, 1)] > 5.0 * contributions[(0, 0)].abs().max(contributions[(0, 2)].abs()));
}

#[test]
fn evenly_spread_rows_have_the_density_of_the_whole() {
    // The score is -0.5 where the density is that of all rows.
    let x = Array2::from_shape_fn((256, 1), |(row, _)| row as f64);
    let way =
        Guided { pooled_gain: 0.0, average_gain: 0.0, score: isoforest::GuidedScore::Density, ..Guided::default() };
    let forest = guided(way).n_estimators(500).fit(x.view()).unwrap();
    let scores = scores(&forest, x.view());
    let mean = scores.iter().sum::<f64>() / 256.0;
    assert!((mean + 0.5).abs() < 0.05, "{mean}");
}
