//! The `mdc` command: see the library.

fn main() {}
