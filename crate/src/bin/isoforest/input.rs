//! The input of a command: a CSV or Parquet file, or `-` for CSV from standard input.

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek},
    path::Path,
};

use anyhow::bail;
#[cfg(feature = "parquet")]
use indicatif::ProgressBar;
#[cfg(feature = "parquet")]
use isoforest::data::ParquetBlocks;
use isoforest::{
    IsolationForest, ScoreError,
    data::{CsvBlocks, CsvError, compressed_by},
    ndarray::Array2,
};

#[cfg(feature = "parquet")]
use crate::quiet::quietly;
use crate::{progress::Progress, say};

/// What `-` stands for in messages.
const STANDARD_INPUT: &str = "standard input";

/// What a Parquet file begins with.
const PARQUET_MAGIC: [u8; 4] = *b"PAR1";

/// The values of a block: large enough for all threads, small beside the model's own memory.
const VALUES_PER_BLOCK: usize = 1 << 19;
const FEWEST_ROWS_PER_BLOCK: usize = 64;

/// Rows of a block, so that memory does not depend on the number of columns.
fn rows_per_block(n_features: usize) -> usize {
    (VALUES_PER_BLOCK / n_features.max(1)).max(FEWEST_ROWS_PER_BLOCK)
}

/// Rows in blocks, whose reading shows as progress.
pub enum Rows {
    Csv(CsvBlocks<Box<dyn Read + Send>>),
    #[cfg(feature = "parquet")]
    Parquet(Box<ParquetBlocks>, ProgressBar),
}

/// Opens an input and reads its header; what begins as a Parquet file is one, whatever its name.
pub fn open(path: &Path, rows_per_block: usize, progress: &Progress) -> anyhow::Result<Rows> {
    if path.as_os_str() == "-" {
        return from_pipe(io::stdin(), STANDARD_INPUT, rows_per_block, progress);
    }
    let source_name = path.display().to_string();
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(reason) => return Err(CsvError::Open { source_name, reason }.into()),
    };
    let Some(bytes) = size(&file) else {
        return from_pipe(file, &source_name, rows_per_block, progress);
    };
    let mut magic = Vec::new();
    let looked_at = file.by_ref().take(PARQUET_MAGIC.len() as u64).read_to_end(&mut magic).and_then(|_| file.rewind());
    if let Err(reason) = looked_at {
        return Err(CsvError::Open { source_name, reason }.into());
    }
    refuse_compressed(&magic, &source_name)?;
    if magic == PARQUET_MAGIC {
        return parquet(file, &source_name, rows_per_block, progress);
    }
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet")) {
        bail!("{source_name}: expected a Parquet file, found other bytes at its beginning; if it is CSV, name it .csv");
    }
    let reader: Box<dyn Read + Send> = Box::new(progress.reading(file, Some(bytes)));
    Ok(Rows::Csv(CsvBlocks::new(reader, &source_name, rows_per_block)?))
}

/// Opens an input for a reader that takes it in blocks of a size that suits its number of columns.
pub fn open_in_blocks(path: &Path, progress: &Progress) -> anyhow::Result<Rows> {
    let mut rows = open(path, FEWEST_ROWS_PER_BLOCK, progress)?;
    rows.set_rows_per_block(rows_per_block(rows.feature_names().len()));
    Ok(rows)
}

/// Whether the input can be read once more from its beginning.
pub fn can_be_read_again(path: &Path) -> bool {
    path.as_os_str() != "-" && path.metadata().is_ok_and(|metadata| metadata.is_file())
}

/// The size of a file; a pipe has none.
fn size(file: &File) -> Option<u64> {
    file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len())
}

fn from_pipe(
    mut reader: impl Read + Send + 'static,
    source_name: &str,
    rows_per_block: usize,
    progress: &Progress,
) -> anyhow::Result<Rows> {
    let mut first = Vec::new();
    if let Err(reason) = reader.by_ref().take(PARQUET_MAGIC.len() as u64).read_to_end(&mut first) {
        return Err(CsvError::Open { source_name: source_name.to_owned(), reason }.into());
    }
    refuse_compressed(&first, source_name)?;
    if first == PARQUET_MAGIC {
        bail!("{source_name}: Parquet is read from its end, which a pipe cannot do; give the path of a file");
    }
    let reader: Box<dyn Read + Send> = Box::new(progress.reading(Cursor::new(first).chain(reader), None));
    Ok(Rows::Csv(CsvBlocks::new(reader, source_name, rows_per_block)?))
}

fn refuse_compressed(first: &[u8], source_name: &str) -> anyhow::Result<()> {
    if let Some(program) = compressed_by(first) {
        bail!(
            "{source_name}: the file is compressed with {program}; unpack it into standard input, which is called -: `{program} -dc … | isoforest …`"
        );
    }
    Ok(())
}

