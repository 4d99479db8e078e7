//! Adding trees to a forest.

use isoforest::{
    Contamination, FitError, FitWarning, IsolationForest, IsolationForestParams, MaxSamples, ModelFile, TrainingProfile,
};

use crate::common::{Recipe, assert_same_bits, bell};

fn params(n_estimators: usize) -> IsolationForestParams {
    IsolationForest::builder().warm_start(true).n_estimators(n_estimators).random_state(16)
}

#[test]
fn five_trees_then_twelve_are_twelve_at_once_bit_for_bit() {
    let x = Recipe { missing: 0.05, ..Recipe::new(600, 3, 1) }.cook();
    for shape in [params(5), params(5).bootstrap(true), params(5).contamination(Contamination::Fraction(0.1)).n_jobs(3)]
    {
        let five = shape.fit(x.view()).unwrap();
        let grown = shape.n_estimators(12).fit_warm(five.clone(), x.view()).unwrap();
        let at_once = shape.n_estimators(12).warm_start(false).fit(x.view()).unwrap();
        assert_eq!(grown.trees().len(), 12);
        assert_eq!(grown.trees()[..5], *five.trees());
        assert_eq!(grown.trees(), at_once.trees());
        assert_same_bits([&grown.offset()], [&at_once.offset()], "offset");
        let (ours, theirs) = (grown.score_samples(x.view()).unwrap(), at_once.score_samples(x.view()).unwrap());
        assert_same_bits(&ours, &theirs, "scores");
    }
}

#[test]
fn a_tree_at_a_time_is_all_at_once() {
    let x = bell(300, 2, 2);
    let mut forest = params(1).fit(x.view()).unwrap();
    for n_estimators in 2..=10 {
        forest = params(n_estimators).fit_warm(forest, x.view()).unwrap();
    }
    assert_eq!(forest.trees(), params(10).fit(x.view()).unwrap().trees());
    assert_eq!(forest.params().n_estimators, 10);
}

#[test]
fn fewer_trees_than_there_are_is_an_error_that_names_both() {
    let x = bell(300, 2, 2);
    let forest = params(12).fit(x.view()).unwrap();
    let error = params(5).fit_warm(forest, x.view()).unwrap_err();
    assert_eq!(error, FitError::WarmStartShrinks { existing: 12, wanted: 5 });
    let text = error.to_string();
    assert!(text.contains("n_estimators") && text.contains("12") && text.contains('5'), "{text}");
}

#[test]
fn as_many_trees_as_there_are_warns_and_adds_none() {
    let x = bell(300, 2, 2);
    let forest = params(5).fit(x.view()).unwrap();
    let again = params(5).fit_warm(forest.clone(), x.view()).unwrap();
    assert_eq!(again.warnings(), [FitWarning::NoTreesAdded { n_estimators: 5 }]);
    assert_eq!(again.trees(), forest.trees());
    assert_eq!(forest.warnings(), []);
}

#[test]
fn without_warm_start_the_trees_are_grown_anew() {
    let x = bell(300, 2, 2);
    let other = params(5).random_state(1).fit(x.view()).unwrap();
    let cold = params(3).warm_start(false);
    let refitted = cold.fit_warm(other, x.view()).unwrap();
    assert_eq!(refitted.trees(), cold.fit(x.view()).unwrap().trees());
}

#[test]
fn without_a_seed_the_one_that_was_drawn_goes_on() {
    let x = bell(300, 2, 2);
    let drawn = params(5).random_state(None);
    let forest = drawn.fit(x.view()).unwrap();
    let seed = forest.params().random_state;
    let grown = drawn.n_estimators(12).fit_warm(forest, x.view()).unwrap();
    assert_eq!(grown.params().random_state, seed);
    assert_eq!(grown.trees(), params(12).random_state(seed).fit(x.view()).unwrap().trees());
}

#[test]
fn another_number_of_features_is_an_error() {
    let forest = params(5).fit(bell(300, 2, 2).view()).unwrap();
    let error = params(12).fit_warm(forest, bell(300, 3, 2).view()).unwrap_err();
    assert_eq!(error, FitError::WarmStartFeatures { expected: 2, found: 3 });
}

#[test]
fn a_warm_start_on_fewer_rows_a_tree_is_an_error_and_on_more_is_a_model_that_can_be_saved() {
    let x = bell(500, 2, 1);
    let params = IsolationForest::builder().n_estimators(5).warm_start(true).random_state(16);
    let few = params.max_samples(MaxSamples::Count(64)).fit(x.view()).unwrap();
    let more = params.n_estimators(8).fit_warm(few.clone(), x.view()).unwrap();
    let profile = TrainingProfile::new(&more, x.view()).unwrap();
    assert!(ModelFile::from_slice(ModelFile::new(more.clone(), profile).to_json().unwrap().as_bytes()).is_ok());

    let error = params.n_estimators(9).max_samples(MaxSamples::Count(64)).fit_warm(more, x.view()).unwrap_err();
    assert_eq!(error, FitError::WarmStartSamples { existing: 256, wanted: 64 });
}

#[test]
fn without_warm_start_another_width_is_fitted_anew() {
    let first = IsolationForest::builder().n_estimators(2).fit(bell(50, 2, 1).view()).unwrap();
    let second = IsolationForest::builder().n_estimators(2).fit_warm(first, bell(50, 3, 1).view()).unwrap();
    assert_eq!(second.n_features(), 3);
}
