//! Scans through the API Gateway, tried with the stand-in of the fleet, which is compiled and run here:
//! OPSWAT's own software is not at hand.

#![cfg(test)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod interface;
mod load;
mod plan;
#[path = "../faults/site.rs"]
mod site;
mod stand_in;
