//! Scans through the API Gateway, tried with the stand-in of the fleet, which is compiled and run here:
//! OPSWAT's own software is not at hand.

#![cfg(test)]
#[path = "../certified/mod.rs"]
mod certified;
mod interface;
mod load;
mod plan;
#[path = "../faults/site.rs"]
#[expect(dead_code, reason = "the faults use all of it")]
mod site;
mod stand_in;
mod tls;
