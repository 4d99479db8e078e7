//! The files of a job: found, looked into before anything runs, and cut into pieces that partitions are made of.

/// Headers of CSV files.
mod csv;
/// What can be wrong with an input.
mod error;
/// The files that inputs mean.
mod files;
/// Footers of Parquet files.
mod parquet;
/// From paths, folders and patterns to the paths of files.
mod paths;
/// Pieces of files, and partitions of pieces.
mod pieces;

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    arrow::datatypes::{DataType, Field, Schema, SchemaRef},
    execution::object_store::ObjectStoreUrl,
    prelude::SessionContext,
};
use futures::{StreamExt, TryStreamExt, stream};

use self::files::Found;
pub use self::files::InputFile;
pub use self::{
    error::InputError,
    pieces::{Piece, group, partitions, value},
};
use isoforest::data::CsvError;

use crate::functions::is_number;

/// Files that are looked into at a time.
pub(crate) const LOOKED_INTO_AT_ONCE: usize = 32;

/// How the files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// With a header; all columns are text until they are read as numbers.
    Csv,
    /// With types.
    Parquet,
}

/// What a job asks of its input.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// Columns that must be numbers; none means every column, all of which must be, and the files must agree about them.
    pub features: Option<&'a [String]>,
    /// Columns that are only handed through.
    pub keep: &'a Keep,
}

/// The input's columns that the output has besides the scores.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Keep {
    /// None of them.
    #[default]
    Nothing,
    /// All of them.
    All,
    /// These.
    Columns(Vec<String>),
}

/// The files of a job, all of one format and with the columns that are asked for.
#[derive(Debug, Clone)]
pub struct Input {
    /// How they are written.
    pub format: Format,
    /// Where they are.
    pub store: ObjectStoreUrl,
    /// Columns that are read.
    pub schema: SchemaRef,
    /// Columns that must be numbers, in the order that was asked for.
    pub features: Vec<String>,
    /// Columns that are handed through.
    pub keep: Vec<String>,
    /// All rows, in the order of the files' paths and of the rows within each.
    pub pieces: Vec<Piece>,
    /// Files that the pieces are of.
    pub files: Vec<InputFile>,
    /// What was passed over, though it may have been meant.
    pub warnings: Vec<String>,
}

impl Input {
    /// Finds the files and looks into each: its kind, its columns, their types.
    ///
    /// # Errors
    ///
    /// No file, two formats, a column that is missing, is no number, or is another type elsewhere.
    pub async fn open(context: &SessionContext, paths: &[String], wanted: &Wanted<'_>) -> Result<Self, InputError> {
        let Found { store, files, warnings } = files::find(context, paths).await?;
        let objects = context.runtime_env().object_store(&store).map_err(InputError::Engine)?;
        let looks: Vec<Look> = stream::iter(files.iter().cloned().enumerate())
            .map(|(place, file)| look(Arc::clone(&objects), place, file))
            .buffered(LOOKED_INTO_AT_ONCE)
            .try_collect()
            .await?;
        let format = one_format(&files, &looks)?;
        let names = match wanted.features {
            Some(names) => each_once(names),
            None => names_of_all(&files, &looks)?,
        };
        let keep = match wanted.keep {
            Keep::Nothing => Vec::new(),
            Keep::Columns(names) => each_once(names),
            Keep::All => first(&looks)?.fields().iter().map(|field| field.name().clone()).collect(),
        };
        let schema = match format {
            Format::Csv => csv_schema(&files, &looks, &names, &keep)?,
            Format::Parquet => parquet_schema(&files, &looks, &names, &keep)?,
        };
        let mut pieces: Vec<Piece> = Vec::new();
        for mut look in looks {
            if let Some(error) = names.iter().find_map(|name| look.not_numbers.remove(name)) {
                return Err(error.into());
            }
            pieces.append(&mut look.pieces);
        }
        if pieces.is_empty() {
            return Err(InputError::NoRows { inputs: paths.join(", ") });
        }
        Ok(Self { format, store, schema, features: names, keep, pieces, files, warnings })
    }

    /// The number of rows, where the files tell it.
    pub fn rows(&self) -> Option<u64> {
        self.pieces.iter().map(|piece| piece.rows).sum()
    }

    /// Bytes of the files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.meta.size).sum()
    }
}

/// What a look into a file found.
#[derive(Debug)]
pub(crate) struct Look {
    format: Format,
    schema: Schema,
    pieces: Vec<Piece>,
    /// For each column the first cell, among the first rows of a CSV file, that is no number.
    not_numbers: BTreeMap<String, CsvError>,
}

