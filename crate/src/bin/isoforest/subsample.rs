//! `isoforest train --subsample`: a forest from a uniform sample of rows that do not fit in memory.

use std::path::Path;

use isoforest::{
    Contamination, IsolationForest, IsolationForestParams, OffsetSearch, ScoreError,
    data::Reservoir,
    ndarray::{Array2, ArrayView2},
};

use crate::{
    input::{self, Rows},
    progress::{Progress, thousands},
};

/// Deviations of the share of outliers that the note on a sample's threshold allows for: beyond them once in two million.
const DEVIATIONS: f64 = 5.0;

/// A uniform sample of an input.
pub struct Sample {
    pub rows: Array2<f64>,
    pub feature_names: Vec<String>,
    /// Rows of the input.
    pub n_rows: u64,
}

impl Sample {
    /// Reads the input once, all columns or those of the `features`; every value of them is checked, whether it is kept or not.
    pub fn take(
        path: &Path,
        features: Option<&[String]>,
        capacity: usize,
        seed: u32,
        progress: &Progress,
    ) -> anyhow::Result<Self> {
        let mut reservoir = Reservoir::new(capacity, seed);
        let mut rows = input::open_in_blocks(path, progress)?.selecting_if(features)?;
        for block in rows.by_ref() {
            let block = block?;
            if let Some(error) = beyond_f32(block.view()) {
                return Err(rows.locate(error, reservoir.rows_seen()));
            }
            reservoir.add(block.view());
        }
        let (feature_names, n_rows) = (rows.feature_names().to_vec(), reservoir.rows_seen());
        Ok(Self { rows: reservoir.into_rows(), feature_names, n_rows })
    }

    /// Whether there are rows beside the sample.
    pub fn is_a_part(&self) -> bool {
        self.n_rows > self.rows.nrows() as u64
    }

    /// Moves the forest's offset from the sample's percentile to that of all rows, where they can be read again; gives a
    /// note on the offset where they cannot, or nothing if it is exact.
    pub fn set_offset(
        &self,
        forest: IsolationForest,
        path: &Path,
        progress: &Progress,
    ) -> anyhow::Result<(IsolationForest, Option<String>)> {
        let search = OffsetSearch::new(&forest, forest.score_samples(self.rows.view())?.view());
        let Some(mut search) = search.filter(|_| self.is_a_part()) else {
            return Ok((forest, None));
        };
        if !input::can_be_read_again(path) {
            let note = note(forest.params(), self.rows.nrows());
            return Ok((forest, Some(note)));
        }
        loop {
            progress.step("reading again for the threshold");
            let mut rows = input::open_in_blocks(path, progress)?.selecting(&self.feature_names)?;
            let n_rows = add_all(&mut search, &forest, &mut rows)?;
            anyhow::ensure!(
                n_rows == self.n_rows,
                "{}: expected the {} rows of the first reading, found {}; it must not change while it is read",
                path.display(),
                thousands(self.n_rows),
                thousands(n_rows),
            );
            match search.finish() {
                Ok(offset) => return Ok((forest.with_offset(offset), None)),
                Err(wider) => search = wider,
            }
        }
    }
}

/// Scores all rows of the input, and gives how many there were.
fn add_all(search: &mut OffsetSearch, forest: &IsolationForest, rows: &mut Rows) -> anyhow::Result<u64> {
    let mut n_rows = 0;
    while let Some(block) = rows.next().transpose()? {
        let scores = forest.score_samples(block.view()).map_err(|error| rows.locate(error, n_rows))?;
        search.add(scores.view());
        n_rows += block.nrows() as u64;
    }
    Ok(n_rows)
}

/// How far the share of outliers among all rows may be from `contamination` when the offset is a sample's percentile.
fn note(params: &IsolationForestParams, n_sample: usize) -> String {
    let share = match params.contamination {
        Contamination::Auto => 0.5,
        Contamination::Fraction(share) => share,
    };
    let n = n_sample as f64;
    let error = DEVIATIONS * (share * (1.0 - share) / n).sqrt() + 1.0 / n;
    format!(
        "the threshold is that of the sample: {:.3} % of all rows, give or take {:.3} %, lie below it; from a file, which can be read twice, it would be exact",
        100.0 * share,
        100.0 * error,
    )
}

/// The first value that is finite as `f64` only.
fn beyond_f32(block: ArrayView2<'_, f64>) -> Option<ScoreError> {
    let is_beyond = |value: f64| (value as f32).is_infinite();
    if !block.fold(false, |any, &value| any | is_beyond(value)) {
        return None;
    }
    let ((row, column), &value) = block.indexed_iter().find(|(_, value)| is_beyond(**value))?;
    Some(ScoreError::Infinite { row, column, name: String::new(), value })
}
