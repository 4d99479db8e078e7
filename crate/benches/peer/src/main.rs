//! Times the crate extended-isolation-forest: one command a line on standard input, one answer in JSON a line.
//!
//! The commands are those of `compare/main.rs`. The crate has the number of features in its type, no seed and no
//! threads; extension level 0 is the ordinary isolation forest.

use std::{
    error::Error,
    fs,
    hint::black_box,
    io::{BufRead, stdin},
    time::{Duration, Instant},
};

use extended_isolation_forest::{Forest, ForestOptions};

const LONG_ENOUGH: Duration = Duration::from_millis(30);

fn main() -> Result<(), Box<dyn Error>> {
    let features = std::env::args().nth(1).ok_or("expected the number of features")?;
    match features.as_str() {
        "2" => serve::<2>(),
        "10" => serve::<10>(),
        "100" => serve::<100>(),
        other => Err(format!("expected 2, 10 or 100 features, found {other}").into()),
    }
}

fn serve<const N: usize>() -> Result<(), Box<dyn Error>> {
    let mut rows: Vec<[f64; N]> = Vec::new();
    let options = ForestOptions { n_trees: 100, sample_size: 256, max_tree_depth: None, extension_level: 0 };
    let mut forest: Option<Forest<f64, N>> = None;
    for line in stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        let seconds = match (words.as_slice(), &forest) {
            (["data", _, _, path], _) => {
                rows = read(path)?;
                0.0
            }
            (["fit", ..], _) => {
                forest = Some(Forest::from_slice(&rows, &options).map_err(|error| error.to_string())?);
                seconds(|| drop(black_box(Forest::from_slice(black_box(&rows), &options))))
            }
            (["score", ..], Some(forest)) => {
                seconds(|| drop(black_box(rows.iter().map(|row| forest.score(row)).collect::<Vec<f64>>())))
            }
            (["one", count], Some(forest)) => {
                let count: usize = count.parse()?;
                let one = || {
                    for row in rows.iter().take(count) {
                        black_box(forest.score(black_box(row)));
                    }
                };
                seconds(one) / count as f64
            }
            (["save", path], Some(forest)) => {
                fs::write(path, serde_json::to_vec(forest)?)?;
                0.0
            }
            (["load", path], Some(_)) => {
                let load = || serde_json::from_slice::<Forest<f64, N>>(&fs::read(path).unwrap_or_default());
                load()?;
                seconds(|| drop(black_box(load())))
            }
            _ => return Err(format!("cannot do {line:?}").into()),
        };
        println!("{{\"seconds\": {seconds:e}}}");
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

fn read<const N: usize>(path: &str) -> Result<Vec<[f64; N]>, Box<dyn Error>> {
    let bytes = fs::read(path)?;
    let numbers: Vec<f64> =
        bytes.chunks_exact(8).map(|eight| eight.try_into().map(f64::from_le_bytes)).collect::<Result<_, _>>()?;
    Ok(numbers.chunks_exact(N).map(<[f64; N]>::try_from).collect::<Result<_, _>>()?)
}
