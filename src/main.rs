//! The `mdc` command: see the library.

use mimalloc::MiMalloc;

/// Planning a large cluster makes millions of small values: with this allocator it takes a quarter
/// less time (`benches/README.md`).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> std::process::ExitCode {
    mdc::cli::main()
}
