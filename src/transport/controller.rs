//! What the transports take from the machine that `mdc` runs on.

use camino::{Utf8Path, Utf8PathBuf};

/// The controller's user, as far as ways to a host depend on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Controller {
    /// The user's name; the default for logging in.
    pub user: Option<String>,
    /// The home folder: keys, `known_hosts`, `~`.
    pub home: Option<Utf8PathBuf>,
    /// The agent's socket.
    pub agent: Option<Utf8PathBuf>,
}

impl Controller {
    /// The user who runs this process (`USER` or `LOGNAME`, `HOME`, `SSH_AUTH_SOCK`).
    #[must_use]
    pub fn here() -> Self {
        Self {
            user: variable("USER").or_else(|| variable("LOGNAME")),
            home: variable("HOME").map(Utf8PathBuf::from),
            agent: variable("SSH_AUTH_SOCK").map(Utf8PathBuf::from),
        }
    }

    /// `path` with a leading `~/` replaced, else relative to `folder`.
    pub(super) fn path(&self, folder: &Utf8Path, path: &Utf8Path) -> Utf8PathBuf {
        match (path.strip_prefix("~"), &self.home) {
            (Ok(inside), Some(home)) => home.join(inside),
            _ => folder.join(path),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where SSH's own variables are read")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
