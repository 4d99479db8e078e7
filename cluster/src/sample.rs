//! A uniform sample of an input in one pass, the same whatever the partitions and the order of the files.
//!
//! Every row has a priority, a hash of the seed, its file and its place in the file; the sample is the rows with the smallest.
//! Keeping the smallest of a part and then those of all parts gives the same rows as keeping the smallest of all at once. A file is
//! known by its content rather than by its name, so that neither its name nor its place in the list counts. A place in a file is a piece
//! and a row of it; how a file is cut into pieces depends on the file alone.

use std::{
    collections::{BTreeMap, BinaryHeap, HashMap},
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::{Array, AsArray, RecordBatch},
        compute::cast,
        datatypes::{DataType, Float64Type, UInt64Type},
    },
    common::{Result, exec_err},
    datasource::physical_plan::FileGroup,
    execution::SendableRecordBatchStream,
    object_store::{ObjectMeta, ObjectStore, ObjectStoreExt},
    prelude::SessionContext,
};
use futures::{StreamExt, TryStreamExt};
use isoforest::ndarray::Array2;
use sha2::{Digest, Sha256};

use crate::{
    engine,
    input::{Input, Piece, partitions},
    plan::{self, Files},
    progress::Progress,
};

/// Bytes of a file's beginning and of its end that, with its size, tell it from others; where they do not, the whole file does.
const FINGERPRINT_BYTES: u64 = 64 << 10;

/// A sample of the rows of an input.
#[derive(Debug)]
pub struct Sample {
    /// Shape `(at most capacity, n_features)`, in the order of the priorities.
    pub rows: Array2<f64>,
    /// Rows of the input.
    pub n_rows: u64,
}

impl Sample {
    /// Reads the input once.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or a cell that is no number within the range of `f32`.
    pub async fn take(
        context: &SessionContext,
        input: &Input,
        capacity: usize,
        seed: u32,
        threads: usize,
        n_partitions: usize,
        progress: &Progress,
    ) -> Result<Self> {
        let objects = context.runtime_env().object_store(&input.store)?;
        let ids = piece_ids(objects.as_ref(), input).await?;
        let mut ids = ids.into_iter();
        let groups = partitions(&input.pieces, n_partitions)
            .into_iter()
            .map(|pieces| {
                FileGroup::new(pieces.iter().zip(ids.by_ref()).map(|(piece, id)| piece.with_value(id)).collect())
            })
            .collect();
        let plan = plan::scan(input, groups, true)?;
        let columns: Arc<[String]> = input.features.clone().into();
        let nothing = Smallest::new(capacity, seed, columns.len());
        let work = |partition: usize, mut rows: SendableRecordBatchStream| {
            let (columns, progress) = (Arc::clone(&columns), progress.clone());
            let files = Files::of(&plan, partition);
            async move {
                let files = files?;
                let mut smallest = Smallest::new(capacity, seed, columns.len());
                while let Some(batch) = rows.next().await {
                    let batch = batch.map_err(|error| files.name(&error))?;
                    progress.add(batch.num_rows() as u64);
                    smallest.add(&batch, &columns).map_err(|error| files.name(&error))?;
                }
                Ok(smallest)
            }
        };
        let smallest = engine::fold_partitions(context, &plan, threads, work, nothing, Smallest::merge).await?;
        Ok(smallest.into_sample())
    }
}

/// A number for each piece that depends on what is in its file alone.
async fn piece_ids(objects: &dyn ObjectStore, input: &Input) -> Result<Vec<u64>> {
    let mut fingerprints = Vec::with_capacity(input.files.len());
    let mut alike: HashMap<u64, u64> = HashMap::new();
    for file in &input.files {
        let fingerprint = fingerprint(objects, &file.meta).await?;
        fingerprints.push(fingerprint);
        *alike.entry(fingerprint).or_default() += 1;
    }
    for (file, fingerprint) in input.files.iter().zip(&mut fingerprints) {
        // Of a smaller file all has been seen.
        let is_seen = file.meta.size <= 2 * FINGERPRINT_BYTES;
        if !is_seen && alike.get(fingerprint).is_some_and(|&count| count > 1) {
            *fingerprint = whole_fingerprint(objects, &file.meta).await?;
        }
    }
    // Files that are equal are numbered; which of them has which number changes nothing.
    let mut seen: BTreeMap<u64, u64> = BTreeMap::new();
    let copies: Vec<u64> = fingerprints
        .iter()
        .map(|&fingerprint| {
            let count = seen.entry(fingerprint).or_default();
            *count += 1;
            *count
        })
        .collect();
    let mut place_in_file: HashMap<usize, u64> = HashMap::new();
    let id = |piece: &Piece| {
        let number = place_in_file.entry(piece.place).or_default();
        *number += 1;
        let fingerprint = fingerprints.get(piece.place).copied().unwrap_or_default();
        let copy = copies.get(piece.place).copied().unwrap_or_default();
        mix(mix(fingerprint, copy), *number)
    };
    Ok(input.pieces.iter().map(id).collect())
}

/// A number from the size of a file, its beginning and its end.
async fn fingerprint(objects: &dyn ObjectStore, file: &ObjectMeta) -> Result<u64> {
    let begin = objects.get_range(&file.location, 0..file.size.min(FINGERPRINT_BYTES)).await?;
    let end = objects.get_range(&file.location, file.size.saturating_sub(FINGERPRINT_BYTES)..file.size).await?;
    Ok(number(Sha256::new().chain_update(file.size.to_le_bytes()).chain_update(begin).chain_update(end)))
}

