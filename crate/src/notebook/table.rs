use std::fmt::Write as _;
use std::io::{self, Write};

use polars::prelude::{AnyValue, DataFrame};

use super::bundle::write_content;

/// Digits after the point of a number in a table, as pandas shows them.
const DECIMALS: usize = 6;

/// Shows the first `n` rows of a data frame in the cell's output: as an HTML table, and as text where there is no HTML.
///
/// ```
/// use isoforest::notebook::show_table;
/// use isoforest::polars::prelude::*;
///
/// let frame = df!("mean" => [0.5, 1.5], "sd" => [0.1, 0.2])?;
/// show_table(&frame, 5);
/// # Ok::<(), PolarsError>(())
/// ```
pub fn show_table(frame: &DataFrame, n: usize) {
    // If the kernel cannot be reached, there is nobody to tell.
    let _ = write_table(&mut io::stdout().lock(), frame, n);
}

/// Writes what [`show_table`] prints.
///
/// # Errors
///
/// Those of `output`.
///
/// # Example
///
/// ```
/// use isoforest::notebook::write_table;
/// use isoforest::polars::prelude::*;
///
/// let mut written = Vec::new();
/// write_table(&mut written, &df!("a<b" => [1, 2])?, 1)?;
/// let text = String::from_utf8(written)?;
/// assert!(text.contains("<th>a&lt;b</th>") && text.contains("1 of 2 rows"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_table(output: &mut impl Write, frame: &DataFrame, n: usize) -> io::Result<()> {
    let head = frame.head(Some(n));
    let size = format!("{}, {}", counted(frame.height(), "row"), counted(frame.width(), "column"));
    let shown = if head.height() == frame.height() { size } else { format!("{} of {size}", head.height()) };
    write_content(output, "text/html", &html(&head, &shown))?;
    write_content(output, "text/plain", &text(&head, &shown))?;
    output.flush()
}

/// `1 row`, `2 rows`.
fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn html(head: &DataFrame, shown: &str) -> String {
    let mut table = String::from("<table>\n<thead><tr>");
    for column in head.columns() {
        let _ = write!(table, "<th>{}</th>", escape(column.name()));
    }
    table.push_str("</tr></thead>\n<tbody>\n");
    for row in 0..head.height() {
        table.push_str("<tr>");
        for column in head.columns() {
            let value = cell(column.get(row).unwrap_or(AnyValue::Null));
            let align = if column.dtype().is_primitive_numeric() { "right" } else { "left" };
            let _ = write!(table, "<td style=\"text-align:{align}\">{}</td>", escape(&value));
        }
        table.push_str("</tr>\n");
    }
    let _ = write!(table, "</tbody>\n</table>\n<p>{shown}</p>");
    table
}

fn text(head: &DataFrame, shown: &str) -> String {
    let columns: Vec<Vec<String>> = head
        .columns()
        .iter()
        .map(|column| {
            let values = (0..head.height()).map(|row| cell(column.get(row).unwrap_or(AnyValue::Null)));
            std::iter::once(column.name().to_string()).chain(values).collect()
        })
        .collect();
    let widths: Vec<usize> =
        columns.iter().map(|lines| lines.iter().map(|line| line.chars().count()).max().unwrap_or(0)).collect();
    let mut table = String::new();
    for row in 0..=head.height() {
        let cells =
            columns.iter().zip(&widths).filter_map(|(lines, width)| Some(format!("{:>width$}", lines.get(row)?)));
        table.push_str(&cells.collect::<Vec<_>>().join("  "));
        table.push('\n');
    }
    table + shown
}

/// A value as text on one line: floats with [`DECIMALS`] decimals unless they are whole or out of proportion, null as nothing.
fn cell(value: AnyValue<'_>) -> String {
    let text = match value {
        AnyValue::Null => String::new(),
        AnyValue::Float64(number) => float(number),
        AnyValue::Float32(number) => float(f64::from(number)),
        AnyValue::String(text) => text.to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        other => other.to_string(),
    };
    text.replace(['\n', '\r'], " ")
}

fn float(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-4..1e9).contains(&size) && number.is_finite() {
        format!("{number:.DECIMALS$e}")
    } else if number.fract() == 0.0 {
        format!("{number}")
    } else {
        format!("{number:.DECIMALS$}")
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
