//! A CSV file as a sequence of blocks of rows, so that memory does not grow with the file.

use std::{fs::File, io::Read, path::Path};

use ndarray::Array2;

use super::{
    error::{Cell, CsvError},
    header::{match_columns, read_header},
    lines::Lines,
    row::for_each_cell_of_row,
};

/// Iterates over the rows of a CSV file in blocks of shape `(at most rows_per_block, n_features)`.
///
/// After the first error the iterator ends.
///
/// ```
/// use isoforest::data::CsvBlocks;
///
/// let text = "mean,sd\n1,2\n3,\n5,6\n";
/// let blocks = CsvBlocks::new(text.as_bytes(), "users.csv", 2)?;
/// let rows: Vec<usize> = blocks.map(|block| block.map(|values| values.nrows())).collect::<Result<_, _>>()?;
/// assert_eq!(rows, [2, 1]);
/// # Ok::<(), isoforest::data::CsvError>(())
/// ```
pub struct CsvBlocks<R> {
    lines: Lines<R>,
    /// The columns as they are in the file.
    file_columns: Vec<String>,
    /// The columns as they are in a block.
    feature_names: Vec<String>,
    /// For each column of the file, its place in a block; a column without one is passed over.
    places: Vec<Option<usize>>,
    rows_per_block: usize,
    rows_read: u64,
    ended: bool,
}

impl CsvBlocks<File> {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, is empty, or has a wrong header.
    pub fn open(path: impl AsRef<Path>, rows_per_block: usize) -> Result<Self, CsvError> {
        let source_name = path.as_ref().display().to_string();
        match File::open(&path) {
            Ok(file) => Self::new(file, &source_name, rows_per_block),
            Err(reason) => Err(CsvError::Open { source_name, reason }),
        }
    }
}

impl<R: Read> CsvBlocks<R> {
    /// Reads the header from `reader` (which needs no buffer of its own); `source_name` stands in messages where a
    /// file has its path. `rows_per_block` of 0 counts as 1.
    ///
    /// # Errors
    ///
    /// There is no header, or a name in it is empty or occurs twice.
    pub fn new(reader: R, source_name: &str, rows_per_block: usize) -> Result<Self, CsvError> {
        let mut lines = Lines::new(reader, source_name);
        let file_columns = read_header(&mut lines)?;
        Ok(Self {
            lines,
            feature_names: file_columns.clone(),
            places: (0..file_columns.len()).map(Some).collect(),
            file_columns,
            rows_per_block: rows_per_block.max(1),
            rows_read: 0,
            ended: false,
        })
    }

    /// Demands exactly the columns `names`, in any order: blocks then have them in the order of `names`.
    ///
    /// # Errors
    ///
    /// A column is missing, or there is one more.
    pub fn expecting<S: AsRef<str>>(self, names: &[S]) -> Result<Self, CsvError> {
        let selected = self.selecting(names)?;
        match selected.places.iter().position(Option::is_none) {
            None => Ok(selected),
            Some(column) => {
                Err(CsvError::ExtraColumn { cell: selected.cell(column), expected: selected.feature_names })
            }
        }
    }

    /// Takes only the columns `names`, in their order; the others are passed over, whatever is in them.
    ///
    /// ```
    /// use isoforest::data::CsvBlocks;
    ///
    /// let mut blocks = CsvBlocks::new("user,sd,mean\nana,1,2\n".as_bytes(), "users.csv", 10)?.selecting(&["mean", "sd"])?;
    /// assert_eq!(blocks.next().unwrap()?, ndarray::array![[2.0, 1.0]]);
    /// assert_eq!(blocks.passed_over(), ["user"]);
    /// # Ok::<(), isoforest::data::CsvError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A column is missing, or asked for twice.
    pub fn selecting<S: AsRef<str>>(mut self, names: &[S]) -> Result<Self, CsvError> {
        let wanted: Vec<String> = names.iter().map(|name| name.as_ref().to_owned()).collect();
        self.places = match_columns(&self.file_columns, &wanted, &self.lines)?;
        self.feature_names = wanted;
        Ok(self)
    }

    /// The names of the columns that are not in a block, in the order of the file.
    pub fn passed_over(&self) -> Vec<&str> {
        let others = self.file_columns.iter().zip(&self.places).filter(|(_, place)| place.is_none());
        others.map(|(name, _)| name.as_str()).collect()
    }

    /// Sets the rows of the blocks to come, now that the number of columns is known; 0 counts as 1.
    pub fn set_rows_per_block(&mut self, rows: usize) {
        self.rows_per_block = rows.max(1);
    }

    /// The names of a block's columns.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// The number of rows read so far.
    pub fn rows_read(&self) -> u64 {
        self.rows_read
    }

    /// Where in the file a value stands, for messages about it: `row` counts from 0 over all blocks, `feature` is a
    /// block's column from 0.
    ///
    /// ```
    /// use isoforest::data::CsvBlocks;
    ///
    /// let blocks = CsvBlocks::new("sd,mean\n1,2\n".as_bytes(), "users.csv", 10)?.expecting(&["mean", "sd"])?;
    /// assert_eq!(blocks.cell_at(0, 0).to_string(), r#"users.csv, line 2, column 2 ("mean")"#);
    /// # Ok::<(), isoforest::data::CsvError>(())
    /// ```
    pub fn cell_at(&self, row: u64, feature: usize) -> Cell {
        let column = self.places.iter().position(|&place| place == Some(feature)).unwrap_or(feature);
        let mut cell = self.cell(column);
        // The header is line 1, and no line between it and a row is blank or a part of another row.
        cell.place.line = row.saturating_add(2);
        cell
    }

    /// Reads the next block; `None` at the end of the file.
    pub(super) fn next_block(&mut self) -> Result<Option<Array2<f64>>, CsvError> {
        let header = self.lines.place();
        let mut values = Vec::new();
        let mut n_rows = 0;
        while n_rows < self.rows_per_block && self.lines.advance()? {
            self.read_row(&mut values)?;
            n_rows += 1;
        }
        self.rows_read += n_rows as u64;
        if self.rows_read == 0 {
            return Err(CsvError::NoRows { place: header });
        }
        if n_rows == 0 {
            return Ok(None);
        }
        let Ok(block) = Array2::from_shape_vec((n_rows, self.feature_names.len()), values) else {
            unreachable!("every row adds one value a feature");
        };
        Ok(Some(block))
    }

    /// Appends the current line's values.
    fn read_row(&self, values: &mut Vec<f64>) -> Result<(), CsvError> {
        let start = values.len();
        values.resize(start + self.feature_names.len(), f64::NAN);
        let row = values.get_mut(start..).unwrap_or_default();
        for_each_cell_of_row(&self.lines, &self.file_columns, |cell| {
            if let Some(slot) = self.places.get(cell.column).and_then(|&place| row.get_mut(place?)) {
                *slot = cell.number()?;
            }
            Ok(())
        })
    }

    fn cell(&self, column: usize) -> Cell {
        let name = self.file_columns.get(column).cloned().unwrap_or_default();
        Cell { place: self.lines.place(), column: column + 1, name }
    }
}

impl<R: Read> Iterator for CsvBlocks<R> {
    type Item = Result<Array2<f64>, CsvError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let block = self.next_block().transpose();
        self.ended = !matches!(block, Some(Ok(_)));
        block
    }
}
