//! What rows may look like: layouts, missing and infinite values, other widths.

use isoforest::ndarray::{Array2, ArrayView2, ShapeBuilder, array, s};
use isoforest::{Contamination, FitError, IsolationForest, ScoreError};

use crate::common::{Recipe, assert_same_bits, bell};

fn forest_of(x: ArrayView2<'_, f64>) -> IsolationForest {
    let params = IsolationForest::builder().n_estimators(20).contamination(Contamination::Fraction(0.1));
    params.random_state(16).fit(x).unwrap()
}

/// Fails unless fitting on and scoring of the view give the bits of the standard layout.
#[track_caller]
fn assert_like_standard_layout(view: ArrayView2<'_, f64>, what: &str) {
    let standard = view.as_standard_layout().to_owned();
    let (forest, expected) = (forest_of(view), forest_of(standard.view()));
    assert_eq!(forest.trees(), expected.trees(), "{what}");
    assert_same_bits([&forest.offset()], [&expected.offset()], what);
    let scores = forest.score_samples(view).unwrap();
    assert_same_bits(&scores, &expected.score_samples(standard.view()).unwrap(), what);
}

#[test]
fn column_major_data_give_the_bits_of_row_major_data() {
    let x = bell(301, 5, 1);
    let mut columns_first = Array2::zeros((301, 5).f());
    columns_first.assign(&x);
    assert!(!columns_first.is_standard_layout());
    assert_like_standard_layout(columns_first.view(), "column-major");
    assert_like_standard_layout(bell(5, 301, 2).t(), "transposed");
}

#[test]
fn strided_views_give_the_bits_of_their_copies() {
    let x = bell(903, 10, 3);
    assert_like_standard_layout(x.slice(s![..;3, ..]), "every third row");
    assert_like_standard_layout(x.slice(s![.., ..;2]), "every second column");
    assert_like_standard_layout(x.slice(s![100..400, 3..7]), "a window");
    assert_like_standard_layout(x.broadcast((903, 10)).unwrap(), "broadcast");
}

#[test]
fn reversed_views_give_the_bits_of_their_copies() {
    let x = bell(301, 5, 4);
    assert_like_standard_layout(x.slice(s![..;-1, ..]), "rows reversed");
    assert_like_standard_layout(x.slice(s![.., ..;-1]), "columns reversed");
    assert_like_standard_layout(x.slice(s![..;-2, ..;-1]), "both reversed, every second row");
}

#[test]
fn single_precision_data_give_the_bits_of_the_same_values_in_double() {
    let single = bell(301, 5, 5).mapv(|value| value as f32);
    let double = single.mapv(f64::from);
    let params = IsolationForest::builder().contamination(Contamination::Fraction(0.1)).random_state(16);
    let (a, b) = (params.fit(single.view()).unwrap(), params.fit(double.view()).unwrap());
    assert_eq!(a.trees(), b.trees());
    assert_eq!(a.offset(), b.offset());
    assert_same_bits(&a.score_samples(single.view()).unwrap(), &b.score_samples(double.view()).unwrap(), "f32");
    let reversed = single.slice(s![..;-1, ..]);
    let expected: Vec<f64> = b.score_samples(double.view()).unwrap().iter().rev().copied().collect();
    assert_same_bits(&a.score_samples(reversed).unwrap(), &expected, "f32, reversed");
}

#[test]
fn double_precision_data_are_read_as_single() {
    let x = bell(301, 2, 6);
    let rounded = x.mapv(|value| f64::from(value as f32));
    assert_ne!(x, rounded);
    assert_eq!(forest_of(x.view()).trees(), forest_of(rounded.view()).trees());
}

#[test]
fn missing_values_are_allowed_when_fitting_and_when_scoring() {
    let holes = Recipe { missing: 0.3, ..Recipe::new(300, 3, 7) }.cook();
    let whole = bell(300, 3, 7);
    let nothing = Array2::from_elem((3, 3), f64::NAN);
    for train in [&holes, &whole, &nothing] {
        let forest = forest_of(train.view());
        for rows in [&holes, &whole, &nothing] {
            let scores = forest.score_samples(rows.view()).unwrap();
            assert!(scores.iter().all(|score| (-1.0..0.0).contains(score)), "{scores}");
        }
    }
}

#[test]
fn a_row_with_a_missing_value_changes_no_other_row() {
    let forest = forest_of(bell(300, 3, 8).view());
    let whole = bell(200, 3, 9);
    let expected = forest.score_samples(whole.view()).unwrap();
    for hole in 0..200 {
        let mut rows = whole.clone();
        rows[(hole, hole % 3)] = f64::NAN;
        let scores = forest.score_samples(rows.view()).unwrap();
        for (row, (a, b)) in scores.iter().zip(&expected).enumerate() {
            assert!(row == hole || a.to_bits() == b.to_bits(), "row {row} with a hole in row {hole}");
        }
        let alone = forest.score_samples(rows.slice(s![hole..=hole, ..])).unwrap();
        assert_same_bits(&alone, [&scores[hole]], "the row with the hole, alone");
    }
}

#[test]
fn rows_after_a_block_of_missing_values_score_as_ever() {
    let whole = bell(100, 3, 9);
    for seed in 0..20 {
        let params = IsolationForest::builder().n_estimators(20).random_state(seed);
        let forest = params.fit(bell(300, 3, 8).view()).unwrap();
        let mut rows = whole.clone();
        rows.slice_mut(s![..64, ..]).fill(f64::NAN);
        let scores = forest.score_samples(rows.view()).unwrap();
        let expected = forest.score_samples(whole.slice(s![64.., ..])).unwrap();
        assert_same_bits(scores.slice(s![64..]), &expected, &format!("seed {seed}"));
    }
}

