use isoforest::data::read_csv;
use isoforest::{Contamination, IsolationForest, MaxFeatures, MaxSamples, ModelFile};
use std::fs;

use crate::folder::{Folder, library_scores, stderr, written_scores};

#[test]
fn train_and_score_give_the_librarys_bits() {
    let folder = Folder::with_model();
    folder.done(&["score", "model.json", "test.csv", "--output", "scores.csv"]);
    let scores = written_scores(&fs::read_to_string(folder.path("scores.csv")).unwrap());
    assert_eq!(scores, library_scores(&folder.path("model.json"), &folder.path("test.csv")));
    assert_eq!(scores.len(), 200);

    let x = read_csv(folder.path("train.csv")).unwrap().values;
    let forest = IsolationForest::builder().random_state(16).fit(x.view()).unwrap();
    assert_eq!(ModelFile::read(folder.path("model.json")).unwrap().forest().trees(), forest.trees());
}

#[test]
fn every_option_of_train_reaches_the_forest() {
    let folder = Folder::with_model();
    let options = "--n-estimators 7 --max-samples 0.5 --contamination 0.1 --max-features 1 --bootstrap --n-jobs 2 \
                   --random-state 4294967295 --verbose";
    let arguments: Vec<&str> =
        "train train.csv --output other.json".split(' ').chain(options.split_whitespace()).collect();
    folder.done(&arguments);
    let model = ModelFile::read(folder.path("other.json")).unwrap();
    let params = IsolationForest::builder()
        .n_estimators(7)
        .max_samples(MaxSamples::Fraction(0.5))
        .contamination(Contamination::Fraction(0.1))
        .max_features(MaxFeatures::Count(1))
        .bootstrap(true)
        .n_jobs(2)
        .random_state(u32::MAX)
        .verbose(1);
    assert_eq!(*model.forest().params(), params);
    assert_eq!(model.forest().trees().len(), 7);
    assert_eq!(model.forest().feature_names(), ["mean", "sd"]);
    assert_eq!(model.profile().rows, 500);
}

#[test]
fn without_a_seed_one_is_drawn_and_recorded() {
    let folder = Folder::with_model();
    folder.done(&["train", "train.csv", "--output", "drawn.json", "--n-jobs", "-1"]);
    let drawn = ModelFile::read(folder.path("drawn.json")).unwrap();
    assert!(drawn.forest().params().random_state.is_some());
}

#[test]
fn more_samples_than_rows_is_a_warning() {
    let folder = Folder::with_model();
    let output = folder.run(&["train", "train.csv", "--output", "m.json", "--max-samples", "1000"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).starts_with("warning: max_samples (1000) is above the number of rows (500)"));
}

#[test]
fn a_parameter_that_the_data_refuses_is_a_failed_job() {
    let folder = Folder::with_model();
    assert_eq!(
        folder.failed(&["train", "train.csv", "--output", "m.json", "--max-features", "3"]),
        "train.csv: max_features must be at most the number of columns, 2, got 3",
    );
}
