use isoforest::{Contamination, Detector, FitError, FitWarning, Guided, GuidedScore, IsolationForest};

use crate::common::{Recipe, assert_same_bits, bell, uniform};
use crate::{guided, scores, ways};

#[test]
fn a_seed_makes_the_forest() {
    let x = bell(400, 3, 1);
    for way in ways() {
        let fit = |seed: u32| guided(way).n_estimators(5).random_state(seed).fit(x.view()).unwrap();
        assert_eq!(fit(1).trees(), fit(1).trees());
        assert_ne!(fit(1).trees(), fit(2).trees());
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let x = Recipe { missing: 0.05, ..Recipe::new(600, 3, 2) }.cook();
    for way in ways() {
        let one = guided(way).contamination(Contamination::Fraction(0.1)).fit(x.view()).unwrap();
        for n_jobs in [2, 3, -1] {
            let many = guided(way).contamination(Contamination::Fraction(0.1)).n_jobs(n_jobs).fit(x.view()).unwrap();
            assert_eq!(many.trees(), one.trees());
            assert_same_bits(&scores(&many, x.view()), &scores(&one, x.view()), "scores");
            assert_same_bits([&many.offset()], [&one.offset()], "offset");
        }
    }
}

#[test]
fn a_warm_start_gives_the_trees_of_one_fit() {
    let x = bell(400, 3, 3);
    for way in ways() {
        let params = guided(way).warm_start(true);
        let five = params.n_estimators(5).fit(x.view()).unwrap();
        let twelve = params.n_estimators(12).fit_warm(five, x.view()).unwrap();
        assert_eq!(twelve.trees(), params.n_estimators(12).fit(x.view()).unwrap().trees());
    }
}

#[test]
fn a_warm_start_does_not_mix_ways() {
    let x = bell(100, 2, 4);
    let params = guided(Guided::default()).warm_start(true).n_estimators(5);
    let forest = params.fit(x.view()).unwrap();
    let other = params.detector(Detector::Guided(Guided { average_gain: 0.125, ..Guided::default() }));
    let error = other.fit_warm(forest, x.view()).unwrap_err();
    assert!(matches!(error, FitError::WarmStartDetector { .. }));
    assert_eq!(
        error.to_string(),
        "a warm start needs the detector of the first fit, guided with pooled_gain 0, average_gain 0.5, column_weights \
         kurtosis, score depth, got guided with pooled_gain 0, average_gain 0.125, column_weights kurtosis, score depth"
    );
}

#[test]
fn a_probability_that_is_none_is_refused_with_its_rule() {
    let message = |pooled_gain, average_gain| {
        let way = Guided { pooled_gain, average_gain, ..Guided::default() };
        guided(way).check().unwrap_err().to_string()
    };
    let rule = "must be a probability in [0, 1]";
    assert_eq!(message(-0.1, 0.0), format!("pooled_gain {rule}, got -0.1"));
    assert_eq!(message(0.0, 1.5), format!("average_gain {rule}, got 1.5"));
    assert_eq!(message(0.0, f64::NAN), format!("average_gain {rule}, got NaN"));
    assert_eq!(message(0.6, 0.5), "pooled_gain + average_gain must be at most 1, got 0.6 + 0.5");
    assert!(guided(Guided { pooled_gain: 0.5, average_gain: 0.5, ..Guided::default() }).check().is_ok());
}

#[test]
fn contamination_flags_the_share_it_names_and_leaves_the_scores_alone() {
    let x = bell(300, 2, 5);
    for way in ways() {
        let auto = guided(way).fit(x.view()).unwrap();
        let tenth = guided(way).contamination(Contamination::Fraction(0.1)).fit(x.view()).unwrap();
        assert_same_bits(&scores(&auto, x.view()), &scores(&tenth, x.view()), "scores");
        let flagged = tenth.predict(x.view()).unwrap().iter().filter(|&&label| label == -1).count();
        assert!((25..=30).contains(&flagged), "{way:?}: {flagged}");
    }
}

#[test]
fn density_without_a_share_of_outliers_is_a_warning_as_it_flags_half_of_even_rows() {
    let x = uniform(2_000, 2, 8);
    for score in crate::SCORES {
        let params = guided(Guided { score, ..Guided::default() });
        let forest = params.fit(x.view()).unwrap();
        let flagged = forest.predict(x.view()).unwrap().iter().filter(|&&label| label == -1).count();
        let expected: &[FitWarning] = match score {
            GuidedScore::Density => &[FitWarning::DensityWithoutShare],
            GuidedScore::Depth | GuidedScore::AdjustedDepth => &[],
        };
        assert_eq!(forest.warnings(), expected);
        if score == GuidedScore::Density {
            assert!((700..1_100).contains(&flagged), "{flagged}");
            assert!(forest.warnings()[0].to_string().contains("set the contamination to a share"));
        }
        assert_eq!(params.contamination(Contamination::Fraction(0.01)).fit(x.view()).unwrap().warnings(), []);
    }
}

#[test]
fn pooled_gain_without_a_share_of_outliers_is_a_warning_as_it_flags_most_of_even_rows() {
    let x = bell(2_000, 3, 8);
    for (pooled_gain, most) in [(1.0, true), (0.7, true), (0.3, false)] {
        let params = guided(Guided { pooled_gain, average_gain: 0.0, ..Guided::default() });
        let forest = params.fit(x.view()).unwrap();
        let flagged = forest.predict(x.view()).unwrap().iter().filter(|&&label| label == -1).count();
        assert_eq!(flagged > 1_000, most, "{pooled_gain}: {flagged}");
        assert_eq!(forest.warnings() == [FitWarning::GainWithoutShare], most, "{pooled_gain}");
        assert_eq!(params.contamination(Contamination::Fraction(0.01)).fit(x.view()).unwrap().warnings(), []);
    }
}

#[test]
fn the_matrix_may_have_any_layout_and_width() {
    let x = bell(200, 3, 6).mapv(|value| f64::from(value as f32));
    let params = guided(Guided::default()).n_estimators(5);
    let forest = params.fit(x.view()).unwrap();
    let columns = x.t().as_standard_layout().into_owned();
    assert_eq!(params.fit(columns.t()).unwrap().trees(), forest.trees());
    let narrow = x.mapv(|value| value as f32);
    assert_eq!(params.fit(narrow.view()).unwrap().trees(), forest.trees());
}

#[test]
fn the_standard_forest_stays_what_it_is() {
    let x = bell(200, 3, 7);
    let forest = IsolationForest::builder().random_state(16).fit(x.view()).unwrap();
    assert!(forest.trees().iter().all(|tree| tree.leaf_value.is_empty()));
}
