//! The `mdc` command: see the library.

use mimalloc::MiMalloc;

/// Planning a large cluster makes millions of small values; with this allocator it takes a quarter
/// less time. It asks for no huge pages (`no_thp`): with them, the threads of `mdc observe` would
/// take a hundred megabytes more.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> std::process::ExitCode {
    mdc::cli::main()
}
