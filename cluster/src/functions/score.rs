//! `isoforest_score`: `score_samples` of a row, from the values of its features.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, Float64Array},
        compute::cast,
        datatypes::{DataType, Float64Type},
    },
    common::{Result, exec_datafusion_err, plan_err},
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility},
};
use isoforest::{ScoreError, ndarray::Array2};

use crate::model::{FUNCTION, Model};

/// The score of each row, in [-1, 0), the lower the more anomalous; null and NaN are missing values.
///
/// Arguments are the model's features in its order, of any type of numbers. Anything else is an error of planning, before a row is
/// read.
#[derive(Debug)]
pub struct Score {
    model: Arc<Model>,
    aliases: Vec<String>,
    signature: Signature,
}

impl Score {
    /// The function of a model.
    pub fn new(model: Arc<Model>) -> Self {
        let signature = Signature::user_defined(Volatility::Immutable);
        Self { model, aliases: vec![FUNCTION.to_owned()], signature }
    }

    /// The model that it scores with.
    pub fn model(&self) -> &Model {
        &self.model
    }
}

// Two functions are one if their models are.
impl PartialEq for Score {
    fn eq(&self, other: &Self) -> bool {
        self.model.sha256() == other.model.sha256()
    }
}

impl Eq for Score {}

impl Hash for Score {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.model.sha256().hash(state);
    }
}

impl ScalarUDFImpl for Score {
    fn name(&self) -> &str {
        self.model.function()
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let names = self.model.forest().feature_names();
        if types.len() != names.len() {
            return plan_err!(
                "{FUNCTION} expects the model's {} features ({}), found {} arguments",
                names.len(),
                names.join(", "),
                types.len()
            );
        }
        for (name, found) in names.iter().zip(types) {
            if !(is_number(found) || found.is_null()) {
                return plan_err!("{FUNCTION}: expected a number for the feature {name:?}, found {found}");
            }
        }
        Ok(vec![DataType::Float64; types.len()])
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let columns: Vec<ArrayRef> = args
            .args
            .iter()
            .map(|argument| Ok(cast(&argument.to_array(args.number_rows)?, &DataType::Float64)?))
            .collect::<Result<_>>()?;
        let rows = rows(&columns, args.number_rows);
        let scores = self.model.forest().score_samples(rows.view()).map_err(|error| {
            let ScoreError::Infinite { row, column, name, .. } = error else {
                return exec_datafusion_err!("{error}");
            };
            let value = columns.get(column).map_or(f64::NAN, |values| values.as_primitive::<Float64Type>().value(row));
            exec_datafusion_err!(
                "column {name:?}: expected a number within the range of f32 (up to 3.4e38), found {value:e}"
            )
        })?;
        Ok(ColumnarValue::Array(Arc::new(Float64Array::from(scores.to_vec()))))
    }
}

/// Whether a column of this type can be a feature.
pub fn is_number(found: &DataType) -> bool {
    match found {
        DataType::Dictionary(_, values) => is_number(values),
        found => found.is_integer() || matches!(found, DataType::Float32 | DataType::Float64),
    }
}

/// Columns as the forest takes them, row after row; the forest works in `f32`.
fn rows(columns: &[ArrayRef], n_rows: usize) -> Array2<f32> {
    let mut rows = Array2::zeros((n_rows, columns.len()));
    for (values, mut column) in columns.iter().zip(rows.columns_mut()) {
        let values = values.as_primitive::<Float64Type>();
        if values.null_count() == 0 {
            column.iter_mut().zip(values.values()).for_each(|(slot, &value)| *slot = value as f32);
        } else {
            column
                .iter_mut()
                .zip(values)
                .for_each(|(slot, value)| *slot = value.map_or(f32::NAN, |value| value as f32));
        }
    }
    rows
}
