//! Fields of a document that may be left out, but not be there with nothing in them: what the library never writes it does not read.

use serde::de::{Deserialize, Deserializer, Error};

/// A field that is there has a value: null is none.
pub(crate) fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// An array that is there has entries.
pub(crate) fn not_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let values = Vec::deserialize(deserializer)?;
    if values.is_empty() {
        return Err(D::Error::custom("invalid length 0, expected numbers, or the field left out"));
    }
    Ok(values)
}
