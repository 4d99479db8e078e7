//! The columns of a file: their names, and that they hold numbers.

use std::collections::HashSet;

use parquet::{
    basic::{ConvertedType, LogicalType, Type},
    schema::types::{ColumnDescriptor, SchemaDescriptor},
};

use super::{column::Numbers, error::ParquetFileError};

/// The kind of numbers in a column; if they are none, the column's type in Parquet's words.
pub(super) type Kind = Result<Numbers, String>;

/// The names of all columns, checked, and what is in each.
pub(super) fn columns(
    schema: &SchemaDescriptor,
    source_name: &str,
) -> Result<(Vec<String>, Vec<Kind>), ParquetFileError> {
    let source_name = || source_name.to_owned();
    let (mut names, mut kinds, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for (column, descriptor) in (1..).zip(schema.columns()) {
        let name = descriptor.path().string();
        if name.is_empty() {
            return Err(ParquetFileError::EmptyColumnName { source_name: source_name(), column });
        }
        if !seen.insert(name.clone()) {
            return Err(ParquetFileError::DuplicateColumnName { source_name: source_name(), name });
        }
        kinds.push(numbers(descriptor));
        names.push(name);
    }
    if names.is_empty() {
        return Err(ParquetFileError::NoColumns { source_name: source_name() });
    }
    Ok((names, kinds))
}

fn numbers(column: &ColumnDescriptor) -> Kind {
    let optional_at_most = column.max_rep_level() == 0 && column.max_def_level() <= 1;
    if !optional_at_most || column.path().parts().len() != 1 {
        return Err("nested values".to_owned());
    }
    let integer = matches!(column.physical_type(), Type::INT32 | Type::INT64);
    let float = matches!(column.physical_type(), Type::FLOAT | Type::DOUBLE);
    match (column.logical_type_ref(), column.converted_type()) {
        (None, ConvertedType::NONE) if integer || float => Ok(Numbers::Plain),
        (Some(LogicalType::Integer(kind)), _) if integer => {
            Ok(if kind.is_signed { Numbers::Plain } else { Numbers::Unsigned })
        }
        (None, ConvertedType::INT_8 | ConvertedType::INT_16 | ConvertedType::INT_32 | ConvertedType::INT_64)
            if integer =>
        {
            Ok(Numbers::Plain)
        }
        (None, ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64)
            if integer =>
        {
            Ok(Numbers::Unsigned)
        }
        (Some(logical), _) => Err(format!("{logical:?} ({})", column.physical_type())),
        (None, ConvertedType::NONE) => Err(column.physical_type().to_string()),
        (None, converted) => Err(format!("{converted} ({})", column.physical_type())),
    }
}
