//! Hot backup of MD Core against a stand-in for the instances and for the licence server, over HTTP:
//! OPSWAT's own software is not at hand. Hosts are simulated.

#![cfg(test)]
mod bed;
mod document;
mod failover;
mod faults;
mod moves;
#[path = "../faults/site.rs"]
#[expect(dead_code, reason = "the faults use all of it")]
mod site;
mod stand_in;
mod tls;
