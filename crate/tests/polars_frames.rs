//! Data frames of polars: in from CSV, described, out as matrices.
#![cfg(feature = "polars")]

use std::fs;

use isoforest::IsolationForest;
use isoforest::adapt::polars::{
    FrameError, describe, feature_matrix, feature_matrix_of, read_csv, to_frame, to_table, values,
};
use isoforest::data::Table;
use isoforest::polars::prelude::*;
use ndarray::array;

/// A CSV file that lives as long as the folder.
fn csv(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.csv");
    fs::write(&path, text).unwrap();
    (folder, path)
}

fn assert_near(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-14 * expected.abs(), "{found} for {expected}");
    }
}

#[test]
fn a_csv_file_becomes_a_frame_of_floats_with_nulls_for_empty_cells() {
    let (_folder, path) = csv("mean,sd\n1,0.5\n,2\n-3e2,4\n");
    let frame = read_csv(path).unwrap();
    assert_eq!(frame.shape(), (3, 2));
    assert_eq!(frame.get_column_names(), ["mean", "sd"]);
    assert!(frame.columns().iter().all(|column| column.dtype() == &DataType::Float64));
    assert_eq!(frame.columns()[0].null_count(), 1);
    let mean = values(&frame, "mean").unwrap();
    assert_eq!((mean[0], mean[1].is_nan(), mean[2]), (1.0, true, -300.0));
}

