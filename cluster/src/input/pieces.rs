//! Pieces of files, and partitions of pieces.

use std::ops::Range;

use datafusion::{
    common::{Result, ScalarValue, exec_err},
    datasource::{listing::PartitionedFile, physical_plan::FileGroup},
    object_store::ObjectMeta,
};

/// A part of a file that is read at one go: a row group of Parquet, a range of bytes of CSV, or the whole file.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Which file of the input it is of.
    pub place: usize,
    /// The file.
    pub meta: ObjectMeta,
    /// Which bytes; none means the whole file.
    pub range: Option<Range<u64>>,
    /// What reading it costs.
    pub bytes: u64,
    /// Its rows, where the file tells.
    pub rows: Option<u64>,
}

impl Piece {
    /// The piece as the engine reads it; `value` goes with each of its rows.
    pub fn with_value(&self, value: u64) -> PartitionedFile {
        let file = PartitionedFile::new_from_meta(self.meta.clone());
        let file = file.with_partition_values(vec![ScalarValue::UInt64(Some(value))]);
        match &self.range {
            None => file,
            Some(range) => file.with_range(range.start.cast_signed(), range.end.cast_signed()),
        }
    }
}

/// The value that goes with each row of a piece.
///
/// # Errors
///
/// It is of another plan's making.
pub fn value(piece: &PartitionedFile) -> Result<u64> {
    match piece.partition_values.as_slice() {
        [ScalarValue::UInt64(Some(value))] => Ok(*value),
        other => exec_err!("expected one number with each piece of a file, found {other:?}"),
    }
}

/// Cuts the pieces into at most `n` partitions of about the same number of bytes, in their order: a partition's rows come before
/// those of the next one.
pub fn partitions(pieces: &[Piece], n: usize) -> Vec<&[Piece]> {
    let total: u64 = pieces.iter().map(|piece| piece.bytes.max(1)).sum();
    let n = n.clamp(1, pieces.len().max(1)) as u64;
    let mut parts = Vec::new();
    let (mut rest, mut done) = (pieces, 0u64);
    for part in 1..=n {
        // A piece belongs where its middle is.
        let end = total * part / n;
        let mut taken = 0;
        for piece in rest {
            if part < n && done + piece.bytes.max(1) / 2 >= end {
                break;
            }
            done += piece.bytes.max(1);
            taken += 1;
        }
        let (now, later) = rest.split_at(taken);
        if !now.is_empty() {
            parts.push(now);
        }
        rest = later;
    }
    parts
}

/// The files of a partition, all its rows with the value `part`; neighbouring pieces of one file are read as one.
pub fn group(pieces: &[Piece], part: u64) -> FileGroup {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        match joined.last_mut().filter(|last| last.place == piece.place) {
            Some(last) => {
                if let (Some(before), Some(range)) = (&mut last.range, &piece.range) {
                    before.end = before.end.max(range.end);
                }
            }
            None => joined.push(piece.clone()),
        }
    }
    FileGroup::new(joined.iter().map(|piece| piece.with_value(part)).collect())
}

#[cfg(test)]
mod tests {
    use datafusion::object_store::path::Path;

    use super::*;

    fn pieces(bytes: &[u64]) -> Vec<Piece> {
        let meta = ObjectMeta {
            location: Path::from("a.parquet"),
            last_modified: std::time::SystemTime::UNIX_EPOCH.into(),
            size: 0,
            e_tag: None,
            version: None,
        };
        bytes.iter().map(|&bytes| Piece { place: 0, meta: meta.clone(), range: None, bytes, rows: None }).collect()
    }

    fn sizes(bytes: &[u64], n: usize) -> Vec<Vec<u64>> {
        partitions(&pieces(bytes), n).iter().map(|part| part.iter().map(|piece| piece.bytes).collect()).collect()
    }

    #[test]
    fn partitions_are_of_about_one_size_and_keep_the_order() {
        assert_eq!(sizes(&[1, 2, 3, 4, 5, 6], 3), [vec![1, 2, 3], vec![4, 5], vec![6]]);
        assert_eq!(sizes(&[10, 10, 10, 10], 2), [vec![10, 10], vec![10, 10]]);
        assert_eq!(sizes(&[5, 5], 1), [vec![5, 5]]);
    }

    #[test]
    fn there_are_never_more_partitions_than_pieces_and_none_is_empty() {
        assert_eq!(sizes(&[7, 7], 16), [vec![7], vec![7]]);
        assert_eq!(sizes(&[100, 1, 1], 3).concat(), [100, 1, 1]);
        assert!(sizes(&[1, 1, 100], 3).iter().all(|part| !part.is_empty()));
    }
}
