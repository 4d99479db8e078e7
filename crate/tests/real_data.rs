//! The real training and test set against scikit-learn's numbers. The data are not part of the repository: the folder
//! is the environment variable `ISOFOREST_REAL_DATA`, else `shared/data` beside the repository, and without it
//! the tests say so and pass.

mod common;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use common::ulps_apart;
use isoforest::data::{Table, read_csv};
use isoforest::ndarray::Array1;
use isoforest::{Contamination, Detector, IsolationForest};

/// Scores of the first five test rows, seed 16.
const FIRST_SCORES: [f64; 5] = [
    -0.313_144_634_471_537_23,
    -0.313_144_634_471_537_23,
    -0.341_567_635_337_618_8,
    -0.444_466_729_655_223_5,
    -0.341_567_635_337_618_8,
];

/// The lowest score of the test rows, and its row.
const LOWEST_SCORE: (usize, f64) = (9066, -0.871_078_126_851_377);

/// All scores of the test rows together.
const SUM_OF_SCORES: f64 = -6_070.008_265_660_143;

struct RealData {
    train: Table,
    test: Table,
}

impl RealData {
    /// The data, or nothing and a line that says so. A folder that is named must hold them.
    fn read() -> Option<Self> {
        let folder = if let Some(named) = std::env::var_os("ISOFOREST_REAL_DATA") {
            PathBuf::from(named)
        } else {
            let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
            if !beside.join("train.csv").is_file() {
                // Not println, which the test harness keeps to itself when a test passes.
                let folder = beside.display();
                let _ = writeln!(io::stderr(), "skipped: real data are not there ({folder}); set ISOFOREST_REAL_DATA");
                return None;
            }
            beside
        };
        let table = |name| read_csv(folder.join(name)).unwrap_or_else(|error| panic!("{error}"));
        Some(Self { train: table("train.csv"), test: table("test.csv") })
    }

    fn fit(&self, contamination: Contamination) -> IsolationForest {
        let params = IsolationForest::builder().contamination(contamination).random_state(16).n_jobs(2);
        params.fit_named(self.train.values.view(), &self.train.feature_names).unwrap()
    }

    fn train_inliers(&self, forest: &IsolationForest) -> usize {
        count(&forest.predict(self.train.values.view()).unwrap(), 1)
    }

    fn test_outliers(&self, forest: &IsolationForest) -> usize {
        count(&forest.predict(self.test.values.view()).unwrap(), -1)
    }
}

fn count(predicted: &Array1<i8>, class: i8) -> usize {
    predicted.iter().filter(|&&found| found == class).count()
}

#[test]
fn with_contamination_auto_the_numbers_are_scikit_learns() {
    let Some(data) = RealData::read() else { return };
    let forest = data.fit(Contamination::Auto);

    assert_eq!(data.train.values.dim(), (64_227, 2));
    assert_eq!(forest.feature_names(), ["mean", "sd"]);
    assert_eq!(forest.trees().iter().map(isoforest::Tree::n_nodes).sum::<usize>(), 5_312);
    assert_eq!(forest.offset(), -0.5);
    assert_eq!(data.train_inliers(&forest), 54_119);
    assert_eq!(data.test_outliers(&forest), 2_576);
    let root = |tree: usize| (forest.trees()[tree].feature[0], forest.trees()[tree].threshold[0]);
    assert_eq!(root(0), (0, 1.076_744_608_974_370_6));
    assert_eq!(root(99), (0, 2.657_781_908_505_272));
}

#[test]
fn with_a_contamination_of_one_in_a_thousand_the_numbers_are_scikit_learns() {
    let Some(data) = RealData::read() else { return };
    let forest = data.fit(Contamination::Fraction(0.001));

    assert_eq!(forest.offset(), -0.849_423_308_144_287_6);
    assert_eq!(data.train_inliers(&forest), 64_166);
    assert_eq!(data.test_outliers(&forest), 13);
}

#[test]
fn test_scores_are_scikit_learns_within_two_ulp() {
    let Some(data) = RealData::read() else { return };
    let scores = data.fit(Contamination::Auto).score_samples(data.test.values.view()).unwrap();

    for (row, (&score, &expected)) in scores.iter().zip(&FIRST_SCORES).enumerate() {
        assert!(ulps_apart(score, expected) <= 2, "row {row}: {score:?}, expected {expected:?}");
    }
    let lowest = scores.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1)).map(|(row, &score)| (row, score)).unwrap();
    assert_eq!(lowest.0, LOWEST_SCORE.0);
    assert!(ulps_apart(lowest.1, LOWEST_SCORE.1) <= 2, "{lowest:?}");
    // numpy adds in another order than this does.
    assert!((scores.sum() - SUM_OF_SCORES).abs() < 1e-8, "{}", scores.sum());
}

#[test]
fn the_user_in_line_with_the_others_is_an_outlier_to_the_extended_forest_only() {
    let Some(data) = RealData::read() else { return };
    // The highest mean of all, at nearly the lowest sd, where most users are.
    let x = data.train.values.view();
    let user = (0..x.nrows()).max_by(|&a, &b| x[(a, 0)].total_cmp(&x[(b, 0)])).unwrap();
    let params = IsolationForest::builder().contamination(Contamination::Fraction(0.001)).n_jobs(2).random_state(16);
    let rank = |detector| {
        let forest = params.detector(detector).fit(x).unwrap();
        let scores = forest.score_samples(x).unwrap();
        (scores.iter().filter(|&&score| score < scores[user]).count(), forest.predict(x).unwrap()[user])
    };
    let (standard, standard_label) = rank(Detector::Standard);
    let (extended, extended_label) = rank(Detector::Extended { extension_level: None });
    assert_eq!((standard_label, extended_label), (1, -1));
    assert!(extended < standard / 2, "rank {extended} against {standard}");
}
