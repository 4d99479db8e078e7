//! A progress line on standard error, where that is a terminal.

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

const REDRAW: Duration = Duration::from_millis(100);

/// The progress of a command; clones share one line, which vanishes when the command ends.
#[derive(Debug, Clone)]
pub struct Progress {
    bar: ProgressBar,
    start: Instant,
}

impl Progress {
    /// A line for a step that has no measure.
    pub fn new(name: &'static str) -> Self {
        let progress = Self { bar: ProgressBar::no_length(), start: Instant::now() };
        progress.step(name);
        progress
    }

    /// Names the step that begins now and has no measure.
    pub fn step(&self, name: &'static str) {
        self.bar.set_style(style("{spinner} {msg}"));
        self.bar.set_message(name);
        self.bar.enable_steady_tick(REDRAW);
    }

    /// Measures the step that begins now by its rows, of which there may be a known number.
    pub fn rows(&self, name: &'static str, rows: Option<u64>) {
        self.bar.reset();
        self.bar.set_message(name);
        match rows {
            Some(rows) => {
                self.bar.set_length(rows);
                self.bar.set_style(style("{msg} {wide_bar} {percent} %, {human_pos} rows, {rate} rows/s, {eta} left"));
            }
            None => self.bar.set_style(style("{spinner} {msg} {human_pos} rows, {rate} rows/s")),
        }
        self.bar.enable_steady_tick(REDRAW);
    }

    /// Measures the step that begins now by its parts.
    pub fn parts(&self, name: &'static str, parts: u64) {
        self.bar.reset();
        self.bar.set_message(name);
        self.bar.set_length(parts);
        self.bar.set_style(style("{msg} {wide_bar} {pos} of {len} parts, {eta} left"));
        self.bar.enable_steady_tick(REDRAW);
    }

    /// Counts rows.
    pub fn add(&self, rows: u64) {
        self.bar.inc(rows);
    }

    /// Sets the count.
    pub fn set(&self, count: u64) {
        self.bar.set_position(count);
    }

    /// Begins the step again.
    pub fn again(&self) {
        self.bar.set_position(0);
    }

    /// Ends the progress and gives the time since its beginning, in seconds.
    pub fn finish(&self) -> f64 {
        self.bar.finish_and_clear();
        self.start.elapsed().as_secs_f64()
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.with_key("rate", |state: &ProgressState, text: &mut dyn Write| {
        let _ = text.write_str(&thousands(state.per_sec() as u64));
    })
}

/// A count with separators: `64,227`.
pub fn thousands(count: u64) -> String {
    indicatif::HumanCount(count).to_string()
}
