//! The synthetic data: what it looks like, and that it never changes.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use isoforest::data::{DEFAULT_SEED, DEFAULT_TEST_ROWS, DEFAULT_TRAIN_ROWS, GeneratedData, Table, generate};

const SHARES: [f64; 10] = [0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999, 1.0];

/// The quantiles to be met, of `mean` and of `sd`, at `SHARES`.
const TARGETS: [(&str, [f64; 10]); 2] = [
    (
        "mean",
        [
            -0.284_889, -0.284_889, -0.221_421, -0.157_953, -0.157_953, -0.135_286, 0.635_397, 2.222_097, 9.248_661,
            66.324_763,
        ],
    ),
    (
        "sd",
        [
            -0.106_749, -0.106_749, -0.106_749, -0.106_749, -0.106_749, -0.106_242, 0.252_085, 1.988_526, 13.482_037,
            57.676_982,
        ],
    ),
];

/// How far a quantile may be from its target: a fiftieth of a standard deviation, and a tenth of the target.
fn tolerance(target: f64) -> f64 {
    0.02 + target.abs() / 10.0
}

fn bundled() -> GeneratedData {
    generate(DEFAULT_SEED, DEFAULT_TRAIN_ROWS, DEFAULT_TEST_ROWS)
}

fn data_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data")
}

fn bits(table: &Table) -> Vec<u64> {
    table.values.iter().map(|value| value.to_bits()).collect()
}

/// Quantiles at `SHARES`, interpolated between the two rows around, as pandas and numpy do.
fn quantiles(table: &Table, feature: usize) -> Vec<f64> {
    let mut sorted = table.values.column(feature).to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len() - 1;
    SHARES
        .iter()
        .map(|share| {
            let position = share * last as f64;
            let (below, above) = (sorted[position as usize], sorted[(position as usize + 1).min(last)]);
            below + position.fract() * (above - below)
        })
        .collect()
}

fn average(table: &Table, feature: usize) -> f64 {
    table.values.column(feature).sum() / table.values.nrows() as f64
}

/// Sample covariance of two features.
fn covariance(table: &Table, a: usize, b: usize) -> f64 {
    let (average_a, average_b) = (average(table, a), average(table, b));
    let sum: f64 = table.values.rows().into_iter().map(|row| (row[a] - average_a) * (row[b] - average_b)).sum();
    sum / (table.values.nrows() - 1) as f64
}

fn correlation(table: &Table) -> f64 {
    covariance(table, 0, 1) / (covariance(table, 0, 0) * covariance(table, 1, 1)).sqrt()
}

/// The share of rows that are the most frequent point.
fn share_of_the_commonest_point(table: &Table) -> f64 {
    let mut counts = HashMap::new();
    for row in table.values.rows() {
        *counts.entry((row[0].to_bits(), row[1].to_bits())).or_insert(0_u32) += 1;
    }
    f64::from(counts.into_values().max().unwrap_or(0)) / table.values.nrows() as f64
}

/// The share of rows whose `sd` is the smallest there is.
fn share_of_least_sd(table: &Table) -> f64 {
    let column = table.values.column(1);
    let least = column.iter().copied().fold(f64::INFINITY, f64::min);
    column.iter().filter(|&&value| value == least).count() as f64 / column.len() as f64
}

fn distinct_rows(table: &Table) -> usize {
    table.values.rows().into_iter().map(|row| (row[0].to_bits(), row[1].to_bits())).collect::<HashSet<_>>().len()
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let (first, second) = (generate(7, 3_000, 700), generate(7, 3_000, 700));
    assert_eq!(bits(&first.train), bits(&second.train));
    assert_eq!(bits(&first.test), bits(&second.test));
}

#[test]
fn another_seed_gives_other_data() {
    let first = generate(7, 3_000, 700);
    // A seed that differs in its upper half only: all 64 bits must count.
    for seed in [8, 7 + (1 << 32)] {
        let other = generate(seed, 3_000, 700);
        assert_ne!(bits(&first.train), bits(&other.train), "seed {seed}");
        assert_ne!(bits(&first.test), bits(&other.test), "seed {seed}");
    }
}

#[test]
fn the_test_rows_are_not_the_training_rows() {
    let data = generate(7, 700, 700);
    assert_ne!(bits(&data.train), bits(&data.test));
}

#[test]
fn tables_have_the_rows_asked_for_and_the_columns_mean_and_sd() {
    let data = bundled();
    assert_eq!(data.train.values.dim(), (64_227, 2));
    assert_eq!(data.test.values.dim(), (16_057, 2));
    assert_eq!(data.train.feature_names, ["mean", "sd"]);
    assert_eq!(data.test.feature_names, ["mean", "sd"]);
}

#[test]
fn quantiles_are_near_the_targets() {
    let data = bundled();
    for (feature, (name, targets)) in TARGETS.into_iter().enumerate() {
        for ((share, target), quantile) in SHARES.into_iter().zip(targets).zip(quantiles(&data.train, feature)) {
            let difference = (quantile - target).abs();
            assert!(difference <= tolerance(target), "{name}, quantile {share}: {quantile} for {target}");
        }
    }
}

