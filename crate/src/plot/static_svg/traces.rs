//! Markers, bars, boxes and contours.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::axis::Panel;
use super::markup::{Svg, attribute, number, numbers, px, string};

/// Draws a trace; `None` if it is of a kind that is not known here.
pub(super) fn draw(svg: &mut Svg, panel: &Panel, trace: &Value) -> Option<()> {
    match string(trace, "/type") {
        "scatter" if string(trace, "/mode") == "markers" => markers(svg, panel, trace),
        "scatter" if string(trace, "/mode") == "lines" => line(svg, panel, trace),
        "bar" if string(trace, "/orientation") == "h" => lying_bars(svg, panel, trace),
        "bar" => bars(svg, panel, trace),
        "box" => box_of(svg, panel, trace)?,
        "contour" => contour(svg, panel, trace)?,
        _ => return None,
    }
    Some(())
}

/// Markers of one size are one path: a notebook keeps the picture beside the figure, and thousands of elements are large.
fn markers(svg: &mut Svg, panel: &Panel, trace: &Value) {
    let color = attribute(string(trace, "/marker/color"));
    let opacity = number(trace, "/marker/opacity").unwrap_or(1.0);
    let is_diamond = is_diamond(trace);
    let (xs, ys, sizes) = (numbers(trace, "/x"), numbers(trace, "/y"), numbers(trace, "/marker/size"));
    // Without zooming, markers of one size on one pixel are one.
    let mut taken = HashSet::new();
    let mut drawn: Vec<(i64, i64, i64)> = Vec::new();
    for (i, (&x, &y)) in xs.iter().zip(&ys).enumerate() {
        let (x, y) = panel.at(x, y);
        let marker = (sizes.get(i).map_or(5, |size| *size as i64), x.round() as i64, y.round() as i64);
        if taken.insert(marker) {
            drawn.push(marker);
        }
    }
    // A circle is a line without length and with round ends.
    let paint = if is_diamond {
        format!("fill=\"{color}\" fill-opacity=\"{opacity}\"")
    } else {
        format!("fill=\"none\" stroke=\"{color}\" stroke-opacity=\"{opacity}\" stroke-linecap=\"round\"")
    };
    svg.group(&paint, |svg| {
        for same in drawn.chunk_by(|one, other| one.0 == other.0) {
            let size = same.first().map_or(5, |marker| marker.0);
            let r = px(size as f64 * DIAMOND / 2.0);
            let end = if is_diamond { format!("m0-{r}l{r} {r}l-{r} {r}l-{r}-{r}z") } else { "h0".to_owned() };
            let path: Vec<String> = same.iter().map(|(_, x, y)| format!("M{x} {y}{end}")).collect();
            let path = path.concat();
            svg.push(format_args!("<path d=\"{path}\" stroke-width=\"{}\"/>", if is_diamond { 0 } else { size }));
        }
    });
}

