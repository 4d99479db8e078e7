//! Pieces of SVG, and numbers and texts out of the figure's JSON.

use std::fmt::{Display, Write};

use serde_json::Value;

use crate::plot::numbers::round;

/// Font of all texts.
const FONT: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', Arial, sans-serif";

/// A picture being drawn.
#[derive(Debug, Default)]
pub(super) struct Svg {
    body: String,
}

impl Svg {
    /// A piece of markup.
    pub fn push(&mut self, piece: impl Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.body, "{piece}");
    }

    /// Draws what `content` draws, with common attributes.
    pub fn group<T>(&mut self, attributes: &str, content: impl FnOnce(&mut Self) -> T) -> T {
        self.push(format_args!("<g {attributes}>"));
        let result = content(self);
        self.push("</g>");
        result
    }

    /// A rectangle by two corners.
    pub fn rect(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), attributes: &str) {
        let (x, y) = (px(x1.min(x2)), px(y1.min(y2)));
        let (width, height) = (px((x2 - x1).abs()), px((y2 - y1).abs()));
        self.push(format_args!("<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"{attributes}/>"));
    }

    /// A straight line.
    pub fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), attributes: &str) {
        let (x1, y1, x2, y2) = (px(x1), px(y1), px(x2), px(y2));
        self.push(format_args!("<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" {attributes}/>"));
    }

    /// A text that is XML already (see [`plain`]).
    pub fn text(&mut self, (x, y): (f64, f64), attributes: &str, xml: &str) {
        self.push(format_args!("<text x=\"{}\" y=\"{}\" {attributes}>{xml}</text>", px(x), px(y)));
    }

    /// The whole picture on white paper.
    pub fn finish(self, width: f64, height: f64) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"{FONT}\" font-size=\"13\" fill=\"{ink}\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"{paper}\"/>\n{body}</svg>",
            ink = crate::plot::style::INK,
            paper = crate::plot::style::PAPER,
            body = self.body,
        )
    }
}

/// A length in pixels, to a tenth.
pub(super) fn px(length: f64) -> f64 {
    round(length, Some(1))
}

/// The number at a JSON pointer.
pub(super) fn number(value: &Value, pointer: &str) -> Option<f64> {
    value.pointer(pointer)?.as_f64()
}

/// The text at a JSON pointer; empty if there is none.
pub(super) fn string<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The numbers at a JSON pointer, without what is not a number; empty if there are none.
pub(super) fn numbers(value: &Value, pointer: &str) -> Vec<f64> {
    let list = value.pointer(pointer).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_f64).collect()
}

/// An attribute's value out of the figure, such as a colour, with nothing in it that could end the attribute.
pub(super) fn attribute(text: &str) -> String {
    text.chars().filter(|letter| !"<>&\"'".contains(*letter)).collect()
}

/// The lines of a plotly text as XML: tags are left out, and entities stay what they are.
pub(super) fn plain(text: &str) -> Vec<String> {
    let lines = text.split("<br>").map(|line| {
        let mut kept = String::new();
        let mut in_tag = false;
        for letter in line.chars() {
            match letter {
                '<' => in_tag = true,
                '>' if in_tag => in_tag = false,
                _ if in_tag => {}
                _ => kept.push(letter),
            }
        }
        // XML knows fewer entities than HTML: decode the three that a title can have, then encode again.
        let decoded = kept.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        decoded.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").trim().to_owned()
    });
    lines.filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_lose_their_tags_and_keep_their_letters() {
        assert_eq!(
            plain("a &lt;b&gt; &amp; c<br><span style=\"x\">note</span><br>&nbsp;"),
            ["a &lt;b&gt; &amp; c", "note"]
        );
        assert_eq!(plain("R&D"), ["R&amp;D"]);
        assert_eq!(attribute("red\"/><script>"), "red/script");
    }
}