#[test]
fn every_kind_of_nan_is_a_missing_value() {
    let train = Recipe { missing: 0.2, ..Recipe::new(300, 2, 10) }.cook();
    let forest = forest_of(train.view());
    let expected = forest.score_samples(array![[f64::NAN, 0.5]].view()).unwrap();
    for nan in [-f64::NAN, f64::from_bits(0x7FF0_0000_0000_0001), f64::from_bits(0xFFF8_0000_DEAD_BEEF)] {
        assert_same_bits(&forest.score_samples(array![[nan, 0.5]].view()).unwrap(), &expected, "a NaN");
        let other = train.mapv(|value| if value.is_nan() { nan } else { value });
        assert_eq!(forest_of(other.view()).trees(), forest.trees());
    }
}

#[test]
fn an_infinite_value_is_an_error_that_names_its_row_and_column() {
    let train = bell(300, 3, 11);
    let params = IsolationForest::builder().n_estimators(2).random_state(0);
    for n_jobs in [1, 2, 3] {
        let params = params.n_jobs(n_jobs);
        let forest = params.fit_named(train.view(), &["a", "b", "c"]).unwrap();
        for value in [f64::INFINITY, f64::NEG_INFINITY, 1e39, -f64::MAX] {
            for (row, column) in [(0, 0), (7, 2), (64, 1), (150, 0), (299, 2)] {
                let mut x = train.clone();
                x[(row, column)] = value;
                let name = ["a", "b", "c"][column].to_owned();
                let expected = ScoreError::Infinite { row, column, name, value };
                assert_eq!(forest.score_samples(x.view()).unwrap_err(), expected);
                assert_eq!(forest.decision_function(x.view()).unwrap_err(), expected);
                assert_eq!(forest.predict(x.view()).unwrap_err(), expected);
                assert_eq!(
                    params.fit_named(x.view(), &["a", "b", "c"]).unwrap_err(),
                    FitError::Value(expected.clone())
                );
                let text = expected.to_string();
                assert!(text.contains(&format!("row {row}")) && text.contains(&format!("column {column}")), "{text}");
            }
        }
    }
}

#[test]
fn of_several_infinite_values_the_first_is_named() {
    let train = bell(300, 3, 12);
    let forest = IsolationForest::builder().n_estimators(2).n_jobs(3).fit(train.view()).unwrap();
    let mut x = train.clone();
    for place in [(250, 0), (130, 2), (70, 2), (70, 1)] {
        x[place] = f64::INFINITY;
    }
    let error = forest.score_samples(x.view()).unwrap_err();
    assert!(matches!(error, ScoreError::Infinite { row: 70, column: 1, .. }), "{error:?}");
}

#[test]
fn the_largest_single_precision_numbers_are_finite() {
    let most = f64::from(f32::MAX);
    let x = array![[most, 0.0], [-most, 1.0], [0.0, 2.0], [1.0, 3.0]];
    let forest = forest_of(x.view());
    assert!(forest.score_samples(x.view()).unwrap().iter().all(|score| (-1.0..0.0).contains(score)));
}

#[test]
fn another_number_of_features_is_an_error_that_names_both() {
    let forest = forest_of(bell(150, 4, 13).view());
    for found in [0, 1, 3, 5] {
        let expected = ScoreError::FeatureCount { expected: 4, found };
        let rows = Array2::<f64>::zeros((10, found));
        assert_eq!(forest.score_samples(rows.view()).unwrap_err(), expected);
        assert_eq!(forest.decision_function(rows.view()).unwrap_err(), expected);
        assert_eq!(forest.predict(rows.view()).unwrap_err(), expected);
        let text = expected.to_string();
        assert!(text.contains('4') && text.contains(&found.to_string()), "{text}");
    }
}

#[test]
fn no_rows_score_as_no_scores() {
    let forest = forest_of(bell(150, 4, 13).view());
    assert_eq!(forest.score_samples(Array2::<f64>::zeros((0, 4)).view()).unwrap().len(), 0);
    assert_eq!(forest.predict(Array2::<f32>::zeros((0, 4)).view()).unwrap().len(), 0);
}

#[test]
fn fitting_needs_a_row_and_a_column() {
    for (rows, columns) in [(0, 0), (0, 3), (3, 0)] {
        let error = IsolationForest::builder().fit(Array2::<f64>::zeros((rows, columns)).view()).unwrap_err();
        assert_eq!(error, FitError::Empty { rows, columns });
    }
}

#[test]
fn feature_names_are_kept_and_counted() {
    let x = bell(20, 2, 14);
    let params = IsolationForest::builder().n_estimators(2);
    assert_eq!(params.fit_named(x.view(), &["mean", "sd"]).unwrap().feature_names(), ["mean", "sd"]);
    assert_eq!(params.fit(x.view()).unwrap().feature_names(), ["x0", "x1"]);
    let error = params.fit_named(x.view(), &["mean"]).unwrap_err();
    assert_eq!(error, FitError::FeatureNames { columns: 2, names: 1 });
}

#[test]
fn two_columns_of_one_name_are_refused() {
    let error = IsolationForest::builder().fit_named(bell(20, 2, 1).view(), &["a", "a"]).unwrap_err();
    assert_eq!(error.to_string(), "feature names must be distinct, found \"a\" twice");
}