/// A line from point to point.
fn line(svg: &mut Svg, panel: &Panel, trace: &Value) {
    let (xs, ys) = (numbers(trace, "/x"), numbers(trace, "/y"));
    let places: Vec<String> = xs
        .iter()
        .zip(&ys)
        .map(|(&x, &y)| {
            let (x, y) = panel.at(x, y);
            format!("{} {}", px(x), px(y))
        })
        .collect();
    let color = attribute(string(trace, "/line/color"));
    let path = places.join("L");
    let dashes = if string(trace, "/line/dash") == "dash" { " stroke-dasharray=\"9 6\"" } else { "" };
    svg.push(format_args!("<path d=\"M{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"{dashes}/>"));
}

/// plotly.js draws a diamond wider than a circle of the same size.
const DIAMOND: f64 = 1.3;

/// Whether a trace's markers are diamonds; anything else is drawn as a circle.
pub(super) fn is_diamond(trace: &Value) -> bool {
    string(trace, "/marker/symbol") == "diamond"
}

/// A marker of the given diameter.
pub(super) fn symbol(svg: &mut Svg, is_diamond: bool, (x, y): (f64, f64), size: f64) {
    let (x, y, radius) = (px(x), px(y), px(size / 2.0));
    if is_diamond {
        let r = px(radius * DIAMOND);
        svg.push(format_args!("<path d=\"M{x} {y}m0-{r}l{r} {r}l-{r} {r}l-{r}-{r}z\"/>"));
    } else {
        svg.push(format_args!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>"));
    }
}

/// The layout's lines across a panel.
pub(super) fn draw_lines(svg: &mut Svg, panel: &Panel, layout: &Value, suffix: &str) {
    let shapes = layout.get("shapes").and_then(Value::as_array).into_iter().flatten();
    for shape in shapes.filter(|shape| string(shape, "/xref").strip_prefix('x') == Some(suffix)) {
        let at = |x, y| Some(panel.at(number(shape, x)?, number(shape, y)?));
        if let (Some(from), Some(to)) = (at("/x0", "/y0"), at("/x1", "/y1")) {
            let color = attribute(string(shape, "/line/color"));
            svg.line(from, to, &format!("stroke=\"{color}\" stroke-dasharray=\"2 3\""));
        }
    }
}

fn bars(svg: &mut Svg, panel: &Panel, trace: &Value) {
    let half = number(trace, "/width").unwrap_or(1.0) / 2.0;
    let fill = attribute(string(trace, "/marker/color"));
    svg.group(&format!("fill=\"{fill}\" stroke=\"{}\"", crate::plot::style::PAPER), |svg| {
        for (&x, &y) in numbers(trace, "/x").iter().zip(&numbers(trace, "/y")).filter(|(_, y)| **y > 0.0) {
            let (left, top) = panel.at(x - half, y);
            let (right, _) = panel.at(x + half, y);
            svg.rect((left, panel.floor()), (right, top), "");
        }
    });
}

/// Bars from 0 to the left and right.
fn lying_bars(svg: &mut Svg, panel: &Panel, trace: &Value) {
    let half = number(trace, "/width").unwrap_or(1.0) / 2.0;
    let fill = attribute(string(trace, "/marker/color"));
    svg.group(&format!("fill=\"{fill}\""), |svg| {
        for (&x, &y) in numbers(trace, "/x").iter().zip(&numbers(trace, "/y")) {
            svg.rect(panel.at(0.0, y - half), panel.at(x, y + half), "");
        }
    });
}

fn box_of(svg: &mut Svg, panel: &Panel, trace: &Value) -> Option<()> {
    let half = number(trace, "/width")? / 2.0;
    let at = |name: &str| number(trace, &format!("/{name}/0"));
    let middle = at("y")?;
    let (fill, stroke) = (attribute(string(trace, "/fillcolor")), attribute(string(trace, "/line/color")));
    let (low, q1, median, q3, high) = (at("lowerfence")?, at("q1")?, at("median")?, at("q3")?, at("upperfence")?);
    svg.group(&format!("stroke=\"{stroke}\" stroke-width=\"1.5\" fill=\"{fill}\""), |svg| {
        svg.line(panel.at(low, middle), panel.at(high, middle), "");
        for end in [low, high] {
            svg.line(panel.at(end, middle - half / 2.0), panel.at(end, middle + half / 2.0), "");
        }
        svg.rect(panel.at(q1, middle - half), panel.at(q3, middle + half), "");
        svg.line(panel.at(median, middle - half), panel.at(median, middle + half), "");
    });
    Some(())
}

/// Decision values on a grid, each point as a cell around it.
struct Cells {
    z: Vec<Vec<f64>>,
    x: (f64, f64),
    y: (f64, f64),
}

impl Cells {
    fn new(trace: &Value) -> Option<Self> {
        let z = trace.get("z")?.as_array()?.iter().map(|row| numbers(row, "")).collect();
        Some(Self {
            z,
            x: (number(trace, "/x0")?, number(trace, "/dx")?),
            y: (number(trace, "/y0")?, number(trace, "/dy")?),
        })
    }

    /// The corner before column `j` and row `i`.
    fn corner(&self, i: usize, j: usize) -> (f64, f64) {
        (self.x.0 + self.x.1 * (j as f64 - 0.5), self.y.0 + self.y.1 * (i as f64 - 0.5))
    }
}

fn contour(svg: &mut Svg, panel: &Panel, trace: &Value) -> Option<()> {
    let cells = Cells::new(trace)?;
    if string(trace, "/contours/type") == "constraint" {
        let fill = attribute(string(trace, "/fillcolor"));
        let level = number(trace, "/contours/value")?;
        runs(svg, panel, &cells, |z| (z > level).then(|| fill.clone()));
        border(svg, panel, &cells, level, &attribute(string(trace, "/line/color")));
    } else {
        let (start, size) = (number(trace, "/contours/start")?, number(trace, "/contours/size")?);
        let colors: Vec<String> =
            trace.get("colorscale")?.as_array()?.iter().map(|stop| attribute(string(stop, "/1"))).collect();
        let opacity = number(trace, "/opacity").unwrap_or(1.0);
        svg.group(&format!("opacity=\"{opacity}\""), |svg| {
            // The first colour lies below the first level.
            let band = |z: f64| ((z - start) / size + 1.0).floor().max(0.0) as usize;
            runs(svg, panel, &cells, |z| colors.get(band(z).min(colors.len() - 1)).cloned());
        });
    }
    Some(())
}

/// Cells of one colour as one path: a rectangle for each run of neighbours in a row.
fn runs(svg: &mut Svg, panel: &Panel, cells: &Cells, color: impl Fn(f64) -> Option<String>) {
    let mut paths: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (i, row) in cells.z.iter().enumerate() {
        let colors: Vec<Option<String>> = row.iter().map(|&z| color(z)).collect();
        let mut begin = 0;
        for run in colors.chunk_by(|left, right| left == right) {
            let end = begin + run.len();
            if let Some(Some(fill)) = run.first() {
                let (x1, y1) = cells.corner(i, begin);
                let (x2, y2) = cells.corner(i + 1, end);
                let ((left, bottom), (right, top)) = (panel.at(x1, y1), panel.at(x2, y2));
                let (left, top, right, bottom) = (px(left), px(top), px(right), px(bottom));
                let rectangles = paths.entry(fill.clone()).or_default();
                rectangles.push(format!("M{left} {top}H{right}V{bottom}H{left}z"));
            }
            begin = end;
        }
    }
    svg.group("shape-rendering=\"crispEdges\"", |svg| {
        for (fill, rectangles) in paths {
            svg.push(format_args!("<path fill=\"{fill}\" d=\"{}\"/>", rectangles.concat()));
        }
    });
}

/// Lines between cells above and not above `level`.
fn border(svg: &mut Svg, panel: &Panel, cells: &Cells, level: f64, color: &str) {
    let above = |i: usize, j: usize| cells.z.get(i).and_then(|row| row.get(j)).map(|&z| z > level);
    let differ = |one: Option<bool>, other: Option<bool>| one.zip(other).is_some_and(|(one, other)| one != other);
    let mut path = Vec::new();
    let mut edge = |from: (f64, f64), to: (f64, f64)| {
        let ((x1, y1), (x2, y2)) = (panel.at(from.0, from.1), panel.at(to.0, to.1));
        path.push(format!("M{} {}L{} {}", px(x1), px(y1), px(x2), px(y2)));
    };
    for (i, row) in cells.z.iter().enumerate() {
        for j in 0..row.len() {
            if differ(above(i, j), above(i, j + 1)) {
                edge(cells.corner(i, j + 1), cells.corner(i + 1, j + 1));
            }
            if differ(above(i, j), above(i + 1, j)) {
                edge(cells.corner(i + 1, j), cells.corner(i + 1, j + 1));
            }
        }
    }
    let path = path.concat();
    svg.push(format_args!(
        "<path d=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" stroke-linecap=\"square\"/>"
    ));
}
