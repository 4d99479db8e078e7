//! Times this library for `make bench`: one command a line on standard input, one answer in JSON a line.
//!
//! `data ROWS COLUMNS PATH` reads f64 values row after row; `fit TREES MAX_SAMPLES THREADS`, `score THREADS` and
//! `one COUNT` time the steps; `save PATH` and `load PATH` the model file; `read PATH` reads a CSV or Parquet file and
//! does nothing with it; `text` writes scores and decisions as the command line does, into memory. Paths have no spaces.

use std::{
    error::Error,
    fs,
    hint::black_box,
    io::{BufRead, stdin},
    time::{Duration, Instant},
};

use isoforest::{
    IsolationForest, MaxSamples, ModelFile, TrainingProfile, Tree,
    data::{CsvBlocks, Shortest},
    ndarray::{Array2, Axis, s},
};

/// A step that is shorter is repeated.
const LONG_ENOUGH: Duration = Duration::from_millis(30);
/// Rows that the profile of a saved model describes; its size does not depend on them.
const PROFILED: usize = 1_000;
const ROWS_PER_BLOCK: usize = 1 << 18;
const TEXT_BYTES: usize = 64 << 10;

fn main() -> Result<(), Box<dyn Error>> {
    let mut x = Array2::<f64>::zeros((0, 0));
    let mut fitted: Option<IsolationForest> = None;
    for line in stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        let mut facts = String::new();
        let seconds = match (words.as_slice(), fitted.take()) {
            (["data", rows, columns, path], _) => {
                x = Array2::from_shape_vec((rows.parse()?, columns.parse()?), numbers(path)?)?;
                0.0
            }
            (["read", path], forest) => {
                fitted = forest;
                let start = Instant::now();
                facts = format!(", \"rows\": {}", rows_of(path)?);
                start.elapsed().as_secs_f64()
            }
            (["fit", trees, max_samples, threads], _) => {
                let params = IsolationForest::builder()
                    .n_estimators(trees.parse()?)
                    .max_samples(MaxSamples::Count(max_samples.parse()?))
                    .random_state(16)
                    .n_jobs(threads.parse::<i32>()?);
                let seconds = seconds(|| drop(black_box(params.fit(black_box(x.view())))));
                let forest = params.fit(x.view())?;
                let n_nodes: usize = forest.trees().iter().map(Tree::n_nodes).sum();
                facts = format!(", \"nodes\": {n_nodes}, \"way\": \"{}\"", forest.way());
                fitted = Some(forest);
                seconds
            }
            (["score", threads], Some(forest)) => {
                let forest = forest.with_n_jobs(threads.parse::<i32>()?);
                let seconds = seconds(|| drop(black_box(forest.score_samples(black_box(x.view())))));
                fitted = Some(forest);
                seconds
            }
            (["text"], Some(forest)) => {
                let scores = forest.score_samples(x.view())?;
                let mut text = String::new();
                let seconds = seconds(|| {
                    for &score in &scores {
                        if text.len() > TEXT_BYTES {
                            text.clear();
                        }
                        Shortest(score).append_to(&mut text);
                        text.push(',');
                        Shortest(score - forest.offset()).append_to(&mut text);
                        text.push_str(",1\n");
                    }
                    black_box(&text);
                });
                fitted = Some(forest);
                seconds
            }
            (["one", count], Some(forest)) => {
                let rows = x.slice(s![..count.parse::<usize>()?, ..]);
                let one = seconds(|| {
                    for row in rows.axis_chunks_iter(Axis(0), 1) {
                        drop(black_box(forest.score_samples(black_box(row))));
                    }
                });
                fitted = Some(forest);
                one / rows.nrows() as f64
            }
            (["save", path], Some(forest)) => {
                let profile = TrainingProfile::new(&forest, x.slice(s![..x.nrows().min(PROFILED), ..]))?;
                fs::write(path, ModelFile::new(forest.clone(), profile).to_json()?)?;
                fitted = Some(forest);
                0.0
            }
            (["load", path], forest) => {
                fitted = forest;
                ModelFile::read(path)?;
                seconds(|| drop(black_box(ModelFile::read(path))))
            }
            _ => return Err(format!("cannot do {line:?}").into()),
        };
        println!("{{\"seconds\": {seconds:e}{facts}}}");
    }
    Ok(())
}

/// Seconds of one run, as the mean of as many as fill a moment.
fn seconds(mut work: impl FnMut()) -> f64 {
    let (start, mut runs) = (Instant::now(), 0);
    while runs == 0 || start.elapsed() < LONG_ENOUGH {
        work();
        runs += 1;
    }
    start.elapsed().as_secs_f64() / f64::from(runs)
}

fn numbers(path: &str) -> Result<Vec<f64>, Box<dyn Error>> {
    let bytes = fs::read(path)?;
    Ok(bytes.chunks_exact(8).map(|eight| eight.try_into().map(f64::from_le_bytes)).collect::<Result<_, _>>()?)
}

/// Reads a file as the command line does, a block at a time.
fn rows_of(path: &str) -> Result<usize, Box<dyn Error>> {
    let mut rows = 0;
    #[cfg(feature = "parquet")]
    if path.ends_with(".parquet") {
        for block in isoforest::data::ParquetBlocks::open(path, ROWS_PER_BLOCK)? {
            rows += black_box(block?).nrows();
        }
        return Ok(rows);
    }
    for block in CsvBlocks::open(path, ROWS_PER_BLOCK)? {
        rows += black_box(block?).nrows();
    }
    Ok(rows)
}
