//! Plans rehearsed on simulated twins of the examples.

#![cfg(test)]
mod drills;
#[path = "../examples/mod.rs"]
#[expect(dead_code, reason = "a twin hurries by itself")]
mod examples;
mod site;
mod twin;
