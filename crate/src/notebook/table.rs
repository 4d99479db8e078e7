use std::fmt::Write as _;
use std::io::{self, Write};

use polars::prelude::{AnyValue, Column, DataFrame};

use super::bundle::write_content;

/// Digits after the point of a number in a table at most, as pandas shows them.
const DECIMALS: usize = 6;

/// A whole number of this size is a count, and has no decimals in any column.
const LARGE: f64 = 1e3;

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
    let decimals: Vec<usize> = head.columns().iter().map(decimals_of).collect();
    for row in 0..head.height() {
        table.push_str("<tr>");
        for (column, &decimals) in head.columns().iter().zip(&decimals) {
            let value = cell(column.get(row).unwrap_or(AnyValue::Null), decimals);
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
            let decimals = decimals_of(column);
            let values = (0..head.height()).map(|row| cell(column.get(row).unwrap_or(AnyValue::Null), decimals));
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

/// Digits after the point that the shown numbers of a column need, no more than [`DECIMALS`].
fn decimals_of(column: &Column) -> usize {
    let needed = |row: usize| match column.get(row) {
        Ok(AnyValue::Float64(number)) => needed_decimals(number),
        Ok(AnyValue::Float32(number)) => needed_decimals(f64::from(number)),
        _ => 0,
    };
    (0..column.len()).map(needed).max().unwrap_or(0)
}

fn needed_decimals(number: f64) -> usize {
    if is_out_of_proportion(number) || !number.is_finite() {
        return 0;
    }
    let text = format!("{number:.DECIMALS$}");
    text.trim_end_matches('0').split_once('.').map_or(0, |(_, decimals)| decimals.len())
}

/// A value as text on one line: floats with `decimals` decimals unless they are counts or out of proportion, null as nothing.
fn cell(value: AnyValue<'_>, decimals: usize) -> String {
    let text = match value {
        AnyValue::Null => String::new(),
        AnyValue::Float64(number) => float(number, decimals),
        AnyValue::Float32(number) => float(f64::from(number), decimals),
        AnyValue::String(text) => text.to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        other => other.to_string(),
    };
    text.replace(['\n', '\r'], " ")
}

fn float(number: f64, decimals: usize) -> String {
    if is_out_of_proportion(number) {
        format!("{number:.DECIMALS$e}")
    } else if number.fract() == 0.0 && number.abs() >= LARGE {
        format!("{number}")
    } else {
        format!("{number:.decimals$}")
    }
}

/// Too small or too large to be written without an exponent.
fn is_out_of_proportion(number: f64) -> bool {
    let size = number.abs();
    size != 0.0 && !(1e-4..1e9).contains(&size) && number.is_finite()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
