//! Axes: from values to pixels, ticks, grid lines.

use serde_json::Value;

use super::markup::{Svg, number, numbers, plain, px, string};
use crate::plot::numbers::{range, round};
use crate::plot::style::{GRID_LINE, INK};

/// Room of all panels in the picture: left, top, right and bottom edge.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

/// No more ticks than this on an axis, and no closer than this many pixels.
const TICKS: f64 = 8.0;
const TICK_ROOM: f64 = 48.0;

/// One axis on the picture.
#[derive(Debug, Clone)]
struct Scale {
    /// First and last value, as exponents of ten if `is_log`.
    from: f64,
    to: f64,
    /// Pixels of the two.
    start: f64,
    end: f64,
    is_log: bool,
    has_labels: bool,
    has_grid: bool,
    /// Ticks that the figure gives, with their labels.
    named_ticks: Vec<(f64, String)>,
    title: Vec<String>,
}

impl Scale {
    fn new(axis: &Value, data: (f64, f64), (start, end): (f64, f64)) -> Self {
        let is_log = string(axis, "/type") == "log";
        let shown = numbers(axis, "/range");
        let (from, to) = match *shown.as_slice() {
            [from, to] => (from, to),
            _ if data.0 < data.1 => data,
            _ => (data.0 - 0.5, data.1 + 0.5),
        };
        Self {
            from,
            to,
            start,
            end,
            is_log,
            has_labels: axis.get("showticklabels") != Some(&Value::Bool(false)),
            has_grid: axis.get("showgrid") != Some(&Value::Bool(false)),
            named_ticks: named_ticks(axis),
            title: plain(string(axis, "/title/text")),
        }
    }

    fn pixel(&self, value: f64) -> f64 {
        let place = if self.is_log { value.max(f64::MIN_POSITIVE).log10() } else { value };
        self.start + (place - self.from) / (self.to - self.from) * (self.end - self.start)
    }

    /// Pixels of the grid lines.
    fn grid(&self) -> Vec<f64> {
        if self.has_grid { self.ticks().into_iter().map(|tick| self.pixel(tick)).collect() } else { Vec::new() }
    }

    /// Values with a tick.
    fn ticks(&self) -> Vec<f64> {
        if !self.has_labels {
            return Vec::new();
        }
        if !self.named_ticks.is_empty() {
            return self.named_ticks.iter().map(|(tick, _)| *tick).collect();
        }
        if self.is_log {
            let (first, last) = (self.from.ceil() as i32, self.to.floor() as i32);
            return (first..=last).map(|exponent| 10_f64.powi(exponent)).collect();
        }
        let fitting = ((self.end - self.start).abs() / TICK_ROOM).clamp(2.0, TICKS);
        let rough = (self.to - self.from) / fitting;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| *step >= rough);
        let step = step.unwrap_or(10.0 * power);
        let places = Some(-(step.log10().floor() as i32));
        let (first, last) = ((self.from / step).ceil(), (self.to / step).floor());
        // A range so far from zero that its ticks are beyond the digits of f64 gets none.
        let n_gaps = last - first;
        if n_gaps.is_nan() || n_gaps > 3.0 * TICKS {
            return Vec::new();
        }
        (0..=n_gaps as i32).map(|i| round((first + f64::from(i)) * step, places)).collect()
    }
}

/// A pair of axes and what lies between them.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    x: Scale,
    y: Scale,
}

/// Whether a trace is drawn on the axes with this suffix (`""`, `"2"`, …).
pub(super) fn is_on(trace: &Value, suffix: &str) -> bool {
    let axis = trace.get("xaxis").and_then(Value::as_str).unwrap_or("x");
    axis.strip_prefix('x') == Some(suffix)
}

impl Panel {
    /// The panel of the axes with this suffix, if the figure has them.
    pub fn new(layout: &Value, traces: &[Value], suffix: &str, room: Room) -> Option<Self> {
        let axis = |letter: char| match layout.get(format!("{letter}axis{suffix}")) {
            // The first pair of axes is there without being named.
            None if suffix.is_empty() => Some(&Value::Null),
            found => found,
        };
        let (x_axis, y_axis) = (axis('x')?, axis('y')?);
        let mine: Vec<&Value> = traces.iter().filter(|trace| is_on(trace, suffix)).collect();
        let (width, height) = (room.right - room.left, room.bottom - room.top);
        let (left, right) = match *numbers(x_axis, "/domain").as_slice() {
            [left, right] => (room.left + left * width, room.left + right * width),
            _ => (room.left, room.right),
        };
        let (low, high) = match *numbers(y_axis, "/domain").as_slice() {
            [low, high] => (room.bottom - low * height, room.bottom - high * height),
            _ => (room.bottom, room.top),
        };
        Some(Self {
            x: Scale::new(x_axis, x_extent(&mine), (left, right)),
            y: Scale::new(y_axis, y_extent(&mine), (low, high)),
        })
    }

