//! Rows of a JSON body.

use std::fmt;

use ndarray::Array2;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, SeqAccess, Visitor};

use super::number::Number;
use crate::error::Error;
use crate::limits::MAX_ROWS;
use crate::model_store::ServedModel;

/// At most this many names of features are listed in a message.
const SHOWN_NAMES: usize = 20;

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub(super) Vec<f64>);

/// Rows of one width, row after row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    pub(super) values: Vec<f64>,
    pub(super) count: usize,
    pub(super) width: usize,
    /// The first row that is not as wide as the one before it, and its width.
    pub(super) ragged: Option<(usize, usize)>,
}

impl Row {
    /// The row as a matrix of shape `(1, n_features)`.
    ///
    /// # Errors
    ///
    /// Another number of features than the model has.
    pub fn into_matrix(self, model: &ServedModel) -> Result<Array2<f64>, Error> {
        let found = self.0.len();
        if found != model.forest().n_features() {
            return Err(wrong_count(model, None, found));
        }
        Array2::from_shape_vec((1, found), self.0).map_err(|_| Error::Internal)
    }
}

impl Rows {
    /// The rows as a matrix of shape `(n_rows, n_features)`.
    ///
    /// # Errors
    ///
    /// No rows, too many, or one with another number of features than the model has.
    pub fn into_matrix(self, model: &ServedModel) -> Result<Array2<f64>, Error> {
        let n_features = model.forest().n_features();
        if self.count == 0 {
            return Err(Error::Schema("there are no rows; expected at least one".to_owned()));
        }
        if self.width != n_features {
            return Err(wrong_count(model, Some(0), self.width));
        }
        if let Some((row, found)) = self.ragged {
            return Err(wrong_count(model, Some(row), found));
        }
        if self.count > MAX_ROWS {
            return Err(Error::TooManyRows);
        }
        Array2::from_shape_vec((self.count, n_features), self.values).map_err(|_| Error::Internal)
    }

    /// Appends the numbers of one row, if there is still use for them.
    fn push<'de, A: SeqAccess<'de>>(&mut self, mut row: A) -> Result<(), A::Error> {
        let before = self.values.len();
        let is_wanted = self.count < MAX_ROWS && self.ragged.is_none();
        let mut found = 0;
        while let Some(Number(number)) = row.next_element()? {
            if is_wanted {
                self.values.push(number);
            }
            found += 1;
        }
        if self.count == 0 {
            self.width = found;
        } else if found != self.width && self.ragged.is_none() {
            self.ragged = Some((self.count, found));
            self.values.truncate(before);
        }
        self.count += 1;
        Ok(())
    }
}

fn wrong_count(model: &ServedModel, row: Option<usize>, found: usize) -> Error {
    let features = model.forest().feature_names();
    let mut names = features.iter().take(SHOWN_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    if features.len() > SHOWN_NAMES {
        names.push_str(", …");
    }
    let row = row.map(|row| format!("row {row}: ")).unwrap_or_default();
    Error::FeatureCount { row, expected: features.len(), names, found }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RowVisitor;
        impl<'de> Visitor<'de> for RowVisitor {
            type Value = Row;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of numbers")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<Row, A::Error> {
                let mut values = Vec::new();
                while let Some(Number(number)) = row.next_element()? {
                    values.push(number);
                }
                Ok(Row(values))
            }
        }
        deserializer.deserialize_seq(RowVisitor)
    }
}

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RowsVisitor;
        impl<'de> Visitor<'de> for RowsVisitor {
            type Value = Rows;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of rows, each an array of numbers")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Rows, A::Error> {
                let mut all = Rows::default();
                while rows.next_element_seed(Append { rows: &mut all })?.is_some() {}
                Ok(all)
            }
        }
        deserializer.deserialize_seq(RowsVisitor)
    }
}

/// Appends a row to those before it, without a vector of its own.
pub(super) struct Append<'a> {
    pub(super) rows: &'a mut Rows,
}

impl<'de> DeserializeSeed<'de> for Append<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Append<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row: an array of numbers")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, row: A) -> Result<(), A::Error> {
        self.rows.push(row)
    }
}
