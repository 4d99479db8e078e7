//! A progress bar on standard error, where that is a terminal.

use std::{
    fmt::Write,
    io::Read,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

const REDRAW: Duration = Duration::from_millis(100);

/// The progress of a command: one bar at a time, which vanishes when the command ends.
pub struct Progress {
    bar: ProgressBar,
    start: Instant,
}

impl Progress {
    /// A bar for the step `name`, shown only on a terminal, and not if `hidden`.
    pub fn new(name: &'static str, hidden: bool) -> Self {
        let bar = if hidden { ProgressBar::hidden() } else { ProgressBar::no_length() };
        bar.set_style(style("{spinner} {msg}"));
        bar.set_message(name);
        Self { bar, start: Instant::now() }
    }

    /// Names the step that begins now and has no measure.
    pub fn step(&self, name: &'static str) {
        self.bar.set_style(style("{spinner} {msg}"));
        self.bar.set_message(name);
        self.bar.enable_steady_tick(REDRAW);
    }

    /// Measures the step by the reading of a file of `bytes`, or of unknown size.
    pub fn reading<R: Read>(&self, reader: R, bytes: Option<u64>) -> impl Read + use<R> {
        if let Some(bytes) = bytes {
            self.bar.set_length(bytes);
            self.bar.set_style(style("{msg} {wide_bar} {percent} %, {bytes_per_sec}, {eta} left"));
        } else {
            self.bar.set_style(style("{spinner} {msg} {bytes}, {bytes_per_sec}"));
        }
        self.bar.wrap_read(reader)
    }

    /// Measures the step by rows, of which there are `rows` in all; the bar that is given back counts them.
    #[cfg(feature = "parquet")]
    pub fn counting(&self, rows: u64) -> ProgressBar {
        self.bar.set_length(rows);
        self.bar.set_style(style("{msg} {wide_bar} {percent} %, {rate} rows/s, {eta} left"));
        self.bar.clone()
    }

    /// Runs `print` with the bar out of the way.
    pub fn aside(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    /// Ends the progress and gives the time since its beginning, in seconds.
    pub fn finish(&self) -> f64 {
        self.bar.finish_and_clear();
        self.start.elapsed().as_secs_f64()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        // After an error, too, before its message.
        self.bar.finish_and_clear();
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
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn every_third_digit_from_the_right_has_a_separator() {
        let counts = [0, 12, 999, 1_000, 64_227, 100_000, 1_234_567].map(thousands);
        assert_eq!(counts, ["0", "12", "999", "1,000", "64,227", "100,000", "1,234,567"]);
    }
}
