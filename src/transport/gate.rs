//! The gate: a script of the host's root through which a login user that is not trusted with
//! everything becomes root for what is listed, and for nothing else.

use std::fmt::Write;

use super::job;
use super::stop;
use crate::value::{Digest, RemotePath};

/// The gate, with places for what stands elsewhere too.
const GATE: &str = include_str!("gate/gate.sh");
/// Where the gate usually stands on hosts: beside other programs that only programs call.
pub const GATE_PATH: &str = "/usr/local/libexec/mdc-gate";
/// Where the gate looks up what it may run.
pub const ALLOWED_PATH: &str = "/etc/mdc/allowed";

/// The gate's text. It fits the orders of this version of `mdc`.
#[must_use]
pub fn host_gate() -> String {
    GATE.replace("@DIGEST@", &host_digest().to_string())
        .replace("@HOST@", job::HOST)
        .replace("@STOP@", &stop::script("$1"))
}

/// The rule for sudo (sudoers(5)) that lets `user` run the gate at `gate` as root, and nothing
/// else.
///
/// # Errors
/// In words, when one of them holds what a rule can't.
pub fn sudoers(user: &str, gate: &RemotePath) -> Result<String, String> {
    let plain = |text: &str, more: &str| {
        text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    // The names that useradd(8) takes; `ALL` and `root` would say something else here.
    let is_name = user.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && user.len() <= 32
        && plain(user, "_-.")
        && user != "root";
    if !is_name {
        return Err(format!("`{}` is not the name of a login user", user.escape_debug()));
    }
    if !plain(gate.as_str(), "/_-.") {
        return Err(format!("{} is not a path that a sudo rule can hold", gate.as_str()));
    }
    let gate = gate.as_str();
    Ok(format!(
        "# What mdc needs of sudo: {user} may run {gate} as root, and nothing else.\n\
         # Install as /etc/sudoers.d/mdc, owner root, mode 0440; check with `visudo -c`.\n\
         Defaults!{gate} env_reset, !requiretty\n\
         {user} ALL=(root) NOPASSWD: NOSETENV: {gate}\n"
    ))
}

/// One line of the list of what the gate may run: the digest of `text`, and what it is for those who
/// read the list.
#[must_use]
pub fn allowed(text: &str, what: &str) -> String {
    let what: String = what.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("{} {what}\n", Digest::of(whole(text).as_bytes()))
}

/// `text` as the gate sees it: the shell takes line ends from the end of what it reads.
fn whole(text: &str) -> &str {
    text.trim_end_matches('\n')
}

/// By which the gate knows orders of its own version.
pub(super) fn host_digest() -> Digest {
    Digest::of(job::HOST.as_bytes())
}

/// Words for the gate's standard input: one a line after a `.`, as printf's `%b` reads them
/// (POSIX.1-2024, printf), so that the words mean nothing to any shell.
pub(super) fn encoded(words: &[String]) -> String {
    let mut lines = String::new();
    for word in words {
        lines.push('.');
        for &byte in word.as_bytes() {
            if byte.is_ascii_alphanumeric() || b" ._-/:,={}\"".contains(&byte) {
                lines.push(char::from(byte));
            } else {
                // Writing to a string doesn't fail.
                let _ = write!(lines, "\\0{byte:03o}");
            }
        }
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests;
