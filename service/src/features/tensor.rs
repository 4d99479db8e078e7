//! A tensor's data, as the Open Inference Protocol has it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

use super::number::Number;
use super::rows::{Append, Row, Rows};
use crate::error::Error;

/// Data of a tensor with the shape `(n, d)`: numbers in one list, or a list of rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Tensor {
    /// Numbers, row after row.
    Flat(Vec<f64>),
    /// Rows.
    Nested(Rows),
}

impl Tensor {
    /// The tensor as rows of the announced shape.
    ///
    /// # Errors
    ///
    /// Data of another shape.
    pub fn into_rows(self, n_rows: usize, width: usize) -> Result<Rows, Error> {
        let shape = |found: String| {
            Error::Schema(format!("the shape of the input is [{n_rows}, {width}], but its data has {found}"))
        };
        match self {
            Self::Nested(rows) => match rows.ragged {
                Some((row, found)) => Err(shape(format!("{found} numbers in row {row}"))),
                None if rows.count != n_rows => Err(shape(format!("{} rows", rows.count))),
                None if rows.width != width => Err(shape(format!("{} numbers in row 0", rows.width))),
                None => Ok(rows),
            },
            Self::Flat(values) if n_rows.checked_mul(width) == Some(values.len()) => {
                Ok(Rows { values, count: n_rows, width, ragged: None })
            }
            Self::Flat(values) => Err(shape(format!("{} numbers", values.len()))),
        }
    }
}

impl<'de> Deserialize<'de> for Tensor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TensorVisitor;
        impl<'de> Visitor<'de> for TensorVisitor {
            type Value = Tensor;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of numbers, or of rows")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut data: A) -> Result<Tensor, A::Error> {
                // The first element says which of the two forms it is.
                match data.next_element()? {
                    None => Ok(Tensor::Flat(Vec::new())),
                    Some(Element::Number(number)) => {
                        let mut values = vec![number];
                        while let Some(Number(number)) = data.next_element()? {
                            values.push(number);
                        }
                        Ok(Tensor::Flat(values))
                    }
                    Some(Element::Row(Row(values))) => {
                        let mut rows = Rows { width: values.len(), values, count: 1, ragged: None };
                        while data.next_element_seed(Append { rows: &mut rows })?.is_some() {}
                        Ok(Tensor::Nested(rows))
                    }
                }
            }
        }
        deserializer.deserialize_seq(TensorVisitor)
    }
}

/// First element of a tensor's data.
enum Element {
    Number(f64),
    Row(Row),
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ElementVisitor;
        impl<'de> Visitor<'de> for ElementVisitor {
            type Value = Element;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, null for a missing value, or a row of them")
            }
            fn visit_f64<E>(self, value: f64) -> Result<Element, E> {
                Ok(Element::Number(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Element, E> {
                Ok(Element::Number(value as f64))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Element, E> {
                Ok(Element::Number(value as f64))
            }
            fn visit_unit<E>(self) -> Result<Element, E> {
                Ok(Element::Number(f64::NAN))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<Element, A::Error> {
                let mut values = Vec::new();
                while let Some(Number(number)) = row.next_element()? {
                    values.push(number);
                }
                Ok(Element::Row(Row(values)))
            }
        }
        deserializer.deserialize_any(ElementVisitor)
    }
}
