//! The lines of a text file with their exact numbers.
//!
//! The `csv` crate counts a line at its line feed, and swallows blank lines, so that after `\r\n` or a blank line its
//! numbers are behind those of an editor. An error message that is one line off sends its reader to the wrong row;
//! hence lines are read here, and only the cells of a line with quotation marks are left to `csv`.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};

use super::error::{Cell, CsvError, Place};

/// A longer line is an error: a file without line feeds must not fill the memory.
const LONGEST_LINE: u64 = 16 << 20;
const BUFFER_BYTES: usize = 256 << 10;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Reads a text line by line into one buffer.
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    source_name: String,
    buffer: Vec<u8>,
    number: u64,
    /// Bytes before the next line.
    offset: u64,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(reader: R, source_name: &str) -> Self {
        Self {
            reader: BufReader::with_capacity(BUFFER_BYTES, reader),
            source_name: source_name.to_owned(),
            buffer: Vec::new(),
            number: 0,
            offset: 0,
        }
    }

    /// Moves to the next line that is not blank; `false` at the end of the file.
    pub(super) fn advance(&mut self) -> Result<bool, CsvError> {
        let mut first_blank = None;
        while self.read_line()? {
            if self.buffer.iter().all(u8::is_ascii_whitespace) {
                first_blank.get_or_insert(self.number);
            } else if let Some(line) = first_blank {
                // Skipping it would put every following score beside the wrong row.
                return Err(CsvError::BlankLine { place: Place { source_name: self.source_name.clone(), line } });
            } else {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The current line without its end.
    pub(super) fn text(&self) -> Result<&str, CsvError> {
        str::from_utf8(&self.buffer).map_err(|error| {
            let (before, bad) = self.buffer.split_at(error.valid_up_to());
            CsvError::InvalidUtf8 {
                cell: Cell {
                    place: self.place(),
                    column: before.split(|&byte| byte == b',').count(),
                    name: String::new(),
                },
                byte: bad.first().copied().unwrap_or_default(),
            }
        })
    }

    pub(super) fn place(&self) -> Place {
        Place { source_name: self.source_name.clone(), line: self.number }
    }

    /// The current line, counted from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Bytes of the text before the next line.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn source_name(&self) -> &str {
        &self.source_name
    }

    fn read_line(&mut self) -> Result<bool, CsvError> {
        self.buffer.clear();
        self.number += 1;
        let read = Read::take(&mut self.reader, LONGEST_LINE).read_until(b'\n', &mut self.buffer);
        match read {
            Ok(0) => return Ok(false),
            Ok(bytes) => self.offset += bytes as u64,
            Err(reason) if self.number == 1 && reason.kind() == ErrorKind::IsADirectory => {
                return Err(CsvError::Open { source_name: self.source_name.clone(), reason });
            }
            Err(reason) => return Err(CsvError::Read { place: self.place(), reason }),
        }
        if self.buffer.last() == Some(&b'\n') {
            self.buffer.pop();
            if self.buffer.last() == Some(&b'\r') {
                self.buffer.pop();
            }
        } else if self.buffer.len() as u64 == LONGEST_LINE {
            return Err(CsvError::LineTooLong { place: self.place(), limit: LONGEST_LINE });
        }
        if self.number == 1 && self.buffer.starts_with(BYTE_ORDER_MARK) {
            self.buffer.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(true)
    }
}

impl<R: Read + Seek> Lines<R> {
    /// Goes on with the first line that begins at `offset` or behind it. The lines in between do not count.
    pub(super) fn skip_to(&mut self, offset: u64) -> Result<(), CsvError> {
        if offset <= self.offset {
            return Ok(());
        }
        // A line begins at the offset itself if a line ends before it.
        let sought = self.reader.seek(SeekFrom::Start(offset - 1));
        let skipped: io::Result<usize> = sought.and_then(|_| self.reader.skip_until(b'\n'));
        match skipped {
            Ok(bytes) => self.offset = offset - 1 + bytes as u64,
            Err(reason) => return Err(CsvError::Read { place: self.place(), reason }),
        }
        Ok(())
    }

    /// The number of lines before `offset`, where one begins. Afterwards the reader is elsewhere.
    pub(super) fn count_before(&mut self, offset: u64) -> io::Result<u64> {
        self.reader.rewind()?;
        let mut before = Read::take(&mut self.reader, offset);
        let mut count = 0;
        while before.skip_until(b'\n')? > 0 {
            count += 1;
        }
        Ok(count)
    }
}
