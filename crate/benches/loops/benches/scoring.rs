//! Time of scoring a row in each way that can score the model, on one thread: the table in `src/scoring/way.rs`.
//!
//! A group a model; its lines are the ways. "batch" is time for all rows, and the elements a second are rows; "one row" is what a
//! request to the service costs. `cargo bench --bench scoring -- batch/10` runs a part.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use isoforest::data::read_csv;
use isoforest::ndarray::{Array2, Axis, s};
use isoforest::{Detector, IsolationForest, MaxSamples, Tree};
use isoforest_bench_loops::{bell, coarse};

/// Rows that are scored together, and the first of them one by one.
const ROWS: usize = 20_000;
const ONE_BY_ONE: usize = 1_000;
const WAYS: [&str; 8] =
    ["Masks", "Bytes", "Registers", "Narrow", "Wide", "HyperplaneRegisters", "Hyperplanes", "AsGrown"];

/// A model's name, detector, rows to train on and rows a tree.
type Model = (String, Detector, Array2<f64>, usize);

fn models() -> Vec<Model> {
    let purchases =
        read_csv(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../data/train.csv")).expect("the bundled data");
    let standard = [
        ("the bundled data", purchases.values, 256),
        ("2 features, small trees", coarse(ROWS, 2, 2.0), 256),
        ("2 features, 64 rows a tree", bell(ROWS, 2), 64),
        ("2 features", bell(ROWS, 2), 256),
        ("4 features, 64 rows a tree", bell(ROWS, 4), 64),
        ("10 features, 64 rows a tree", bell(ROWS, 10), 64),
        ("10 features", bell(ROWS, 10), 256),
        ("10 features, 1024 rows a tree", bell(ROWS, 10), 1_024),
        ("30 features", bell(ROWS, 30), 256),
        ("60 features", bell(ROWS, 60), 256),
        ("100 features", bell(ROWS, 100), 256),
    ];
    let standard = standard.map(|(name, rows, max_samples)| (name.to_owned(), Detector::Standard, rows, max_samples));
    let extended = [(1, 2), (1, 10), (4, 10), (9, 10), (1, 30), (29, 30), (1, 100), (99, 100)];
    let extended = extended.map(|(level, n_features)| {
        let detector = Detector::Extended { extension_level: Some(level) };
        (format!("extended, level {level} of {n_features} features"), detector, bell(ROWS, n_features), 256)
    });
    standard.into_iter().chain(extended).collect()
}

fn scoring(criterion: &mut Criterion) {
    for (name, detector, training, max_samples) in models() {
        let params =
            IsolationForest::builder().detector(detector).max_samples(MaxSamples::Count(max_samples)).random_state(16);
        let forest = params.fit(training.view()).expect("finite rows");
        // All different, whatever the training rows are: no row is known before it is scored.
        let x = bell(ROWS + 1, training.ncols());
        let leaves = forest.trees().iter().map(Tree::n_leaves).max().unwrap_or(0);
        println!("{name}: up to {leaves} leaves, {} bytes for scoring, by {}", forest.heap_bytes().1, forest.way());
        let forests: Vec<_> = WAYS.iter().filter_map(|way| Some((way, forest.scored_in(way)?))).collect();
        let mut batch = criterion.benchmark_group(format!("batch/{name}"));
        batch.throughput(Throughput::Elements(x.nrows() as u64));
        for (way, forest) in &forests {
            batch.bench_function(BenchmarkId::from_parameter(way), |bencher| {
                bencher.iter(|| forest.score_samples(black_box(x.view())));
            });
        }
        batch.finish();
        let mut one = criterion.benchmark_group(format!("one row/{name}"));
        one.throughput(Throughput::Elements(ONE_BY_ONE as u64));
        for (way, forest) in &forests {
            one.bench_function(BenchmarkId::from_parameter(way), |bencher| {
                bencher.iter(|| {
                    for row in x.slice(s![..ONE_BY_ONE, ..]).axis_chunks_iter(Axis(0), 1) {
                        drop(black_box(forest.score_samples(black_box(row))));
                    }
                });
            });
        }
        one.finish();
    }
}

fn short() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600))
}

criterion_group! { name = benches; config = short(); targets = scoring }
criterion_main!(benches);