#[test]
fn training_columns_have_average_0_and_standard_deviation_1() {
    let train = bundled().train;
    for feature in 0..2 {
        assert!(average(&train, feature).abs() < 1e-12, "average {}", average(&train, feature));
        let deviation = covariance(&train, feature, feature).sqrt();
        assert!((deviation - 1.0).abs() < 1e-12, "standard deviation {deviation}");
    }
}

#[test]
fn test_rows_are_normalised_with_the_training_rows() {
    let data = bundled();
    // The commonest user is the same point in both tables only if both were scaled alike.
    for feature in 0..2 {
        let median = |table| quantiles(table, feature)[4];
        assert_eq!(median(&data.train).to_bits(), median(&data.test).to_bits());
    }
}

#[test]
fn mean_and_sd_are_correlated() {
    let correlation = correlation(&bundled().train);
    assert!((correlation - 0.66).abs() <= 0.05, "{correlation}");
}

#[test]
fn most_rows_are_one_point_and_have_the_least_sd() {
    let data = bundled();
    for table in [data.train, data.test] {
        assert!(share_of_the_commonest_point(&table) >= 0.5, "{}", share_of_the_commonest_point(&table));
        assert!(share_of_least_sd(&table) >= 0.7, "{}", share_of_least_sd(&table));
    }
}

#[test]
fn some_thousand_training_rows_are_distinct() {
    let distinct = distinct_rows(&bundled().train);
    assert!((2_000..3_000).contains(&distinct), "{distinct}");
}

#[test]
fn every_seed_gives_the_same_picture() {
    for seed in (0..20).chain([u64::MAX]) {
        let train = generate(seed, DEFAULT_TRAIN_ROWS, 0).train;
        assert!(share_of_the_commonest_point(&train) >= 0.5, "seed {seed}");
        assert!(share_of_least_sd(&train) >= 0.7, "seed {seed}");
        let correlation = correlation(&train);
        // The few largest spenders decide, so it varies more than from 64,227 equals.
        assert!((0.5..0.85).contains(&correlation), "seed {seed}: {correlation}");
        for feature in 0..2 {
            let quantiles = quantiles(&train, feature);
            assert!((30.0..120.0).contains(&quantiles[9]), "seed {seed}, feature {feature}: {}", quantiles[9]);
            assert!((1.0..4.0).contains(&quantiles[7]), "seed {seed}, feature {feature}: {}", quantiles[7]);
        }
    }
}

#[test]
fn no_number_of_rows_gives_a_value_that_is_not_finite() {
    for (n_train, n_test) in [(0, 0), (0, 5), (1, 0), (1, 5), (2, 5), (3, 1)] {
        for seed in 0..50 {
            let data = generate(seed, n_train, n_test);
            assert_eq!(data.train.values.dim(), (n_train, 2));
            assert_eq!(data.test.values.dim(), (n_test, 2));
            let mut values = data.train.values.iter().chain(&data.test.values);
            assert!(values.all(|value| value.is_finite()), "seed {seed}: {data:?}");
        }
    }
}

#[test]
fn a_single_training_row_is_at_zero() {
    assert_eq!(generate(3, 1, 0).train.values.iter().copied().collect::<Vec<_>>(), [0.0, 0.0]);
}

#[test]
fn regenerating_gives_the_committed_files_byte_for_byte() {
    let data = bundled();
    for (table, file) in [(data.train, "train.csv"), (data.test, "test.csv")] {
        let mut generated = Vec::new();
        table.write_csv(&mut generated).unwrap();
        let committed = fs::read(data_folder().join(file)).unwrap();
        if generated != committed {
            let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect::<Vec<_>>();
            let (generated, committed) = (lines(&generated), lines(&committed));
            let line = generated.iter().zip(&committed).take_while(|(a, b)| a == b).count();
            panic!("data/{file}, line {}: {:?}, now {:?}", line + 1, committed.get(line), generated.get(line));
        }
    }
}

/// The figures of `data/README.md`; a failure prints the text to paste there.
#[test]
fn the_readme_of_the_data_has_its_figures() {
    let data = bundled();
    let mut text = String::from(
        "|  | min | 1 % | 5 % | 25 % | 50 % | 75 % | 95 % | 99 % | 99.9 % | max |\n\
         |---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for (file, table) in [("train", &data.train), ("test", &data.test)] {
        for (feature, name) in table.feature_names.iter().enumerate() {
            let cells: Vec<_> = quantiles(table, feature).iter().map(|value| format!("{value:.6}")).collect();
            writeln!(text, "| {file}, `{name}` | {} |", cells.join(" | ")).unwrap();
        }
    }
    text.push_str(
        "\n|  | rows | distinct rows | rows at the commonest point | rows with the least `sd` | correlation |\n",
    );
    text.push_str("|---|---|---|---|---|---|\n");
    for (file, table) in [("train", &data.train), ("test", &data.test)] {
        writeln!(
            text,
            "| {file} | {} | {} | {:.1} % | {:.1} % | {:.3} |",
            table.values.nrows(),
            distinct_rows(table),
            100.0 * share_of_the_commonest_point(table),
            100.0 * share_of_least_sd(table),
            correlation(table),
        )
        .unwrap();
    }
    let readme = fs::read_to_string(data_folder().join("README.md")).unwrap();
    assert!(readme.contains(&text), "data/README.md should contain\n\n{text}");
}
