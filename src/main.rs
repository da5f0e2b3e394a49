//! The `mdc` command: see the library.

fn main() -> std::process::ExitCode {
    mdc::cli::main()
}
