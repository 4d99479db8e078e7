use std::io::{self, Write};

/// Closes a content in evcxr's protocol.
const END: &str = "EVCXR_END_CONTENT";

/// Writes one content of a cell's output.
///
/// The kernel reads line by line and stops at the closing line, so no line of the content may be one; none of ours is:
/// JSON is a single line, and in the others such a line gets a space before it.
pub(super) fn write_content(output: &mut impl Write, mime_type: &str, content: &str) -> io::Result<()> {
    writeln!(output, "EVCXR_BEGIN_CONTENT {mime_type}")?;
    for line in content.lines() {
        let escape = if line == END { " " } else { "" };
        writeln!(output, "{escape}{line}")?;
    }
    writeln!(output, "{END}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_cannot_close_itself() {
        let mut written = Vec::new();
        write_content(&mut written, "text/plain", "one\nEVCXR_END_CONTENT\ntwo").expect("writing to memory");
        let text = String::from_utf8(written).expect("UTF-8");
        assert_eq!(text, "EVCXR_BEGIN_CONTENT text/plain\none\n EVCXR_END_CONTENT\ntwo\nEVCXR_END_CONTENT\n");
    }
}
