//! Faults: what a host says instead of an answer.

use roxmltree::Node;
use zeroize::Zeroizing;

use crate::transport::excerpt::excerpt;
use crate::transport::failure::Problem;

use super::names::FAULT;

/// A fault, by its number; Windows has two forms of it (MS-WSMV, 2.2.4.43; CIM's error).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The number, if there is one.
    pub(super) code: Option<u32>,
    /// The words that go with it.
    pub(super) text: String,
}

impl Fault {
    /// Reads the element `Fault`.
    pub(super) fn read(fault: Node<'_, '_>) -> Self {
        let named = |name: &'static str| {
            fault.descendants().filter(move |node| node.tag_name().name() == name)
        };
        // The innermost is the cause.
        let inner = named("WSManFault").filter(|node| node.tag_name().namespace() == Some(FAULT));
        let code = inner
            .filter_map(|node| node.attribute("Code")?.parse().ok())
            .next_back()
            .or_else(|| named("error_Code").find_map(|node| node.text()?.trim().parse().ok()));
        let said = ["Message", "ProviderFault", "Text"]
            .into_iter()
            .flat_map(|name| named(name).collect::<Vec<_>>())
            .find_map(|node| node.text().map(str::trim).filter(|text| !text.is_empty()))
            .unwrap_or_default();
        Self { code, text: excerpt(said.as_bytes(), "it gives no reason") }
    }

    /// The same without what must not be shown, should the host repeat it.
    pub(super) fn without(self, secrets: &[Zeroizing<String>]) -> Self {
        let hide =
            |text: String, secret: &Zeroizing<String>| text.replace(secret.as_str(), "(secret)");
        let secrets = secrets.iter().filter(|secret| !secret.is_empty());
        Self { text: secrets.fold(self.text, hide), ..self }
    }

    /// Whether the time that an operation may take is over (`w:TimedOut`): nothing has come yet.
    pub(super) fn is_timeout(&self) -> bool {
        self.code == Some(0x8033_8029)
    }

    /// Whether the shell, or the command in it, is not there (any more).
    pub(super) fn is_gone(&self) -> bool {
        self.code == Some(0x8033_805b)
    }

    /// Whether a command takes no more input: it has ended, or it has closed its input.
    pub(super) fn is_closed_input(&self) -> bool {
        // `ERROR_BROKEN_PIPE`, `ERROR_NO_DATA`, bare or as an HRESULT.
        self.is_gone() || matches!(self.code, Some(109 | 232 | 0x8007_006d | 0x8007_00e8))
    }

    /// Whether somebody else has ended the operation.
    pub(super) fn is_aborted(&self) -> bool {
        matches!(self.code, Some(995 | 0x8007_03e3))
    }

    /// As a problem of the whole way. A fault says that nothing was done, but for a time that is over
    /// and for an operation that was broken off.
    pub(super) fn problem(&self) -> Problem {
        if self.is_timeout() || self.is_aborted() {
            return Problem::Lost(self.to_string());
        }
        match self.code {
            Some(5 | 0x8007_0005) => Problem::Privilege(self.to_string()),
            _ => Problem::Answer(self.to_string()),
        }
    }

    /// What to do about it.
    pub(super) fn hint(&self) -> &'static str {
        match self.code {
            Some(5 | 0x8007_0005) => {
                "the user may log in but open no shell: see that it is in the host's group \
                 Administrators (or Remote Management Users), and, for a local user other than \
                 Administrator, that LocalAccountTokenFilterPolicy is 1"
            }
            Some(0x8033_81a5) => {
                "the user has as many shells as it may (MaxShellsPerUser, 30): close those that \
                 others left (`winrm enumerate shell`), or raise the quota on the host"
            }
            Some(0x8033_81a6) => {
                "the user has as many operations as it may (MaxConcurrentOperationsPerUser, 1500): \
                 wait for others, or raise the quota on the host"
            }
            Some(0x8007_000e | 1455 | 0x8007_05af) => {
                "the host or the shell is out of memory (MaxMemoryPerShellMB)"
            }
            _ => "see the host's event log, Microsoft-Windows-WinRM/Operational",
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.code {
            Some(code) => {
                write!(f, "the host answers with fault {code} (0x{code:08x}): {}", self.text)
            }
            None => write!(f, "the host answers with a fault: {}", self.text),
        }
    }
}