async fn look(
    objects: Arc<dyn datafusion::object_store::ObjectStore>,
    place: usize,
    file: InputFile,
) -> Result<Look, InputError> {
    if files::is_parquet(objects.as_ref(), &file).await? {
        parquet::look(objects, place, &file).await
    } else {
        csv::look(objects.as_ref(), place, &file).await
    }
}

fn each_once(names: &[String]) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for name in names {
        if !once.contains(name) {
            once.push(name.clone());
        }
    }
    once
}

fn first(looks: &[Look]) -> Result<&Schema, InputError> {
    looks.first().map(|look| &look.schema).ok_or(InputError::NoRows { inputs: String::new() })
}

/// All columns, of which the files must have the same in the same order: which file is the first depends on their names.
fn names_of_all(files: &[InputFile], looks: &[Look]) -> Result<Vec<String>, InputError> {
    let first = first(looks)?;
    let name = |schema: &Schema| schema.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    let expected = name(first);
    for (file, look) in files.iter().zip(looks) {
        if name(&look.schema) != expected {
            return Err(InputError::OtherColumns {
                first: files.first().map(InputFile::path).unwrap_or_default(),
                other: file.path(),
                expected: names(first),
                found: names(&look.schema),
            });
        }
    }
    Ok(expected)
}

fn one_format(files: &[InputFile], looks: &[Look]) -> Result<Format, InputError> {
    let format = looks.first().map_or(Format::Parquet, |look| look.format);
    match looks.iter().position(|look| look.format != format) {
        None => Ok(format),
        Some(other) => {
            let (csv, parquet) = if format == Format::Csv { (0, other) } else { (other, 0) };
            let path = |place: usize| files.get(place).map(InputFile::path).unwrap_or_default();
            Err(InputError::TwoFormats { csv: path(csv), parquet: path(parquet) })
        }
    }
}

/// The columns that are needed, wherever they stand in each file.
fn csv_schema(
    files: &[InputFile],
    looks: &[Look],
    features: &[String],
    keep: &[String],
) -> Result<SchemaRef, InputError> {
    let mut fields: Vec<Field> = Vec::new();
    for name in features.iter().chain(keep) {
        for (file, look) in files.iter().zip(looks) {
            column(look, name, &file.path())?;
        }
        if !fields.iter().any(|field| field.name() == name) {
            fields.push(Field::new(name, DataType::Utf8, true));
        }
    }
    Ok(Arc::new(Schema::new(fields)))
}

/// The columns that are needed; one that has another type of numbers elsewhere is read as `f64`.
fn parquet_schema(
    files: &[InputFile],
    looks: &[Look],
    features: &[String],
    keep: &[String],
) -> Result<SchemaRef, InputError> {
    let mut fields: Vec<Field> = Vec::new();
    for name in features.iter().chain(keep) {
        if fields.iter().any(|field| field.name() == name) {
            continue;
        }
        let is_feature = features.contains(name);
        let mut kind: Option<DataType> = None;
        for (file, look) in files.iter().zip(looks) {
            let found = column(look, name, &file.path())?.data_type();
            // A dictionary of numbers is read as these.
            let found = match found {
                DataType::Dictionary(_, values) if is_feature => values,
                found => found,
            };
            if is_feature && !is_number(found) {
                return Err(InputError::NotNumbers {
                    path: file.path(),
                    column: name.clone(),
                    found: found.to_string(),
                });
            }
            match &kind {
                None => kind = Some(found.clone()),
                Some(kind) if kind == found => {}
                Some(_) if is_feature => kind = Some(DataType::Float64),
                Some(kind) => {
                    return Err(InputError::OtherType {
                        path: file.path(),
                        column: name.clone(),
                        expected: kind.to_string(),
                        found: found.to_string(),
                    });
                }
            }
            if is_feature && kind.as_ref() != Some(found) {
                kind = Some(DataType::Float64);
            }
        }
        fields.push(Field::new(name, kind.unwrap_or(DataType::Float64), true));
    }
    Ok(Arc::new(Schema::new(fields)))
}

fn column<'a>(look: &'a Look, name: &str, path: &str) -> Result<&'a Field, InputError> {
    let mut named = look.schema.fields().iter().filter(|field| field.name() == name);
    match (named.next(), named.next()) {
        (Some(field), None) => Ok(field),
        (Some(_), Some(_)) => Err(InputError::SameName { path: path.to_owned(), column: name.to_owned() }),
        (None, _) => Err(InputError::MissingColumn {
            path: path.to_owned(),
            column: name.to_owned(),
            found: names(&look.schema),
        }),
    }
}

fn names(schema: &Schema) -> String {
    schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>().join(", ")
}
