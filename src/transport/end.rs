//! How a command ended.

use std::fmt;

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// With this status.
    Exit(i64),
    /// Killed by this signal.
    Signal(String),
}

impl End {
    /// Whether the command says that it succeeded.
    #[must_use]
    pub fn is_success(&self) -> bool {
        *self == Self::Exit(0)
    }

    /// A shell tells a child's death by a signal as 128 and the signal's number (POSIX.1-2024,
    /// 2.8.2).
    pub(super) fn of_shell(status: i64) -> Self {
        signal_name(status - 128).map_or(Self::Exit(status), |name| Self::Signal(name.to_owned()))
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(status) => write!(f, "exit status {status}"),
            Self::Signal(name) => write!(f, "killed by signal {name}"),
        }
    }
}

/// The names that RFC 4254 (section 6.10) has, by their numbers on Linux (signal(7)).
pub(super) const fn signal_name(number: i64) -> Option<&'static str> {
    Some(match number {
        1 => "HUP",
        2 => "INT",
        3 => "QUIT",
        4 => "ILL",
        6 => "ABRT",
        7 => "BUS",
        8 => "FPE",
        9 => "KILL",
        11 => "SEGV",
        13 => "PIPE",
        14 => "ALRM",
        15 => "TERM",
        _ => return None,
    })
}