    /// Where a point is on the picture.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x.pixel(x), self.y.pixel(y))
    }

    /// The lower end of the vertical axis, where bars stand.
    pub fn floor(&self) -> f64 {
        self.y.start
    }

    /// Draws what `content` draws, cut off at the panel's edges. A picture in the picture does that without a name, which
    /// pictures on one page would have to share.
    pub fn clip<T>(&self, svg: &mut Svg, content: impl FnOnce(&mut Svg) -> T) -> T {
        let (x, y) = (px(self.x.start), px(self.y.end));
        let (width, height) = (px(self.x.end - self.x.start), px(self.y.start - self.y.end));
        svg.push(format_args!(
            "<svg x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" viewBox=\"{x} {y} {width} {height}\">"
        ));
        let result = content(svg);
        svg.push("</svg>");
        result
    }

    /// Grid lines.
    pub fn draw_grid(&self, svg: &mut Svg) {
        svg.group(&format!("stroke=\"{GRID_LINE}\""), |svg| {
            for x in self.x.grid() {
                svg.line((x, self.y.start), (x, self.y.end), "");
            }
            for y in self.y.grid() {
                svg.line((self.x.start, y), (self.x.end, y), "");
            }
        });
    }

    /// Lines, tick labels and titles.
    pub fn draw_axes(&self, svg: &mut Svg) {
        let stroke = format!("stroke=\"{INK}\"");
        svg.line((self.x.start, self.y.start), (self.x.end, self.y.start), &stroke);
        if self.y.has_labels {
            svg.line((self.x.start, self.y.start), (self.x.start, self.y.end), &stroke);
        }
        svg.group("font-size=\"12\"", |svg| {
            for tick in self.x.ticks() {
                svg.text((self.x.pixel(tick), self.y.start + 18.0), "text-anchor=\"middle\"", &label(tick));
            }
            for tick in self.y.ticks() {
                let named = self.y.named_ticks.iter().find(|(named, _)| *named == tick);
                let label = named.map_or_else(|| label(tick), |(_, name)| name.clone());
                svg.text((self.x.start - 6.0, self.y.pixel(tick) + 4.0), "text-anchor=\"end\"", &label);
            }
        });
        let middle = f64::midpoint(self.x.start, self.x.end);
        for (i, line) in self.x.title.iter().enumerate() {
            svg.text((middle, self.y.start + 38.0 + 16.0 * i as f64), "text-anchor=\"middle\"", line);
        }
        let (x, y) = (self.x.start - 50.0, f64::midpoint(self.y.start, self.y.end));
        let turned = format!("text-anchor=\"middle\" transform=\"rotate(-90 {x} {y})\"");
        svg.text((x, y), &turned, &self.y.title.join(" "));
    }
}

/// Ticks that an axis gives with their labels, as XML.
pub(super) fn named_ticks(axis: &Value) -> Vec<(f64, String)> {
    let texts = axis.get("ticktext").and_then(Value::as_array).into_iter().flatten();
    let label = |text: &Value| plain(text.as_str().unwrap_or_default()).join(" ");
    numbers(axis, "/tickvals").into_iter().zip(texts.map(label)).collect()
}

/// `10k` for 10,000, as in the interactive figure.
fn label(tick: f64) -> String {
    match tick.abs() {
        size if size >= 1e6 => format!("{}M", tick / 1e6),
        size if size >= 1e3 => format!("{}k", tick / 1e3),
        _ => tick.to_string(),
    }
}

/// Horizontal range of the data with a little air; bars fill theirs.
fn x_extent(traces: &[&Value]) -> (f64, f64) {
    let mut ends = Vec::new();
    let mut air = 0.0_f64;
    for trace in traces {
        let xs = numbers(trace, "/x");
        if string(trace, "/orientation") == "h" && string(trace, "/type") == "bar" {
            air = 0.05;
            ends.extend(xs.into_iter().chain([0.0]));
        } else if string(trace, "/type") == "bar" {
            let half = number(trace, "/width").unwrap_or(1.0) / 2.0;
            ends.extend(xs.iter().flat_map(|x| [x - half, x + half]));
        } else {
            air = 0.05;
            ends.extend(xs);
            ends.extend(["/lowerfence", "/q1", "/q3", "/upperfence"].into_iter().flat_map(|end| numbers(trace, end)));
        }
    }
    with_air(range(ends), air)
}

/// Vertical range of the data with a little air; bars begin at 0.
fn y_extent(traces: &[&Value]) -> (f64, f64) {
    let ys = traces.iter().flat_map(|trace| numbers(trace, "/y"));
    if traces.iter().any(|trace| string(trace, "/type") == "bar") {
        let (_, high) = range(ys);
        (0.0, high * 1.05)
    } else {
        with_air(range(ys), 0.05)
    }
}

fn with_air((low, high): (f64, f64), share: f64) -> (f64, f64) {
    let air = share * (high - low);
    (low - air, high + air)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ticks(axis: &Value) -> Vec<f64> {
        Scale::new(axis, (0.0, 1.0), (0.0, 700.0)).ticks()
    }

    #[test]
    fn ticks_are_round_numbers_inside_the_range() {
        assert_eq!(ticks(&json!({"range": [-2.0, 70.0]})), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0]);
        assert_eq!(ticks(&json!({"range": [-0.19, -0.101]})), [-0.18, -0.16, -0.14, -0.12]);
        assert_eq!(ticks(&json!({"range": [-0.3, 2.5], "type": "log"})), [1.0, 10.0, 100.0]);
        assert_eq!(ticks(&json!({"range": [0.0, 1.0], "showticklabels": false})), [0.0; 0]);
    }

    #[test]
    fn counts_are_labelled_as_in_the_interactive_figure() {
        assert_eq!([0.5, 100.0, 10_000.0, 2_000_000.0].map(label), ["0.5", "100", "10k", "2M"]);
    }
}
