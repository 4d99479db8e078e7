//! `isoforest_number`: the text of a CSV cell as a number, by the rules of the command line `isoforest`.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, AsArray, Float64Array},
        datatypes::DataType,
    },
    common::{Result, exec_datafusion_err, exec_err},
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility},
};

/// The function's name.
pub const NUMBER_FUNCTION: &str = "isoforest_number";

/// At most this many characters of a cell are repeated in a message.
const SHOWN_CHARACTERS: usize = 60;

/// Text to `f64`: blanks around it do not count, an empty cell and the word NaN are missing values, an infinity is an error.
/// Arrow's own reading of numbers takes neither blanks nor refuses infinities, and knows not which cell is meant.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct CsvNumber {
    signature: Signature,
}

impl Default for CsvNumber {
    fn default() -> Self {
        // The second argument is the column's name, for messages.
        let types = vec![DataType::Utf8, DataType::Utf8];
        Self { signature: Signature::exact(types, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for CsvNumber {
    fn name(&self) -> &'static str {
        NUMBER_FUNCTION
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [cells, column] = args.args.as_slice() else {
            return exec_err!("{NUMBER_FUNCTION}: expected 2 arguments, found {}", args.args.len());
        };
        let cells = cells.to_array(args.number_rows)?;
        let Some(texts) = cells.as_string_opt::<i32>() else {
            return exec_err!("{NUMBER_FUNCTION}: expected text, found {}", cells.data_type());
        };
        let numbers: Float64Array = texts
            .iter()
            .map(|text| match text.map(str::trim) {
                None | Some("") => Ok(None),
                Some(text) => number(text, column).map(Some),
            })
            .collect::<Result<_>>()?;
        Ok(ColumnarValue::Array(Arc::new(numbers)))
    }
}

fn number(text: &str, column: &ColumnarValue) -> Result<f64> {
    let refused = |found: &str| {
        let shown: String = text.chars().take(SHOWN_CHARACTERS).collect();
        let name = match column {
            ColumnarValue::Scalar(name) => name.to_string(),
            ColumnarValue::Array(_) => String::new(),
        };
        exec_datafusion_err!("column {name:?}: expected a number or an empty cell, found {found}{shown:?}")
    };
    match text.parse::<f64>() {
        Ok(value) if value.is_infinite() => Err(refused("the infinite ")),
        Ok(value) => Ok(value),
        Err(_) => Err(refused("")),
    }
}

#[cfg(test)]
mod tests {
    use datafusion::{common::ScalarValue, logical_expr::ColumnarValue};

    use super::number;

    fn read(text: &str) -> Result<f64, String> {
        number(text, &ColumnarValue::Scalar(ScalarValue::from("sd"))).map_err(|error| error.to_string())
    }

    #[test]
    fn text_that_is_no_finite_number_is_refused_with_its_column() {
        assert_eq!(read("-1.5e3"), Ok(-1500.0));
        assert!(read("nan").unwrap().is_nan());
        for text in ["abc", "1,5", "0x10", "null"] {
            let message = read(text).unwrap_err();
            assert!(message.contains("\"sd\"") && message.contains(&format!("found {text:?}")), "{message}");
        }
        for text in ["inf", "-Infinity", "1e999"] {
            assert!(read(text).unwrap_err().contains("found the infinite"), "{text}");
        }
    }
}
