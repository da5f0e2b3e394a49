//! Windows hosts, as far as it can be tried without one: what plans render for them, whether PowerShell could
//! read it, and whether cmd and Windows Installer take it, by Wine. Nothing here runs PowerShell.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

#[path = "../examples/mod.rs"]
mod examples;
mod joined;
mod lines;
mod plans;
mod syntax;
mod wine;
#[path = "../winrm/wine_host.rs"]
mod wine_host;
