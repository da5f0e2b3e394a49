//! Hot backup of MD Core against a stand-in for the instances and for the licence server, over HTTP:
//! OPSWAT's own software is not at hand. Hosts are simulated.

#![cfg(test)]
mod bed;
#[path = "../certified/mod.rs"]
mod certified;
mod controllers;
mod document;
mod failover;
mod faults;
mod joins;
mod moves;
mod page;
mod readiness;
mod secrets;
mod sessions;
#[path = "../faults/site.rs"]
#[expect(dead_code, reason = "the faults use all of it")]
mod site;
mod stand_in;
mod terminal;
mod tls;
