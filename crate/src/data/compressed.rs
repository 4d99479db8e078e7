//! Compressed files, which are told from text by their first bytes.

/// What compressed files begin with, and the program that unpacks them.
const MAGIC: [(&[u8], &str); 3] = [(b"\x1F\x8B", "gzip"), (b"\x28\xB5\x2F\xFD", "zstd"), (b"\xFD7zX", "xz")];

/// The program that compressed a file, by the file's first four bytes.
///
/// ```
/// use isoforest::data::compressed_by;
///
/// assert_eq!(compressed_by(b"\x1F\x8B\x08\x00"), Some("gzip"));
/// assert_eq!(compressed_by(b"mean"), None);
/// ```
pub fn compressed_by(first: &[u8]) -> Option<&'static str> {
    MAGIC.iter().find(|(magic, _)| first.starts_with(magic)).map(|(_, program)| *program)
}
