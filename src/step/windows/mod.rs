//! The Windows form of what steps run. A text that begins with `cmd.exe ` is a command line; any other is
//! PowerShell, which fails by an error. `docs/windows.md` says what of this was verified and how: none of
//! it was run on Windows.

mod backup;
mod file;
mod health;
mod logs;
mod package;
mod reboot;
mod service;

pub(super) use backup::{prove, take};
pub(super) use file::{check_written, restart, restore, write};
pub(super) use health::await_health;
pub(super) use logs::{mark, read};
pub(super) use package::{
    TURN, check_file, check_removed, check_version, install, installs_older, receive, remove,
};
pub(super) use reboot::{boot, due as reboot_due, reboot};
pub(super) use service::{check, start};

use crate::transport::quote_powershell;

/// `text` as one word of PowerShell.
fn word(text: &str) -> String {
    quote_powershell(text)
}

/// A line for cmd, which takes everything between the first double quote and the last as it is.
fn cmd(line: &str) -> String {
    format!("cmd.exe /d /s /c \"{line}\"")
}

/// Words for PowerShell, with commas between them.
fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(word).collect::<Vec<_>>().join(", ")
}
