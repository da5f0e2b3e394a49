//! A secret in every place of a manifest that can hold one: it is in nothing that `mdc` prints, writes or
//! starts, also while it is used for a login and whoever is logged in to repeats it. The places are those of
//! the schema, so that a new one can't be forgotten.

#![cfg(test)]
#[path = "../standby/bed.rs"]
#[expect(dead_code, reason = "the tests of hot backup use all of it")]
mod bed;
#[path = "../center/stand_in.rs"]
#[expect(dead_code, reason = "the tests of Control Center use all of it")]
mod center;
#[path = "../certified/mod.rs"]
mod certified;
mod commands;
mod cores;
mod echo;
#[path = "../examples/mod.rs"]
mod examples;
mod gateway;
mod places;
mod scene;
mod simulated;
#[path = "../faults/site.rs"]
#[expect(dead_code, reason = "the faults use all of it")]
mod site;
mod ssh;
#[path = "../transport/sshd.rs"]
#[expect(dead_code, reason = "the tests of the transport use all of it")]
mod sshd;
#[path = "../standby/stand_in.rs"]
#[expect(dead_code, reason = "the tests of hot backup use all of it")]
mod stand_in;
mod windows;
