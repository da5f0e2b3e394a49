//! Windows hosts, as far as it can be tried without one: what plans render for them, whether PowerShell could
//! read it, and whether cmd and Windows Installer take it, by Wine. Nothing here runs PowerShell.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod by_hand;
mod emulation;
#[path = "../examples/mod.rs"]
mod examples;
mod joined;
mod lines;
mod many;
mod names;
mod openssh;
mod plans;
mod real;
#[path = "../transport/sshd.rs"]
#[expect(dead_code, clippy::explicit_write, reason = "it is the transport's tests' own")]
mod sshd;
#[path = "../winrm/stand_in.rs"]
mod stand_in;
mod syntax;
mod wine;
#[path = "../winrm/wine_host.rs"]
mod wine_host;
