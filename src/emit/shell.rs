//! The shells that hosts have, and what differs between them: the engine and the name of a script, how it is
//! called, how words are quoted.

use std::borrow::Cow;

use serde::Serialize;

use crate::address::HostName;
use crate::plan::Plan;
use crate::transport::{WINDOWS_PERFORMER, quote, quote_powershell};
use crate::view::harmless::visible;

/// The part of every script for bash that carries its steps out.
const BASH: &str = concat!(
    include_str!("engine/begin.sh"),
    include_str!("engine/steps.sh"),
    include_str!("engine/record.sh"),
    include_str!("engine/command.sh"),
    include_str!("engine/secrets.sh"),
    include_str!("engine/step.sh"),
    include_str!("engine/calls.sh"),
);
/// The same for PowerShell.
const POWERSHELL: &str = concat!(
    include_str!("engine/windows/begin.ps1"),
    include_str!("engine/windows/steps.ps1"),
    include_str!("engine/windows/record.ps1"),
    include_str!("engine/windows/command.ps1"),
    include_str!("engine/windows/secrets.ps1"),
    include_str!("engine/windows/step.ps1"),
    include_str!("engine/windows/calls.ps1"),
);

/// What a host's script is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shell {
    Bash,
    /// Windows PowerShell 5.1.
    PowerShell,
}

/// One word of a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Word(String);

impl Shell {
    pub(super) fn of(plan: &Plan, host: &HostName) -> Self {
        if plan.windows.contains(host) { Self::PowerShell } else { Self::Bash }
    }

    /// A word on one line: whatever would steer a terminal is shown.
    pub(super) fn word(self, text: &str) -> Word {
        self.exact(&visible(text))
    }

    /// The same bytes, on as many lines as they have.
    pub(super) fn exact(self, text: &str) -> Word {
        Word(match self {
            Self::Bash => quote(text).into_owned(),
            Self::PowerShell => quote_powershell(text),
        })
    }

    /// The name of the script of `host`.
    pub(super) fn script(self, host: &HostName) -> String {
        match self {
            Self::Bash => format!("{host}.sh"),
            Self::PowerShell => format!("{host}.ps1"),
        }
    }

    /// How the script of `host` is called by whoever looks.
    pub(super) fn call(self, host: &HostName) -> String {
        let script = self.script(host);
        match self {
            Self::Bash => format!("bash {script}"),
            Self::PowerShell => {
                format!("powershell.exe -NoProfile -ExecutionPolicy Bypass -File {script}")
            }
        }
    }

    /// How it is called by who has all rights.
    pub(super) fn call_as_root(self, host: &HostName) -> String {
        match self {
            Self::Bash => format!("sudo {}", self.call(host)),
            // Nothing makes an administrator of somebody else.
            Self::PowerShell => self.call(host),
        }
    }

    /// What carries the steps of a script out.
    pub(super) fn engine(self) -> Cow<'static, str> {
        match self {
            Self::Bash => BASH.trim_end().into(),
            // The same code runs a text here and where mdc itself is.
            Self::PowerShell => {
                format!("$performer = @'\n{WINDOWS_PERFORMER}'@\n{}", POWERSHELL.trim_end()).into()
            }
        }
    }

    /// The script as it is written to a file. Windows PowerShell takes one without a mark for one of the host's
    /// code page (`about_Character_Encoding`).
    pub(super) fn file(self, script: String) -> String {
        match self {
            Self::PowerShell if !script.starts_with('\u{feff}') => format!("\u{feff}{script}"),
            _ => script,
        }
    }
}
