//! Plans rehearsed on simulated twins of the examples.

#![cfg(test)]
mod drills;
#[path = "../examples/mod.rs"]
mod examples;
mod site;
mod twin;
