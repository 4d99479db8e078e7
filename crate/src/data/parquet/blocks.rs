//! A Parquet file as a sequence of blocks of rows, so that memory does not grow with the file.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use ndarray::Array2;
use parquet::{
    column::reader::ColumnReader,
    errors::ParquetError,
    file::reader::{FileReader, SerializedFileReader},
};

use super::{
    column::{Numbers, read},
    error::ParquetFileError,
    schema::{Kind, columns},
    source::Source,
};
use crate::data::table::Table;

/// A block has at most so many values, whatever is asked for: no file's own figure may size an allocation.
const MOST_VALUES: usize = 1 << 20;

/// Iterates over the rows of a Parquet file in blocks of shape `(at most rows_per_block, n_features)`; a block ends with
/// its row group.
///
/// A column holds integers or floating-point numbers; null and NaN are a missing value and become NaN. Integers beyond
/// 2^53 are rounded to the nearest `f64`, as CSV's are. Compression: snappy, zstd or none. After the first error the
/// iterator ends. Memory: the block, and a page of each column.
///
/// ```
/// use isoforest::data::ParquetBlocks;
///
/// let error = ParquetBlocks::open("no such file.parquet", 1000).err().unwrap();
/// assert!(error.to_string().starts_with("no such file.parquet: cannot open the file"));
/// ```
pub struct ParquetBlocks {
    reader: SerializedFileReader<Source>,
    source_name: String,
    /// What is in each column of the file.
    kinds: Vec<Kind>,
    /// The columns as they are in the file.
    file_columns: Vec<String>,
    /// The columns as they are in a block.
    feature_names: Vec<String>,
    /// For each column of a block, its place in the file.
    places: Vec<usize>,
    rows_per_block: usize,
    rows_read: u64,
    next_group: usize,
    /// The columns of the row group that is being read, in the order of a block.
    group: Vec<ColumnReader>,
    group_rows_left: u64,
    ended: bool,
}

impl ParquetBlocks {
    /// Opens a file and reads its schema. `rows_per_block` of 0 counts as 1.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or is no whole Parquet file. A column that is not of numbers is the first block's error.
    pub fn open(path: impl AsRef<Path>, rows_per_block: usize) -> Result<Self, ParquetFileError> {
        let source_name = path.as_ref().display().to_string();
        match File::open(&path) {
            Ok(file) => Self::new(file, &source_name, rows_per_block),
            Err(reason) => Err(ParquetFileError::Open { source_name, reason }),
        }
    }