/// A number from all of a file.
async fn whole_fingerprint(objects: &dyn ObjectStore, file: &ObjectMeta) -> Result<u64> {
    let mut bytes = objects.get(&file.location).await?.into_stream();
    let mut hash = Sha256::new();
    while let Some(next) = bytes.try_next().await? {
        hash.update(next);
    }
    Ok(number(hash))
}

fn number(hash: Sha256) -> u64 {
    hash.finalize().iter().take(8).fold(0u64, |number, &byte| number << 8 | u64::from(byte))
}

/// Two numbers as one that looks random: the finalizer of SplitMix64 (Steele, Lea and Flood 2014) after each.
fn mix(a: u64, b: u64) -> u64 {
    let finalize = |mut z: u64| {
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    finalize(finalize(a.wrapping_add(0x9E37_79B9_7F4A_7C15)).wrapping_add(b).wrapping_add(0x9E37_79B9_7F4A_7C15))
}

/// A row's priority, and where it is, for rows of equal priority.
type Key = (u64, u64, u64);

/// The rows of the smallest keys so far.
struct Smallest {
    capacity: usize,
    seed: u64,
    n_columns: usize,
    /// The keys with the places of their values, the largest key on top.
    keys: BinaryHeap<(Key, usize)>,
    values: Vec<f64>,
    n_rows: u64,
    /// Rows of each piece so far.
    seen: HashMap<u64, u64>,
}

impl Smallest {
    fn new(capacity: usize, seed: u32, n_columns: usize) -> Self {
        let seed = mix(u64::from(seed), 0);
        Self {
            capacity: capacity.max(1),
            seed,
            n_columns,
            keys: BinaryHeap::new(),
            values: Vec::new(),
            n_rows: 0,
            seen: HashMap::new(),
        }
    }

    fn add(&mut self, batch: &RecordBatch, columns: &[String]) -> Result<()> {
        let features = columns.iter().map(|name| {
            let Some(column) = batch.column_by_name(name) else {
                return exec_err!("the column {name:?} is missing");
            };
            finite(&cast(column, &DataType::Float64)?, name)
        });
        let features: Vec<_> = features.collect::<Result<_>>()?;
        let Some(ids) = batch.columns().last().and_then(|ids| ids.as_primitive_opt::<UInt64Type>()) else {
            return exec_err!("the numbers of the pieces are missing");
        };
        self.n_rows += batch.num_rows() as u64;
        let ids = ids.values();
        let mut start = 0;
        // Rows of one piece come one after the other.
        while let Some(&id) = ids.get(start) {
            let n = ids.iter().skip(start).take_while(|&&other| other == id).count();
            let first = self.seen.get(&id).copied().unwrap_or_default();
            self.seen.insert(id, first + n as u64);
            let stream = mix(self.seed, id);
            for i in 0..n {
                let index = first + i as u64;
                let key = (mix(stream, index), id, index);
                if let Some(place) = self.place(key) {
                    let slot = self.values.iter_mut().skip(place * self.n_columns);
                    slot.zip(&features)
                        .for_each(|(slot, values)| *slot = values.get(start + i).copied().unwrap_or(f64::NAN));
                }
            }
            start += n;
        }
        Ok(())
    }

    /// Where the row of a key goes, if it is among the smallest.
    fn place(&mut self, key: Key) -> Option<usize> {
        if self.keys.len() < self.capacity {
            let place = self.keys.len();
            self.keys.push((key, place));
            self.values.resize((place + 1) * self.n_columns, f64::NAN);
            return Some(place);
        }
        let mut largest = self.keys.peek_mut()?;
        if largest.0 < key {
            return None;
        }
        let place = largest.1;
        *largest = (key, place);
        Some(place)
    }

    /// Takes over the rows of other pieces; the result does not depend on which of the two came first.
    fn merge(&mut self, other: Self) {
        self.n_rows += other.n_rows;
        for (key, there) in other.keys {
            if let Some(here) = self.place(key) {
                let row = other.values.iter().skip(there * self.n_columns);
                let slot = self.values.iter_mut().skip(here * self.n_columns).take(self.n_columns);
                slot.zip(row).for_each(|(slot, &value)| *slot = value);
            }
        }
    }

    fn into_sample(self) -> Sample {
        let n_columns = self.n_columns;
        let keys = self.keys.into_sorted_vec();
        let mut values = Vec::with_capacity(keys.len() * n_columns);
        for (_, place) in &keys {
            values.extend_from_slice(self.values.get(place * n_columns..(place + 1) * n_columns).unwrap_or_default());
        }
        let rows = Array2::from_shape_vec((keys.len(), n_columns), values).unwrap_or_default();
        Sample { rows, n_rows: self.n_rows }
    }
}

/// A column's values, NaN for a missing one, all within the range of `f32`.
fn finite(column: &dyn Array, name: &str) -> Result<Vec<f64>> {
    let numbers = column.as_primitive::<Float64Type>();
    // One NaN for all bit patterns.
    let value = |value: Option<f64>| value.filter(|value| !value.is_nan()).unwrap_or(f64::NAN);
    let values: Vec<f64> = numbers.iter().map(value).collect();
    match values.iter().find(|&&value| (value as f32).is_infinite()) {
        None => Ok(values),
        Some(value) => {
            exec_err!("column {name:?}: expected a number within the range of f32 (up to 3.4e38), found {value:e}")
        }
    }
}
