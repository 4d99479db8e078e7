use std::fmt::Debug;

use crate::{DataFrame, Error, Numbers, Plot, Predictions};

/// What a cell does with the value it ends with, where that is not one of the prelude's own types.
///
/// So `scatter(…)` draws with `?` and without, and `println!(…)` without a semicolon leaves no `()` behind.
pub trait Show {
    /// Shows the value in the cell's output.
    fn evcxr_display(&self);
}

impl Show for Result<Plot, Error> {
    fn evcxr_display(&self) {
        show_or_say(self, Plot::evcxr_display);
    }
}

impl Show for Result<DataFrame, Error> {
    fn evcxr_display(&self) {
        show_or_say(self, DataFrame::evcxr_display);
    }
}

impl Show for Result<Numbers, Error> {
    fn evcxr_display(&self) {
        show_or_say(self, print);
    }
}

impl Show for Result<Predictions, Error> {
    fn evcxr_display(&self) {
        show_or_say(self, print);
    }
}

impl Show for () {
    fn evcxr_display(&self) {}
}

/// The error goes where the kernel writes that of `?`.
fn show_or_say<T>(result: &Result<T, Error>, show: impl FnOnce(&T)) {
    match result {
        Ok(value) => show(value),
        Err(error) => eprintln!("{error}"),
    }
}

fn print(value: &impl Debug) {
    println!("{value:?}");
}