    /// Reads the schema of an open file, from its end whatever the file's position.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn new(file: File, source_name: &str, rows_per_block: usize) -> Result<Self, ParquetFileError> {
        let source_name = source_name.to_owned();
        let source = match Source::new(file) {
            Ok(source) => source,
            Err(reason) => return Err(ParquetFileError::Open { source_name, reason }),
        };
        let reader =
            guarded(|| SerializedFileReader::new(source)).map_err(|error| corrupted(&source_name, 0, &error))?;
        let (file_columns, kinds) = columns(reader.metadata().file_metadata().schema_descr(), &source_name)?;
        Ok(Self {
            reader,
            source_name,
            kinds,
            feature_names: file_columns.clone(),
            places: (0..file_columns.len()).collect(),
            rows_per_block: most_rows(rows_per_block, file_columns.len()),
            file_columns,
            rows_read: 0,
            next_group: 0,
            group: Vec::new(),
            group_rows_left: 0,
            ended: false,
        })
    }

    /// Demands exactly the columns `names`, in any order: blocks then have them in the order of `names`.
    ///
    /// # Errors
    ///
    /// A column is missing, or there is one more.
    pub fn expecting<S: AsRef<str>>(self, names: &[S]) -> Result<Self, ParquetFileError> {
        let selected = self.selecting(names)?;
        let extra = selected.passed_over().first().map(|&name| name.to_owned());
        match extra {
            None => Ok(selected),
            Some(name) => {
                let (source_name, expected) = (selected.source_name, selected.feature_names);
                Err(ParquetFileError::ExtraColumn { source_name, name, expected })
            }
        }
    }

    /// Takes only the columns `names`, in their order; the others are passed over, whatever is in them.
    ///
    /// # Errors
    ///
    /// A column is missing.
    pub fn selecting<S: AsRef<str>>(mut self, names: &[S]) -> Result<Self, ParquetFileError> {
        let wanted: Vec<String> = names.iter().map(|name| name.as_ref().to_owned()).collect();
        let column_of: HashMap<&str, usize> = self.file_columns.iter().map(String::as_str).zip(0..).collect();
        let mut places = Vec::with_capacity(wanted.len());
        for name in &wanted {
            // As in CSV, a name counts without the blanks around it too.
            let Some(&place) = column_of.get(name.as_str()).or_else(|| column_of.get(name.trim())) else {
                return Err(ParquetFileError::MissingColumn {
                    source_name: self.source_name,
                    name: name.clone(),
                    expected: wanted.clone(),
                    found: self.file_columns,
                });
            };
            places.push(place);
        }
        self.places = places;
        self.feature_names = wanted;
        Ok(self)
    }

    /// The names of the columns that are not in a block, in the order of the file.
    pub fn passed_over(&self) -> Vec<&str> {
        let taken: HashSet<usize> = self.places.iter().copied().collect();
        let columns = self.file_columns.iter().enumerate().filter(|(column, _)| !taken.contains(column));
        columns.map(|(_, name)| name.as_str()).collect()
    }

    /// Sets the rows of the blocks to come, now that the number of columns is known; 0 counts as 1.
    pub fn set_rows_per_block(&mut self, rows: usize) {
        self.rows_per_block = most_rows(rows, self.file_columns.len());
    }

    /// The names of a block's columns.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// The number of rows that the file says it has; a corrupted file may say anything.
    pub fn rows(&self) -> u64 {
        u64::try_from(self.reader.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// The number of rows read so far.
    pub fn rows_read(&self) -> u64 {
        self.rows_read
    }

    /// Where in the file a value stands, for messages about it: `row` counts from 0 over all blocks, `feature` is a
    /// block's column from 0.
    pub fn place_of(&self, row: u64, feature: usize) -> String {
        let name = self.feature_names.get(feature).map_or("", String::as_str);
        format!("{}, row {}, column {name:?}", self.source_name, row.saturating_add(1))
    }

    /// Reads all rows that are left.
    ///
    /// # Errors
    ///
    /// Those of the blocks.
    pub fn read_all(mut self) -> Result<Table, ParquetFileError> {
        let mut values = Vec::new();
        let mut n_rows = 0;
        for block in &mut self {
            let block = block?;
            n_rows += block.nrows();
            values.extend_from_slice(block.as_slice().unwrap_or_default());
        }
        let Ok(values) = Array2::from_shape_vec((n_rows, self.places.len()), values) else {
            unreachable!("every block is a whole number of rows, in their order");
        };
        Ok(Table { feature_names: self.feature_names, values })
    }

    /// The kind of numbers in each column of a block.
    fn kinds(&self) -> Result<Vec<Numbers>, ParquetFileError> {
        let kind = |(name, &place): (&String, &usize)| match self.kinds.get(place) {
            Some(Err(found)) => Err(ParquetFileError::NotNumbers {
                source_name: self.source_name.clone(),
                name: name.clone(),
                found: found.clone(),
            }),
            Some(Ok(kind)) => Ok(*kind),
            None => Ok(Numbers::Plain),
        };
        self.feature_names.iter().zip(&self.places).map(kind).collect()
    }

    fn next_block(&mut self) -> Result<Option<Array2<f64>>, ParquetFileError> {
        let kinds = self.kinds()?;
        while self.group_rows_left == 0 {
            if self.next_group == self.reader.num_row_groups() {
                return match self.rows_read {
                    0 => Err(ParquetFileError::NoRows { source_name: self.source_name.clone() }),
                    _ => Ok(None),
                };
            }
            guarded(|| self.open_group()).map_err(|error| self.corrupted(&error))?;
        }
        let n_rows = usize::try_from(self.group_rows_left).map_or(self.rows_per_block, |n| n.min(self.rows_per_block));
        let block = guarded(|| self.read_rows(&kinds, n_rows)).map_err(|error| self.corrupted(&error))?;
        if let Some(((row, column), &value)) = block.indexed_iter().find(|(_, value)| value.is_infinite()) {
            return Err(ParquetFileError::Infinite {
                source_name: self.source_name.clone(),
                row: self.rows_read + row as u64 + 1,
                name: self.feature_names.get(column).cloned().unwrap_or_default(),
                value,
            });
        }
        self.rows_read += n_rows as u64;
        self.group_rows_left -= n_rows as u64;
        Ok(Some(block))
    }

    fn open_group(&mut self) -> Result<(), ParquetError> {
        let group = self.reader.get_row_group(self.next_group)?;
        let metadata = group.metadata();
        if metadata.num_columns() != self.file_columns.len() {
            return Err(ParquetError::General("a row group has another number of columns than the schema".to_owned()));
        }
        self.group_rows_left = u64::try_from(metadata.num_rows())
            .map_err(|_| ParquetError::General("a row group has a negative number of rows".to_owned()))?;
        self.group = self.places.iter().map(|&place| group.get_column_reader(place)).collect::<Result<_, _>>()?;
        self.next_group += 1;
        Ok(())
    }

    /// Reads the next `n_rows` of the row group.
    fn read_rows(&mut self, kinds: &[Numbers], n_rows: usize) -> Result<Array2<f64>, ParquetError> {
        let mut block = Array2::zeros((n_rows, self.places.len()));
        let mut values = Vec::with_capacity(n_rows);
        for ((reader, &kind), mut column) in self.group.iter_mut().zip(kinds).zip(block.columns_mut()) {
            values.clear();
            if read(reader, kind, n_rows, &mut values)? != n_rows || values.len() != n_rows {
                return Err(ParquetError::General("a column has fewer values than its row group has rows".to_owned()));
            }
            column.iter_mut().zip(&values).for_each(|(slot, &value)| *slot = value);
        }
        Ok(block)
    }

    fn corrupted(&self, error: &ParquetError) -> ParquetFileError {
        corrupted(&self.source_name, self.rows_read, error)
    }
}

impl Iterator for ParquetBlocks {
    type Item = Result<Array2<f64>, ParquetFileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let block = self.next_block().transpose();
        self.ended = !matches!(block, Some(Ok(_)));
        block
    }
}

fn most_rows(wanted: usize, n_columns: usize) -> usize {
    wanted.clamp(1, (MOST_VALUES / n_columns.max(1)).max(1))
}

/// Runs the decoder; should it panic on bytes that it did not foresee, as version 60.1 does on a negative length in the
/// footer, that is an error of the file, not of the program.
fn guarded<T>(decode: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err(ParquetError::General("its lengths or encodings contradict each other".to_owned())))
}

fn corrupted(source_name: &str, rows: u64, error: &ParquetError) -> ParquetFileError {
    ParquetFileError::Corrupted { source_name: source_name.to_owned(), rows, reason: error.to_string() }
}
