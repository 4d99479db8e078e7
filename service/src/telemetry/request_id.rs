//! A name for each request, in its answer and in the log, so that one can be found by the other.

use std::cell::Cell;

/// Longest name that is taken from a client: that of two UUIDs is shorter.
const MAX_LENGTH: usize = 64;

/// A request's name: letters, digits, `-`, `_` and `.`, which mean nothing to JSON, headers or a terminal.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestId {
    bytes: [u8; MAX_LENGTH],
    length: usize,
}

impl RequestId {
    /// The name that the client or a proxy gave, if it is one that can be written anywhere; else a new one.
    pub(super) fn new(given: Option<&str>) -> Self {
        given.and_then(Self::accept).unwrap_or_else(Self::make)
    }

    fn accept(given: &str) -> Option<Self> {
        let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let mut bytes = [0; MAX_LENGTH];
        let place = bytes.get_mut(..given.len()).filter(|place| !place.is_empty())?;
        place.copy_from_slice(given.as_bytes());
        given.bytes().all(harmless).then_some(Self { bytes, length: given.len() })
    }

    /// 16 hexadecimal digits: a thread's counter from a random start, scrambled so that neighbours look different (the generator
    /// splitmix64, which gives no number twice). Unique in a thread, and as good as unique among all.
    fn make() -> Self {
        thread_local! {
            static STATE: Cell<u64> = Cell::new(rand::random());
        }
        let mut n = STATE.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        STATE.set(n);
        n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        n ^= n >> 31;
        let mut bytes = [0; MAX_LENGTH];
        for (place, byte) in bytes.iter_mut().take(16).enumerate() {
            let digit = (n >> (60 - 4 * place)) as u8 & 15;
            *byte = if digit < 10 { b'0' + digit } else { b'a' - 10 + digit };
        }
        Self { bytes, length: 16 }
    }

    /// The name as text.
    pub(super) fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::RequestId;

    #[test]
    fn a_sane_name_is_kept() {
        for name in ["a", "4bf92f35-77b3.X_1", &"x".repeat(64)] {
            assert_eq!(RequestId::new(Some(name)).as_str(), name);
        }
    }

    #[test]
    fn any_other_is_replaced() {
        for name in [None, Some(""), Some("a b"), Some("a\"b"), Some("a\nb"), Some("ä"), Some(&*"x".repeat(65))] {
            let id = RequestId::new(name);
            assert_eq!(id.as_str().len(), 16);
            assert!(id.as_str().bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)));
        }
    }

    #[test]
    fn new_names_differ() {
        let names: std::collections::HashSet<_> = (0..10_000).map(|_| RequestId::make().as_str().to_owned()).collect();
        assert_eq!(names.len(), 10_000);
    }
}
