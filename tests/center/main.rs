//! Workers and instances changed by Control Center: a stand-in for it over HTTP, and simulated hosts.

#![cfg(test)]
mod changes;
mod lost;
mod session;
#[path = "../faults/site.rs"]
#[expect(dead_code, reason = "the faults use all of it")]
mod site;
mod stand_in;
