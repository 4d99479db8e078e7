//! The command line; see `commands`.

use std::process::ExitCode;

fn main() -> ExitCode {
    isoforest_cluster::commands::main()
}
