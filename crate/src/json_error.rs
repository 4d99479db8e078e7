//! What is wrong with a JSON document, in words that name no type of Rust's.
//!
//! The errors that say so give no source: whoever prints all causes would print serde's words after these.

use std::fmt;

use serde_json::error::Category;

/// Most characters of what the document holds that are repeated.
const LONGEST: usize = 80;

/// Says what was found, what was expected and where.
pub(crate) fn in_plain_words(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let place = format!("line {} column {}", error.line(), error.column());
    let what = message.strip_suffix(&format!(" at {place}")).unwrap_or(&message);
    match error.classify() {
        Category::Eof if error.line() <= 1 && error.column() == 0 => "the document is empty".to_owned(),
        Category::Eof => format!("the document ends too early, at {place}; it may have been cut short"),
        Category::Syntax => format!("it is not JSON at {place}: {}", Short(what)),
        Category::Data | Category::Io => match wrong_value(what) {
            Some((found, expected)) => format!("expected {expected} at {place}, found {}", Short(&found)),
            None => match what.rsplit_once(", expected ") {
                Some((found, expected)) => format!("{}, expected {expected}, at {place}", Short(found)),
                None => format!("{} at {place}", Short(what)),
            },
        },
    }
}

/// What a value is and what it should be, if that is what a message of serde's says.
fn wrong_value(what: &str) -> Option<(String, &str)> {
    let kinds = ["invalid type: ", "invalid value: ", "invalid length "];
    let (kind, rest) = kinds.iter().find_map(|kind| Some((kind, what.strip_prefix(kind)?)))?;
    let (found, expected) = rest.rsplit_once(", expected ")?;
    let found = match found {
        "map" => "an object".to_owned(),
        "sequence" => "a list".to_owned(),
        length if kind.contains("length") => format!("a list of {length}"),
        number => number.strip_prefix("floating point ").map_or_else(|| number.to_owned(), |n| format!("number {n}")),
    };
    let expected = match expected {
        "i8" | "i16" | "i32" | "i64" => "an integer",
        "u8" | "u16" | "u32" | "u64" | "usize" => "an integer of at least 0",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        // A derived implementation would take a list of the fields as well.
        record if record.starts_with("struct ") => "an object",
        one_of_several if one_of_several.starts_with("internally tagged enum ") => "an object with a `name`",
        "variant identifier" | "string or map" | "map with a single key" => "a name",
        other => other,
    };
    Some((found, expected))
}

/// The beginning of a text that may be as long as the document.
struct Short<'a>(&'a str);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(LONGEST) {
            Some((end, _)) => write!(f, "{}…", self.0.get(..end).unwrap_or_default()),
            None => f.write_str(self.0),
        }
    }
}
