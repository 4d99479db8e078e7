//! The forest through linfa's traits.
#![cfg(feature = "linfa")]

use isoforest::adapt::linfa::LinfaFitError;
use isoforest::{Contamination, FitError, IsolationForest};
use linfa::traits::{Fit, Predict};
use linfa::{Dataset, DatasetBase};
use ndarray::{Array2, array};

fn blob() -> Array2<f64> {
    Array2::from_shape_fn((200, 2), |(i, j)| f64::from(((i * 37 + j * 101) % 200) as u32) / 100.0)
}

#[test]
fn fitting_a_dataset_gives_the_forest_of_fitting_its_records() {
    let params = IsolationForest::builder().n_estimators(10).random_state(16);
    let dataset = DatasetBase::from(blob()).with_feature_names(vec!["mean", "sd"]);
    let through_linfa = Fit::fit(&params, &dataset).unwrap();
    let direct = params.fit(blob().view()).unwrap();
    assert_eq!(through_linfa.trees(), direct.trees());
    assert_eq!(through_linfa.feature_names(), ["mean", "sd"]);
}

#[test]
fn predicting_a_dataset_gives_one_label_a_row_and_ignores_targets() {
    let x = array![[0.0], [0.1], [0.2], [50.0]];
    let dataset = Dataset::new(x.clone(), array![1.0, 2.0, 3.0, 4.0]);
    let forest = IsolationForest::builder().random_state(16).fit(x.view()).unwrap();
    let labels = Predict::predict(&forest, &dataset).unwrap();
    assert_eq!(labels, forest.predict(x.view()).unwrap());
    assert_eq!(labels.to_vec(), [1, 1, 1, -1]);
}

#[test]
fn a_bad_parameter_and_rows_of_another_width_are_errors_not_panics() {
    let dataset = DatasetBase::from(blob());
    let params = IsolationForest::builder().contamination(Contamination::Fraction(0.9));
    let error = Fit::fit(&params, &dataset).unwrap_err();
    assert!(matches!(error, LinfaFitError::Fit(FitError::Param(ref e)) if e.name == "contamination"), "{error}");

    let forest = IsolationForest::builder().random_state(1).fit(blob().view()).unwrap();
    let narrow = DatasetBase::from(array![[1.0]]);
    let error = Predict::predict(&forest, &narrow).unwrap_err();
    assert_eq!(error.to_string(), "expected 2 features in each row, as in the training data, found 1");
}
