//! Contributions: they add up, and name the feature that is off.

use isoforest::ndarray::array;
use isoforest::{Explainer, IsolationForest};

use crate::common::{Recipe, bell};
use crate::extended;

#[test]
fn contributions_add_up_to_the_deviation_of_the_path_length() {
    let x = Recipe { missing: 0.1, constant: vec![3], levels: Some(5), ..Recipe::new(400, 5, 1) }.cook();
    for level in [0, 1, 4] {
        let forest = extended(level).fit(x.view()).unwrap();
        let explainer = Explainer::new(&forest);
        let contributions = explainer.explain(x.view()).unwrap();
        let deviations = explainer.expected_path_length() - explainer.mean_path_lengths(x.view()).unwrap();
        for (row, (values, deviation)) in contributions.rows().into_iter().zip(deviations).enumerate() {
            assert!((values.sum() - deviation).abs() < 1e-9, "level {level}, row {row}");
            assert_eq!(values[3], 0.0, "the constant column");
        }
    }
}

#[test]
fn the_feature_that_is_off_has_the_most_of_the_deviation() {
    let forest = extended(None).fit(bell(1_000, 4, 1).view()).unwrap();
    let explainer = Explainer::new(&forest);
    for feature in 0..4 {
        let mut row = array![[0.0, 0.0, 0.0, 0.0]];
        row[(0, feature)] = 9.0;
        let values = explainer.explain(row.view()).unwrap();
        let rest: f64 = values.iter().enumerate().filter(|(other, _)| *other != feature).map(|(_, value)| value).sum();
        assert!(values[(0, feature)] > 2.0 * rest.abs(), "{values}");
    }
}

#[test]
fn cuts_along_the_axes_are_explained_by_shapley_values_as_in_the_standard_forest() {
    let x = bell(500, 3, 1);
    let forest = extended(0).fit(x.view()).unwrap();
    let explainer = Explainer::new(&forest);
    let values = explainer.explain(array![[3.0, 3.0, 0.0]].view()).unwrap();
    assert!(values[(0, 0)] > 2.0 && values[(0, 1)] > 2.0 && values[(0, 2)] < 0.0, "{values}");
    let standard = Explainer::new(&IsolationForest::builder().random_state(16).fit(x.view()).unwrap());
    let theirs = standard.explain(array![[3.0, 3.0, 0.0]].view()).unwrap();
    assert!((&values - &theirs).iter().all(|difference| difference.abs() < 1.0), "{values} against {theirs}");
}
