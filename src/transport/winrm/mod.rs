//! WinRM: WS-Management by hand over one connection, tokens and sealing by the crate `sspi`. Nothing of
//! it is seen outside this folder.
//!
//! Never run against a real Windows host yet: `docs/winrm.md` says what was tried and how.

mod client;
mod credssp;
mod envelope;
mod examine;
mod fault;
mod http;
mod kdc;
mod keytab;
mod link;
mod login;
mod multipart;
mod names;
mod place;
mod process;
mod reply;
mod seal;
mod shell;
mod tls;
mod tokens;

use crate::manifest::WinrmConnection;

use super::failure::Failure;
use super::{Controller, Target};
pub(super) use examine::examine;
use place::OwnPlace;
pub(super) use shell::WinrmShell;

/// Connects to `target`, logs in and opens a shell.
pub(super) fn connect(
    controller: &Controller,
    target: &Target<'_>,
    settings: &WinrmConnection,
) -> Result<WinrmShell, Failure> {
    let place = OwnPlace::new(controller, target, settings);
    WinrmShell::open(place).map_err(|trouble| trouble.of(target.host))
}

#[cfg(test)]
mod tests;
