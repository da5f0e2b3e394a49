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
mod redact;
mod reply;
mod seal;
mod shell;
mod tls;
mod tokens;

use std::sync::Arc;

use crate::manifest::WinrmConnection;

use super::accounts::Accounts;
use super::failure::Failure;
use super::{Controller, Target};
pub(super) use examine::examine;
use place::OwnPlace;
pub(super) use shell::WinrmShell;

/// Connects to `target`, logs in and opens a shell.
pub(super) fn connect(
    controller: &Controller,
    accounts: &Arc<Accounts>,
    target: &Target<'_>,
    settings: &WinrmConnection,
) -> Result<WinrmShell, Failure> {
    let place = OwnPlace::new(controller, target, settings).sharing(accounts);
    WinrmShell::open(place).map_err(|trouble| trouble.of(target.host))
}

/// Everything that a host's answer to the request `id` tells, in words; or why it can't be used.
///
/// # Errors
/// When it is no answer, or a fault.
pub fn told_over_winrm(answer: &[u8], id: &str) -> Result<String, String> {
    let reply = reply::Reply::read(answer.to_vec(), id)
        .map_err(|refusal| refusal.map_or_else(|why| why, |fault| fault.to_string()))?;
    let (shell, command) = (reply.shell_id(), reply.command_id());
    let received = reply.received(command.as_deref().unwrap_or_default());
    Ok(format!("{shell:?} {command:?} {received:?} {:?}", reply.settings()))
}

/// The status and the body of a host's answer of HTTP, whose bytes come in two pieces, the first of `first` bytes.
///
/// # Errors
/// When it is none; in words.
pub fn answered_over_winrm(bytes: &[u8], first: usize) -> Result<(u16, Vec<u8>), String> {
    http::read(bytes, first)
}

/// Whether the keytab `bytes` has a key of `name` in `realm` that can be used.
///
/// # Errors
/// When it is no keytab, or has none; in words.
pub fn keytab_has(bytes: &[u8], name: &str, realm: &str) -> Result<(), String> {
    keytab::Key::find(bytes, name, realm).map(drop)
}

/// The parts of a sealed message: its header and its data.
///
/// # Errors
/// When it is none; in words.
pub fn sealed_parts(body: &[u8]) -> Result<(Vec<u8>, Vec<u8>), String> {
    multipart::decode(body).map(|sealed| (sealed.header, sealed.data))
}

#[cfg(test)]
mod tests;
