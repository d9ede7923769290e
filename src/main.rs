//! The `sluice` program; everything it does is in the library.

use std::process::ExitCode;

/// Fewer and cheaper allocations on the data path; benches/README.md has the figures.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    sluice::cli::run()
}