#[cfg(feature = "parquet")]
fn parquet(file: File, source_name: &str, rows_per_block: usize, progress: &Progress) -> anyhow::Result<Rows> {
    let blocks = quietly(|| ParquetBlocks::new(file, source_name, rows_per_block))?;
    let bar = progress.counting(blocks.rows());
    Ok(Rows::Parquet(Box::new(blocks), bar))
}

#[cfg(not(feature = "parquet"))]
fn parquet(_: File, source_name: &str, _: usize, _: &Progress) -> anyhow::Result<Rows> {
    bail!(
        "{source_name}: this isoforest was built without Parquet; build it with `--features cli,parquet`, or give a CSV file"
    )
}

impl Rows {
    /// Takes only the columns `names`, in their order.
    pub fn selecting(self, names: &[String]) -> anyhow::Result<Self> {
        Ok(match self {
            Self::Csv(blocks) => Self::Csv(blocks.selecting(names)?),
            #[cfg(feature = "parquet")]
            Self::Parquet(blocks, bar) => Self::Parquet(Box::new(blocks.selecting(names)?), bar),
        })
    }

    /// Takes only the columns `names`, if there are names.
    pub fn selecting_if(self, names: Option<&[String]>) -> anyhow::Result<Self> {
        match names {
            Some(names) => self.selecting(names),
            None => Ok(self),
        }
    }

    /// Takes the model's columns, and says which others are there.
    pub fn of_model(self, forest: &IsolationForest, progress: &Progress) -> anyhow::Result<Self> {
        let rows = self.selecting(forest.feature_names())?;
        let others: Vec<String> = rows.passed_over().iter().map(|name| format!("{name:?}")).collect();
        if !others.is_empty() {
            let others = others.join(", ");
            progress.aside(|| {
                say(format_args!("note: the model was not trained on the columns {others}; they are passed over"));
            });
        }
        Ok(rows)
    }

    /// The names of the columns that are not taken.
    fn passed_over(&self) -> Vec<&str> {
        match self {
            Self::Csv(blocks) => blocks.passed_over(),
            #[cfg(feature = "parquet")]
            Self::Parquet(blocks, _) => blocks.passed_over(),
        }
    }

    fn set_rows_per_block(&mut self, rows: usize) {
        match self {
            Self::Csv(blocks) => blocks.set_rows_per_block(rows),
            #[cfg(feature = "parquet")]
            Self::Parquet(blocks, _) => blocks.set_rows_per_block(rows),
        }
    }

    /// The names of the columns.
    pub fn feature_names(&self) -> &[String] {
        match self {
            Self::Csv(blocks) => blocks.feature_names(),
            #[cfg(feature = "parquet")]
            Self::Parquet(blocks, _) => blocks.feature_names(),
        }
    }

    /// Reads all rows that are left into one matrix.
    pub fn read_all(&mut self) -> anyhow::Result<Array2<f64>> {
        let n_features = self.feature_names().len();
        let mut values = Vec::new();
        for block in self {
            let (mut block, _) = block?.into_raw_vec_and_offset();
            // The first block is often the only one, and then not copied.
            if values.is_empty() { values = block } else { values.append(&mut block) }
        }
        Ok(Array2::from_shape_vec((values.len() / n_features.max(1), n_features), values)?)
    }

    /// The error with the place of the value in the file instead of in the matrix; `first_row` is the matrix's first row.
    pub fn locate(&self, error: ScoreError, first_row: u64) -> anyhow::Error {
        match error {
            // No input has infinities: the number is finite as f64 only.
            ScoreError::Infinite { row, column, value, .. } => anyhow::anyhow!(
                "{}: expected a number within the range of f32 (up to 3.4e38), found {value:e}",
                self.place_of(first_row + row as u64, column),
            ),
            other @ ScoreError::FeatureCount { .. } => other.into(),
        }
    }

    fn place_of(&self, row: u64, feature: usize) -> String {
        match self {
            Self::Csv(blocks) => blocks.cell_at(row, feature).to_string(),
            #[cfg(feature = "parquet")]
            Self::Parquet(blocks, _) => blocks.place_of(row, feature),
        }
    }
}

impl Iterator for Rows {
    type Item = anyhow::Result<Array2<f64>>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Csv(blocks) => Some(blocks.next()?.map_err(Into::into)),
            #[cfg(feature = "parquet")]
            Self::Parquet(blocks, bar) => {
                let block = quietly(|| blocks.next())?;
                bar.set_position(blocks.rows_read());
                Some(block.map_err(Into::into))
            }
        }
    }
}
