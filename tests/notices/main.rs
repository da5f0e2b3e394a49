//! Notices, delivered to servers that nobody here wrote: Debian's aiosmtpd, and Python's http.server.

#![cfg(test)]
mod mail;
mod run;
mod servers;
#[path = "../faults/site.rs"]
#[expect(dead_code, reason = "the faults use all of it")]
mod site;
mod web;
