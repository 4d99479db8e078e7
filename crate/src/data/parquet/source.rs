//! A file as the decoder reads it, with every wanted range held against the file's size: a corrupted length must be an
//! error, not an allocation.

use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
};

use bytes::Bytes;
use parquet::{
    errors::{ParquetError, Result},
    file::reader::{ChunkReader, Length},
};

pub(super) struct Source {
    file: File,
    bytes: u64,
}

impl Source {
    pub(super) fn new(file: File) -> std::io::Result<Self> {
        let bytes = file.metadata()?.len();
        Ok(Self { file, bytes })
    }

    fn check(&self, start: u64, length: u64) -> Result<()> {
        match start.checked_add(length) {
            Some(end) if end <= self.bytes => Ok(()),
            _ => Err(ParquetError::EOF(format!(
                "a part of {length} bytes from byte {start} on lies beyond the file's {} bytes",
                self.bytes
            ))),
        }
    }
}

impl Length for Source {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for Source {
    type T = BufReader<File>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        self.check(start, 0)?;
        self.file.get_read(start)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.check(start, length as u64)?;
        // One handle for all: nothing else reads between the two calls.
        let mut file = &self.file;
        file.seek(SeekFrom::Start(start))?;
        let mut buffer = Vec::with_capacity(length);
        file.take(length as u64).read_to_end(&mut buffer)?;
        Ok(buffer.into())
    }
}
