//! The nine parameters: defaults, rules, errors.

use isoforest::{Contamination, FitError, IsolationForest, IsolationForestParams, MaxFeatures, MaxSamples, ParamError};
use serde_json::json;

use crate::common::{assert_same_bits, bell};

/// The error of a fit on 100 rows of 3 columns, which must be about a parameter.
#[track_caller]
fn error_of(params: IsolationForestParams) -> ParamError {
    match params.fit(bell(100, 3, 1).view()) {
        Err(FitError::Param(error)) => error,
        other => panic!("{params:?}: expected an error about a parameter, got {other:?}"),
    }
}

/// Fails unless the error names the parameter, the rule and the value.
#[track_caller]
fn assert_names(params: IsolationForestParams, name: &str, rule: &str, value: &str) {
    let error = error_of(params);
    assert_eq!(error.name, name);
    assert!(error.rule.contains(rule), "rule: {}", error.rule);
    assert_eq!(error.value, value);
    let text = error.to_string();
    assert!(text.contains(name) && text.contains(rule) && text.contains(value), "{text}");
}

#[test]
fn defaults_are_scikit_learns() {
    assert_eq!(
        serde_json::to_value(IsolationForest::builder()).unwrap(),
        json!({
            "n_estimators": 100,
            "max_samples": "auto",
            "contamination": "auto",
            "max_features": 1.0,
            "bootstrap": false,
            "n_jobs": null,
            "random_state": null,
            "verbose": 0,
            "warm_start": false,
        })
    );
}

#[test]
fn no_trees_is_an_error() {
    assert_names(IsolationForest::builder().n_estimators(0), "n_estimators", "from 1 to 1000000", "0");
}