#[test]
fn a_word_in_a_csv_file_is_an_error_with_file_line_and_column() {
    let (_folder, path) = csv("mean,sd\n1,0.5\n2,lots\n");
    let error = read_csv(&path).unwrap_err();
    assert!(matches!(error, FrameError::Csv(_)));
    let message = error.to_string();
    for part in [path.to_str().unwrap(), "line 3", "sd", "lots"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_matrix_has_the_rows_and_columns_of_its_frame() {
    let frame = df!("a" => [1.5_f64, 2.5, 3.5], "b" => [1_i64, 2, 3], "c" => [0.25_f32, 0.5, 0.75]).unwrap();
    let expected = array![[1.5, 1.0, 0.25], [2.5, 2.0, 0.5], [3.5, 3.0, 0.75]];
    assert_eq!(feature_matrix(&frame).unwrap(), expected);
}

#[test]
fn null_and_nan_are_missing_values_in_a_matrix() {
    let frame = df!("a" => [Some(1.0), None, Some(f64::NAN)]).unwrap();
    let x = feature_matrix(&frame).unwrap();
    assert_eq!(x.column(0).iter().map(|value| value.is_nan()).collect::<Vec<_>>(), [false, true, true]);
}

#[test]
fn a_column_of_words_is_an_error_with_its_name_and_type() {
    let frame = df!("mean" => [1.0, 2.0], "user" => ["ann", "bob"]).unwrap();
    let error = feature_matrix(&frame).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"column "user" has the type str, expected numbers; drop it, or turn it into numbers first"#
    );
    let frame = df!("flag" => [true, false]).unwrap();
    assert!(matches!(feature_matrix(&frame), Err(FrameError::NotNumeric { dtype, .. }) if dtype == "bool"));
}

#[test]
fn columns_can_be_chosen_by_name_in_any_order() {
    let frame = df!("user" => ["ann", "bob"], "sd" => [3.0, 4.0], "mean" => [1.0, 2.0]).unwrap();
    assert_eq!(feature_matrix_of(&frame, &["mean", "sd"]).unwrap(), array![[1.0, 3.0], [2.0, 4.0]]);
    let error = feature_matrix_of(&frame, &["mean", "median"]).unwrap_err();
    assert_eq!(error.to_string(), r#"the data frame has no column "median"; its columns are user, sd, mean"#);
    assert!(matches!(feature_matrix_of(&frame, &["user"]), Err(FrameError::NotNumeric { .. })));
}

#[test]
fn a_table_survives_the_way_through_a_frame() {
    let table = Table { feature_names: vec!["a".into(), "b".into()], values: array![[1.0, -0.0], [0.1, 1e300]] };
    let back = to_table(&to_frame(&table).unwrap()).unwrap();
    assert_eq!(back, table);
    assert!(back.values[[0, 1]].is_sign_negative());
}

#[test]
fn two_columns_of_one_name_are_an_error() {
    let table = Table { feature_names: vec!["a".into(), "a".into()], values: array![[1.0, 2.0]] };
    assert!(matches!(to_frame(&table), Err(FrameError::Polars(_))));
}

#[test]
fn a_description_has_the_numbers_of_pandas() {
    let frame = df!("mean" => [0.5, -1.25, 3.75, 10.0, 2.0, 0.125], "n" => [5, 3, 8, 1, 1, 100]).unwrap();
    let described = describe(&frame).unwrap();
    let names: Vec<&str> = described.column("statistic").unwrap().str().unwrap().iter().flatten().collect();
    assert_eq!(names, ["count", "mean", "std", "min", "25%", "50%", "75%", "max"]);
    // pandas.DataFrame({...}).describe()
    assert_near(
        &values(&described, "mean").unwrap(),
        &[6.0, 2.520_833_333_333_333_5, 4.043_835_328_826_665, -1.25, 0.218_75, 1.25, 3.3125, 10.0],
    );
    assert_near(
        &values(&described, "n").unwrap(),
        &[6.0, 19.666_666_666_666_668, 39.444_475_743_336_56, 1.0, 1.5, 4.0, 7.25, 100.0],
    );
}

#[test]
fn a_description_leaves_out_missing_values_and_columns_of_words() {
    let frame = df!("a" => [Some(1.0), None, Some(3.0), Some(f64::NAN)], "user" => ["w", "x", "y", "z"]).unwrap();
    let described = describe(&frame).unwrap();
    assert_eq!(described.get_column_names(), ["statistic", "a"]);
    let a = values(&described, "a").unwrap();
    assert_near(&a, &[2.0, 2.0, 2.0_f64.sqrt(), 1.0, 1.5, 2.0, 2.5, 3.0]);
}

#[test]
fn numbers_that_do_not_exist_are_null_in_a_description() {
    let one = describe(&df!("a" => [7.0]).unwrap()).unwrap();
    assert_eq!(one.column("a").unwrap().get(2).unwrap(), AnyValue::Null);
    assert_eq!(one.column("a").unwrap().get(5).unwrap(), AnyValue::Float64(7.0));
    let none = describe(&df!("a" => [None::<f64>, None]).unwrap()).unwrap();
    assert_eq!(none.column("a").unwrap().get(0).unwrap(), AnyValue::Float64(0.0));
    assert_eq!(none.column("a").unwrap().null_count(), 7);
    assert!(matches!(describe(&df!("user" => ["ann"]).unwrap()), Err(FrameError::NoNumbers)));
}

#[test]
fn a_forest_fitted_on_a_frame_is_that_of_its_matrix_and_keeps_the_names() {
    let frame = df!("mean" => [0.0, 0.1, 0.2, 50.0, 0.15], "sd" => [1.0, 1.1, 0.9, -30.0, 1.05]).unwrap();
    let params = IsolationForest::builder().n_estimators(10).random_state(16);
    let forest = params.fit_frame(&frame).unwrap();
    let x = feature_matrix(&frame).unwrap();
    assert_eq!(forest.trees(), params.fit(x.view()).unwrap().trees());
    assert_eq!(forest.feature_names(), ["mean", "sd"]);
    assert!(matches!(params.fit_frame(&df!("user" => ["ann"]).unwrap()), Err(FrameError::NotNumeric { .. })));
}

#[cfg(feature = "notebook")]
mod outliers {
    use isoforest::notebook::outliers;
    use isoforest::polars::prelude::*;
    use isoforest::{Contamination, IsolationForest};

    use super::values;

    fn train() -> DataFrame {
        let near: Vec<Option<f64>> = (0..200).map(|i| (i % 50 != 7).then_some(f64::from(i % 40) / 10.0)).collect();
        let sd: Vec<f64> = (0..200).map(|i| f64::from(i % 30) / 10.0).collect();
        df!("mean" => near, "sd" => sd).unwrap()
    }

    #[test]
    fn outliers_come_most_unusual_first_with_score_and_distance() {
        let params = IsolationForest::builder().contamination(Contamination::Fraction(0.01)).random_state(16);
        let forest = params.fit_frame(&train()).unwrap();
        let test = df!("sd" => [1.0, 0.0, 60.0], "mean" => [1.0, 50.0, 50.0], "user" => ["a", "b", "c"]).unwrap();
        let found = outliers(&forest, &test, &train()).unwrap();
        assert_eq!(found.get_column_names(), ["mean", "sd", "score_samples", "nearest_inlier"]);
        assert!(values(&found, "sd").unwrap().contains(&60.0));
        let scores = values(&found, "score_samples").unwrap();
        assert!(scores.is_sorted() && scores.iter().all(|&score| score < forest.offset()), "{scores:?}");
        // The nearest training row to (50, 60) is in the corner (3.9, 2.9) or by it; the columns' deviations are 1.15 and 0.86.
        let distances = values(&found, "nearest_inlier").unwrap();
        assert!(distances.iter().any(|distance| (75.0..80.0).contains(distance)), "{distances:?}");
    }

    #[test]
    fn a_missing_value_has_a_score_but_no_distance() {
        let forest = IsolationForest::builder().random_state(16).fit_frame(&train()).unwrap();
        let test = df!("mean" => [None, Some(90.0)], "sd" => [80.0, 80.0]).unwrap();
        let found = outliers(&forest, &test, &train()).unwrap();
        assert_eq!(found.height(), 2);
        assert_eq!(found.column("nearest_inlier").unwrap().null_count(), 1);
    }

    #[test]
    fn no_outliers_are_an_empty_table() {
        let forest = IsolationForest::builder().random_state(16).fit_frame(&train()).unwrap();
        let found = outliers(&forest, &df!("mean" => [1.0], "sd" => [1.0]).unwrap(), &train()).unwrap();
        assert_eq!(found.shape(), (0, 4));
    }
}
