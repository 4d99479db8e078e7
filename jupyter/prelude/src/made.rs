use isoforest::notebook::columns::frame_of;

use crate::{DataFrame, Error};

/// A data frame out of a cell: `df!("mean" => [0.1, 0.5], "n" => [1, 20])?`. It is polars' macro for columns of numbers, with
/// a result whose type the kernel can infer.
#[macro_export]
macro_rules! df {
    ($($name:expr => $values:expr),* $(,)?) => {
        $crate::data_frame(vec![$((
            $name.to_string(),
            $values.into_iter().map(|value| $crate::Number::number(value)).collect::<Vec<f64>>(),
        )),*])
    };
}

/// A data frame of named columns, which [`df!`](crate::df) writes in short.
///
/// # Errors
///
/// Columns of different lengths, or two with the same name.
pub fn data_frame(columns: Vec<(String, Vec<f64>)>) -> Result<DataFrame, Error> {
    Ok(DataFrame::from(frame_of(columns)?))
}

/// What can stand in a column of a data frame: numbers, and `None` for a missing one.
pub trait Number {
    /// The number; NaN where it is missing.
    fn number(self) -> f64;
}

impl Number for f64 {
    fn number(self) -> f64 {
        self
    }
}

impl Number for i32 {
    fn number(self) -> f64 {
        f64::from(self)
    }
}

impl Number for i64 {
    fn number(self) -> f64 {
        self as f64
    }
}

impl Number for usize {
    fn number(self) -> f64 {
        self as f64
    }
}

impl<T: Number> Number for Option<T> {
    fn number(self) -> f64 {
        self.map_or(f64::NAN, T::number)
    }
}
