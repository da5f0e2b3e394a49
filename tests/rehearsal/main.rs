//! Plans rehearsed on simulated twins of the examples.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../examples/mod.rs"]
mod examples;
mod drills;
mod site;
mod twin;
