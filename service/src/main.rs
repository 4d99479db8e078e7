//! The program `isoforest-service`.

fn main() {}
