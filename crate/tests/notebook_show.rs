//! What a notebook cell gets to see, in the kernel's protocol.
#![cfg(feature = "notebook")]

use std::collections::BTreeMap;

use isoforest::IsolationForest;
use isoforest::notebook::{json, write_plot, write_table};
use isoforest::plot::{Grid, Labels, decision_boundary, scatter};
use isoforest::plotly::{Pie, Plot};
use isoforest::polars::prelude::*;
use serde_json::Value;

/// Reads contents as the kernel does: line by line, the content of each MIME type up to a closing line.
fn contents(written: Vec<u8>) -> BTreeMap<String, String> {
    let text = String::from_utf8(written).unwrap();
    assert!(text.ends_with('\n'));
    let mut lines = text.lines();
    let mut contents = BTreeMap::new();
    while let Some(line) = lines.next() {
        let mime_type = line.strip_prefix("EVCXR_BEGIN_CONTENT ").unwrap_or_else(|| panic!("stray line {line:?}"));
        let content: Vec<&str> = lines.by_ref().take_while(|line| *line != "EVCXR_END_CONTENT").collect();
        assert_eq!(contents.insert(mime_type.to_owned(), content.join("\n")), None, "{mime_type} twice");
    }
    contents
}

fn shown_plot(plot: &Plot) -> BTreeMap<String, String> {
    let mut written = Vec::new();
    write_plot(&mut written, plot).unwrap();
    contents(written)
}

fn shown_table(frame: &DataFrame, n: usize) -> BTreeMap<String, String> {
    let mut written = Vec::new();
    write_table(&mut written, frame, n).unwrap();
    contents(written)
}

#[test]
fn a_figure_is_one_bundle_of_plotly_json_a_picture_and_a_line() {
    let labels = Labels::new("EVCXR_END_CONTENT & <more>").x("mean").y("sd");
    let plot = scatter([1.0, 2.0], [3.0, 4.0], &labels).unwrap();
    let shown = shown_plot(&plot);
    let mime_types: Vec<&str> = shown.keys().map(String::as_str).collect();
    assert_eq!(mime_types, ["application/vnd.plotly.v1+json", "image/svg+xml", "text/plain"]);
    let figure: Value = serde_json::from_str(&shown["application/vnd.plotly.v1+json"]).unwrap();
    assert_eq!(figure["data"][0]["x"], serde_json::json!([1.0, 2.0]));
    assert!(shown["image/svg+xml"].starts_with("<svg ") && shown["image/svg+xml"].ends_with("</svg>"));
    assert_eq!(shown["text/plain"], "[figure: EVCXR_END_CONTENT & <more>]");
}

#[test]
fn notes_under_the_title_are_not_part_of_the_line() {
    let plot = scatter([1.0, f64::NAN], [1.0, 1.0], &Labels::new("word ".repeat(30))).unwrap();
    assert_eq!(shown_plot(&plot)["text/plain"], format!("[figure: {}]", "word ".repeat(30).trim()));
}

#[test]
fn a_figure_that_has_no_picture_is_still_shown() {
    let mut plot = Plot::new();
    plot.add_trace(Pie::new(vec![1, 2]));
    let shown = shown_plot(&plot);
    assert!(shown.contains_key("application/vnd.plotly.v1+json") && !shown.contains_key("image/svg+xml"));
    assert_eq!(shown["text/plain"], "[figure: untitled]");
}

