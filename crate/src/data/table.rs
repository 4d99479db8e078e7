//! Rows and columns with names.

use std::io::{self, Write};

use ndarray::Array2;

use super::shortest::Shortest;

/// A matrix of numbers whose columns have names.
///
/// ```
/// use isoforest::data::Table;
/// use ndarray::array;
///
/// let table = Table {
///     feature_names: vec!["mean".into(), "sd".into()],
///     values: array![[0.5, 1e-7], [f64::NAN, 2.0]],
/// };
/// let mut bytes = Vec::new();
/// table.write_csv(&mut bytes)?;
/// assert_eq!(bytes, b"mean,sd\n0.5,1e-7\n,2\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The names of the columns.
    pub feature_names: Vec<String>,
    /// The numbers, of shape `(n_rows, n_features)`; NaN is a missing value.
    pub values: Array2<f64>,
}

impl Table {
    /// Writes the table as CSV: a header, then one line a row, each number with the fewest digits that give back its
    /// bits, a missing value as an empty cell.
    ///
    /// Writes through a buffer; `output` needs none.
    ///
    /// # Errors
    ///
    /// Those of `output`.
    pub fn write_csv(&self, output: impl Write) -> io::Result<()> {
        let mut output = io::BufWriter::new(output);
        // The names may need quotation marks; numbers never do.
        let mut header = csv::WriterBuilder::new().from_writer(Vec::new());
        header.write_record(&self.feature_names)?;
        output.write_all(&header.into_inner().map_err(csv::IntoInnerError::into_error)?)?;
        for row in self.values.rows() {
            let mut separator = "";
            for &number in row {
                output.write_all(separator.as_bytes())?;
                separator = ",";
                if !number.is_nan() {
                    write!(output, "{}", Shortest(number))?;
                } else if row.len() == 1 {
                    // A blank line would not be a row.
                    output.write_all(b"\"\"")?;
                }
            }
            output.write_all(b"\n")?;
        }
        output.flush()
    }
}
