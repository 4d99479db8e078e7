//! The program `replay`.

fn main() {}