#[test]
fn max_samples_out_of_range_is_an_error() {
    let with = |max_samples| IsolationForest::builder().max_samples(max_samples);
    assert_names(with(MaxSamples::Count(0)), "max_samples", "at least 1", "0");
    for (share, text) in [(0.0, "0"), (-0.1, "-0.1"), (1.5, "1.5"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        assert_names(with(MaxSamples::Fraction(share)), "max_samples", "(0, 1]", text);
    }
}

#[test]
fn a_max_samples_share_of_less_than_a_row_is_an_error() {
    let with = |share| IsolationForest::builder().max_samples(MaxSamples::Fraction(share));
    assert_names(with(0.009), "max_samples", "one row", "0.009");
    assert_eq!(with(0.01).fit(bell(100, 3, 1).view()).unwrap().max_samples(), 1);
}

#[test]
fn contamination_out_of_range_is_an_error() {
    for (share, text) in [(0.0, "0"), (-0.1, "-0.1"), (0.500_1, "0.5001"), (1.0, "1"), (f64::NAN, "NaN")] {
        let params = IsolationForest::builder().contamination(Contamination::Fraction(share));
        assert_names(params, "contamination", "(0, 0.5]", text);
    }
    assert!(IsolationForest::builder().contamination(Contamination::Fraction(0.5)).check().is_ok());
}

#[test]
fn max_features_out_of_range_is_an_error() {
    let with = |max_features| IsolationForest::builder().max_features(max_features);
    assert_names(with(MaxFeatures::Count(0)), "max_features", "1", "0");
    assert_names(with(MaxFeatures::Count(4)), "max_features", "3", "4");
    for (share, text) in [(0.0, "0"), (-1.0, "-1"), (1.01, "1.01"), (f64::NAN, "NaN")] {
        assert_names(with(MaxFeatures::Fraction(share)), "max_features", "(0, 1]", text);
    }
    assert!(with(MaxFeatures::Count(3)).fit(bell(100, 3, 1).view()).is_ok());
}

#[test]
fn zero_threads_is_an_error() {
    assert_names(IsolationForest::builder().n_jobs(0), "n_jobs", "at least 1", "0");
}

#[test]
fn a_share_of_columns_below_one_column_uses_one() {
    let params = IsolationForest::builder().max_features(MaxFeatures::Fraction(0.01)).n_estimators(5).random_state(0);
    let forest = params.fit(bell(100, 3, 1).view()).unwrap();
    for tree in forest.trees() {
        let mut columns: Vec<i32> = tree.feature.iter().copied().filter(|&column| column >= 0).collect();
        columns.dedup();
        assert_eq!(columns.len(), 1);
    }
}

#[test]
fn a_fitted_forest_gives_back_exactly_its_nine_parameters() {
    let params = IsolationForest::builder()
        .n_estimators(7)
        .max_samples(MaxSamples::Count(50))
        .contamination(Contamination::Fraction(0.1))
        .max_features(MaxFeatures::Count(2))
        .bootstrap(true)
        .n_jobs(2)
        .random_state(16)
        .warm_start(true);
    let forest = params.fit(bell(100, 3, 1).view()).unwrap();
    assert_eq!(forest.params(), &params);
    assert_eq!(
        serde_json::to_value(forest.params()).unwrap(),
        json!({
            "n_estimators": 7,
            "max_samples": 50,
            "contamination": 0.1,
            "max_features": 2,
            "bootstrap": true,
            "n_jobs": 2,
            "random_state": 16,
            "verbose": 0,
            "warm_start": true,
        })
    );
}

#[test]
fn parameters_read_back_from_json_as_they_were() {
    for max_samples in [MaxSamples::Auto, MaxSamples::Count(1), MaxSamples::Fraction(1.0), MaxSamples::Fraction(0.1)] {
        for max_features in [MaxFeatures::Count(1), MaxFeatures::Fraction(1.0)] {
            for contamination in [Contamination::Auto, Contamination::Fraction(0.001)] {
                let params = IsolationForest::builder()
                    .max_samples(max_samples)
                    .max_features(max_features)
                    .contamination(contamination);
                let text = serde_json::to_string(&params).unwrap();
                assert_eq!(serde_json::from_str::<IsolationForestParams>(&text).unwrap(), params, "{text}");
            }
        }
    }
}

#[test]
fn an_unknown_parameter_in_json_is_an_error_that_names_it() {
    let mut json = serde_json::to_value(IsolationForest::builder()).unwrap();
    json["max_depth"] = json!(8);
    let error = serde_json::from_value::<IsolationForestParams>(json).unwrap_err();
    assert!(error.to_string().contains("max_depth"), "{error}");
}

#[test]
fn without_a_seed_one_is_drawn_and_recorded() {
    let x = bell(300, 2, 2);
    let params = IsolationForest::builder().n_estimators(5);
    let (first, second) = (params.fit(x.view()).unwrap(), params.fit(x.view()).unwrap());
    let seed = first.params().random_state.expect("a seed is recorded");
    assert_ne!(first.trees(), second.trees(), "two fits without a seed are the same");
    let again = params.random_state(seed).fit(x.view()).unwrap();
    assert_eq!(first.trees(), again.trees());
}

#[test]
fn another_seed_is_another_forest() {
    let x = bell(300, 2, 2);
    let fit = |seed| IsolationForest::builder().n_estimators(5).random_state(seed).fit(x.view()).unwrap();
    assert_eq!(fit(16).trees(), fit(16).trees());
    assert_ne!(fit(16).trees(), fit(17).trees());
    assert_ne!(fit(0).trees(), fit(u32::MAX).trees());
}

#[test]
fn verbose_changes_no_number() {
    let x = bell(300, 2, 2);
    let params =
        IsolationForest::builder().n_estimators(250).contamination(Contamination::Fraction(0.1)).random_state(1);
    let (quiet, loud) = (params.fit(x.view()).unwrap(), params.verbose(2).fit(x.view()).unwrap());
    assert_eq!(quiet.trees(), loud.trees());
    assert_same_bits([&quiet.offset()], [&loud.offset()], "offset");
    assert_eq!(loud.params().verbose, 2);
}

#[test]
fn more_trees_than_memory_could_hold_are_refused() {
    for n_estimators in [0, 1_000_001, usize::MAX] {
        let error = IsolationForest::builder().n_estimators(n_estimators).check().unwrap_err();
        assert_eq!(error.to_string(), format!("n_estimators must be an integer from 1 to 1000000, got {n_estimators}"));
    }
}
