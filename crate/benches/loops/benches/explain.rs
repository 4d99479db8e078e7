//! Time of explaining a row: "make" prepares the model, "one row" is what a request to the service costs, "a row of many" the share
//! of a row in a batch.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use isoforest::ndarray::{Axis, s};
use isoforest::{Explainer, IsolationForest};
use isoforest_bench_loops::bell;

/// Rows that are explained together, and the first of them one by one.
const ROWS: usize = 500;
const ONE_BY_ONE: usize = 50;

fn explain(criterion: &mut Criterion) {
    for n_features in [1, 2, 3, 5, 10, 40] {
        let x = bell(30_000, n_features);
        let forest = IsolationForest::builder().random_state(16).fit(x.view()).expect("finite rows");
        let explainer = Explainer::new(&forest);
        let mut group = criterion.benchmark_group(format!("explain, {n_features} features"));
        group.bench_function("make", |bencher| bencher.iter(|| Explainer::new(black_box(&forest))));
        for (name, n_rows, step) in [("one row", ONE_BY_ONE, 1), ("a row of many", ROWS, ROWS)] {
            group.throughput(Throughput::Elements(n_rows as u64));
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                bencher.iter(|| {
                    for rows in x.slice(s![..n_rows, ..]).axis_chunks_iter(Axis(0), step) {
                        drop(black_box(explainer.explain(black_box(rows))));
                    }
                });
            });
        }
        group.finish();
    }
}

fn short() -> Criterion {
    Criterion::default()
        .sample_size(15)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600))
}

criterion_group! { name = benches; config = short(); targets = explain }
criterion_main!(benches);
