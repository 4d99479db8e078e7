//! What stands around the axes: title, legend, and key of colours.

use serde_json::Value;

use super::axis::{Room, named_ticks};
use super::markup::{Svg, attribute, number, numbers, plain, string};
use super::traces;
use crate::plot::style::MUTED_INK;

/// Draws title, legend and key; gives the room that is left for the axes.
pub(super) fn draw(svg: &mut Svg, layout: &Value, traces: &[Value], (width, height): (f64, f64)) -> Room {
    let key = traces.iter().find(|trace| trace.pointer("/marker/showscale") == Some(&Value::Bool(true)));
    let in_legend: Vec<&Value> =
        traces.iter().filter(|trace| trace.get("showlegend") == Some(&Value::Bool(true))).collect();
    let longest_name = named_ticks(&layout["yaxis"]).iter().map(|(_, name)| name.chars().count()).max();
    let room = Room {
        // About seven pixels a letter.
        left: longest_name.map_or(70.0, |letters| 24.0 + 7.0 * letters as f64),
        top: number(layout, "/margin/t").unwrap_or(60.0),
        right: width - if key.is_some() { 110.0 } else { 30.0 },
        bottom: height - if in_legend.is_empty() { 72.0 } else { 90.0 },
    };
    title(svg, string(layout, "/title/text"), room);
    legend(svg, &in_legend, (room.left, height - 20.0));
    if let Some(key) = key {
        color_key(svg, key, room);
    }
    room
}

/// The title's lines, and under them, smaller, what `<span>` holds.
fn title(svg: &mut Svg, text: &str, room: Room) {
    let (title, notes) = text.split_once("<span").map_or((text, ""), |(title, span)| (title, span));
    // The rest of the opening tag belongs to no line.
    let notes = notes.split_once('>').map_or("", |(_, notes)| notes);
    let mut y = 28.0;
    for line in plain(title) {
        svg.text((room.left, y), "font-size=\"17\"", &line);
        y += 22.0;
    }
    for line in plain(notes) {
        svg.text((room.left, y - 3.0), &format!("font-size=\"12\" fill=\"{MUTED_INK}\""), &line);
        y += 18.0;
    }
}

/// Words above panels.
pub(super) fn annotations(svg: &mut Svg, layout: &Value, room: Room) {
    for words in layout.get("annotations").and_then(Value::as_array).into_iter().flatten() {
        let Some(top) = number(words, "/y") else { continue };
        let bottom = room.bottom - top * (room.bottom - room.top) - 6.0;
        let left = room.left + number(words, "/x").unwrap_or(0.0) * (room.right - room.left);
        let lines = plain(string(words, "/text"));
        for (i, line) in lines.iter().enumerate() {
            let y = bottom - 16.0 * (lines.len() - 1 - i) as f64;
            svg.text((left, y), &format!("font-size=\"12\" fill=\"{MUTED_INK}\""), line);
        }
    }
}

/// Names of traces in a row, each behind a patch of its colour.
fn legend(svg: &mut Svg, entries: &[&Value], (left, y): (f64, f64)) {
    let mut x = left;
    for trace in entries {
        let name = plain(string(trace, "/name")).join(" ");
        let fill = attribute(string(trace, "/fillcolor"));
        if fill.is_empty() {
            // A line has a patch of its own colour.
            let own = if string(trace, "/mode") == "lines" { "/line/color" } else { "/marker/color" };
            let color = attribute(string(trace, own));
            let is_diamond = traces::is_diamond(trace);
            svg.group(&format!("fill=\"{color}\""), |svg| traces::symbol(svg, is_diamond, (x + 8.0, y - 4.0), 8.0));
        } else {
            let line = attribute(string(trace, "/line/color"));
            svg.rect((x, y - 9.0), (x + 18.0, y + 1.0), &format!(" fill=\"{fill}\" stroke=\"{line}\""));
        }
        svg.text((x + 24.0, y), "", &name);
        x += 52.0 + 7.0 * name.chars().count() as f64;
    }
}

/// A column of colours with the values at their borders.
fn color_key(svg: &mut Svg, trace: &Value, room: Room) {
    let (Some(from), Some(to)) = (number(trace, "/marker/cmin"), number(trace, "/marker/cmax")) else { return };
    let (left, top, bottom) = (room.right + 24.0, room.top + 40.0, room.bottom);
    let height = |share: f64| bottom - share * (bottom - top);
    let stops = trace.pointer("/marker/colorscale").and_then(Value::as_array);
    for pair in stops.into_iter().flatten().collect::<Vec<_>>().chunks(2) {
        if let [begin, end] = pair
            && let (Some(low), Some(high)) = (number(begin, "/0"), number(end, "/0"))
        {
            let fill = format!(" fill=\"{}\"", attribute(string(begin, "/1")));
            svg.rect((left, height(low)), (left + 14.0, height(high)), &fill);
        }
    }
    let labels = trace.pointer("/marker/colorbar/ticktext").and_then(Value::as_array);
    let ticks = numbers(trace, "/marker/colorbar/tickvals");
    svg.group("font-size=\"12\"", |svg| {
        for (tick, label) in ticks.iter().zip(labels.into_iter().flatten()) {
            let label = plain(label.as_str().unwrap_or_default()).join(" ");
            svg.text((left + 18.0, height((tick - from) / (to - from)) + 4.0), "", &label);
        }
        for (i, line) in plain(string(trace, "/marker/colorbar/title/text")).iter().enumerate() {
            svg.text((left, room.top + 10.0 + 15.0 * i as f64), "", line);
        }
    });
}
