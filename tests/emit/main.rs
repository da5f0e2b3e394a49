//! Plans carried out by hand: what `mdc emit` writes, and its scripts under a real bash, with real package
//! tools where the tests are root's.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod asked;
mod bench;
mod command;
#[allow(dead_code, reason = "other tests use the rest of it")]
#[path = "../examples/mod.rs"]
mod examples;
mod faults;
mod kept;
mod packages;
mod people;
mod powershell;
mod quoting;
mod record;
mod runbook;
mod script;
mod secrets;
mod templates;
mod ways_back;