#[test]
fn a_table_is_html_and_text_with_the_first_rows_and_the_full_size() {
    let frame = df!("mean" => [0.5, 1.25, -3.0], "n" => [1, 20, 300]).unwrap();
    let shown = shown_table(&frame, 2);
    let html = &shown["text/html"];
    assert!(html.contains("<th>mean</th><th>n</th>"), "{html}");
    assert_eq!(html.matches("<tr>").count(), 3);
    assert!(html.contains(r#"<td style="text-align:right">1.25</td><td style="text-align:right">20</td>"#), "{html}");
    assert!(html.contains("<p>2 of 3 rows, 2 columns</p>"), "{html}");
    assert_eq!(shown["text/plain"], "mean   n\n0.50   1\n1.25  20\n2 of 3 rows, 2 columns");
    assert!(shown_table(&frame, 10)["text/plain"].ends_with("3 rows, 2 columns"));
}

#[test]
fn markup_and_line_breaks_in_a_table_are_shown_not_obeyed() {
    let frame = df!("<script>" => ["<b>\"x\" & 'y'</b>", "one\nEVCXR_END_CONTENT\ntwo"]).unwrap();
    let shown = shown_table(&frame, 5);
    let html = &shown["text/html"];
    assert!(html.contains("<th>&lt;script&gt;</th>"), "{html}");
    assert!(html.contains("&lt;b&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/b&gt;"), "{html}");
    assert!(html.contains("one EVCXR_END_CONTENT two"), "{html}");
}

#[test]
fn missing_values_are_empty_and_numbers_out_of_proportion_are_short() {
    let frame = df!("a" => [Some(1.5e-9), None, Some(2.0e12), Some(f64::NAN), Some(7.0)]).unwrap();
    let text = shown_table(&frame, 5).remove("text/plain").unwrap();
    let cells: Vec<&str> = text.lines().skip(1).take(5).map(str::trim).collect();
    assert_eq!(cells, ["1.500000e-9", "", "2.000000e12", "NaN", "7"]);
}

#[test]
fn a_column_named_like_the_closing_line_does_not_end_the_text() {
    let frame = df!("EVCXR_END_CONTENT" => [1]).unwrap();
    let shown = shown_table(&frame, 1);
    assert_eq!(shown.len(), 2);
    assert!(shown["text/plain"].ends_with("1 row, 1 column"));
}

#[test]
fn parameters_are_shown_as_indented_json() {
    let text = json(&IsolationForest::builder().n_estimators(7));
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["n_estimators"], 7);
    assert!(text.lines().count() > 5);
}

#[test]
fn many_markers_are_packed_and_their_picture_is_small() {
    let many = |step: f64| (0..20_000_u32).map(move |i| f64::from(i) * step % 1.0);
    let plot = scatter(many(0.618_034), many(0.754_878), &Labels::new("t")).unwrap();
    let shown = shown_plot(&plot);
    let figure: Value = serde_json::from_str(&shown["application/vnd.plotly.v1+json"]).unwrap();
    let markers = &figure["data"][0];
    for (list, kind) in [(&markers["x"], "f4"), (&markers["customdata"], "u1"), (&markers["marker"]["size"], "u1")] {
        assert_eq!(list["dtype"], kind);
    }
    assert!(shown["application/vnd.plotly.v1+json"].len() < 100_000);
    assert!(shown["image/svg+xml"].len() < 60_000, "{}", shown["image/svg+xml"].len());
}

#[test]
fn a_boundary_is_shown_with_packed_grids() {
    let points = ndarray::array![[0.0, 0.0], [1.0, 1.0]];
    let decision = |x: ndarray::ArrayView2<'_, f64>| Ok::<_, std::io::Error>(x.column(0).mapv(|x| 30.0 - x));
    let plot = decision_boundary(points.view(), Grid::default(), &Labels::new("t"), decision).unwrap();
    let figure: Value = serde_json::from_str(&shown_plot(&plot)["application/vnd.plotly.v1+json"]).unwrap();
    let grids: Vec<&Value> = figure["data"].as_array().unwrap().iter().filter_map(|trace| trace.get("z")).collect();
    assert!(!grids.is_empty());
    for grid in grids {
        assert_eq!((&grid["dtype"], &grid["shape"]), (&"f4".into(), &"100,100".into()));
        assert_eq!(grid["bdata"].as_str().unwrap().len(), (4 * 100 * 100_usize).div_ceil(3) * 4);
    }
}
