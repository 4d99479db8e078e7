//! Rows of a CSV body.

use isoforest::data::{CsvBlocks, CsvError};
use ndarray::Array2;

use crate::error::Error;
use crate::limits::MAX_ROWS;
use crate::model_store::ServedModel;

/// What stands in messages where a file has its path.
const CSV_NAME: &str = "body";

/// Reads CSV with a header that names the model's features, in any order.
///
/// # Errors
///
/// Anything that is wrong with it, with line and column; more than 10,000 rows.
pub fn read_csv(body: &[u8], model: &ServedModel) -> Result<Array2<f64>, Error> {
    let mut blocks = CsvBlocks::new(body, CSV_NAME, MAX_ROWS + 1)
        .and_then(|blocks| blocks.expecting(model.forest().feature_names()))
        .map_err(Error::from_csv)?;
    let Some(rows) = blocks.next().transpose().map_err(Error::from_csv)? else {
        return Err(Error::NotCsv(CsvError::Empty { source_name: CSV_NAME.to_owned() }));
    };
    if rows.nrows() > MAX_ROWS {
        return Err(Error::TooManyRows);
    }
    // The forest would refuse it as well, but it does not know the line.
    if let Some(((row, feature), value)) = rows.indexed_iter().find(|(_, value)| (**value as f32).is_infinite()) {
        let cell = blocks.cell_at(row as u64, feature);
        return Err(Error::Number(format!(
            "{cell}: {value:e} is too large for a 32-bit float; expected a finite number"
        )));
    }
    Ok(rows)
}
