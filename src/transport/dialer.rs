//! Opens connections; holds what is the same for all hosts of one run.

use std::sync::Arc;

use super::accounts::Accounts;
use super::controller::Controller;
use super::failure::{Failure, Problem};
use super::turns::Turns;
use super::{Connection, ShownKey, Target, local, simulated, ssh, windows, winrm};
use crate::catalog::Format;
use crate::manifest;

/// Opens connections, from any number of threads. Files that many hosts share (`known_hosts`,
/// `ssh-config`, keys) are read once in its life: make one for each run.
#[derive(Debug, Default)]
pub struct Dialer {
    keyring: ssh::Keyring,
    accounts: Arc<Accounts>,
    doors: Arc<windows::Doors>,
}

impl Dialer {
    /// A dialer for the user who runs this process.
    #[must_use]
    pub fn new() -> Self {
        Self::of(Controller::here())
    }

    /// A dialer for `controller`.
    #[must_use]
    pub fn of(controller: Controller) -> Self {
        Self { keyring: ssh::Keyring::new(controller), ..Self::default() }
    }

    /// How long turns over the network took, of the connections by SSH.
    #[must_use]
    pub const fn turns(&self) -> &Turns {
        self.keyring.turns()
    }

    /// Connects to `target` and logs in.
    ///
    /// # Errors
    /// When the host can't be reached, is not the one that is known, or does not let us in.
    pub fn connect(&self, target: &Target<'_>) -> Result<Box<dyn Connection>, Failure> {
        match target.connection {
            manifest::Connection::Ssh(settings) => ssh::connect(&self.keyring, target, settings),
            manifest::Connection::Winrm(settings) => {
                let controller = self.keyring.controller();
                let shell = winrm::connect(controller, &self.accounts, target, settings)?;
                let pull = settings.pull.as_ref();
                let puller = pull.map(|pull| windows::Puller::new(pull, &self.doors));
                Ok(windows::over(target, shell, puller))
            }
            manifest::Connection::Local(_) if target.format == Format::Msi => Err(not_here(target)),
            manifest::Connection::Local(settings) => Ok(local::connect(target, settings)),
            manifest::Connection::Simulated(_) => simulated::connect(target),
        }
    }

    /// Looks at the keys on the way to `target` without showing anything to a host that isn't known:
    /// gives the first key that isn't believed, or else the target's own. None for ways without
    /// keys.
    ///
    /// # Errors
    /// When a host on the way can't be reached, or a known one does not let us through.
    pub fn look(&self, target: &Target<'_>) -> Result<Option<ShownKey>, Failure> {
        match target.connection {
            manifest::Connection::Ssh(settings) => {
                ssh::look(&self.keyring, target, settings).map(Some)
            }
            manifest::Connection::Winrm(_)
            | manifest::Connection::Local(_)
            | manifest::Connection::Simulated(_) => Ok(None),
        }
    }

    pub(super) const fn controller(&self) -> &Controller {
        self.keyring.controller()
    }

    /// What was passed over in the files that were read, one sentence each: `ssh-config` lines
    /// that aren't understood, `known_hosts` lines that can't be read.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.keyring.notes()
    }
}

fn not_here(target: &Target<'_>) -> Failure {
    Failure {
        host: target.host.clone(),
        during: "connect".to_owned(),
        problem: Problem::Here("mdc itself does not run on Windows".to_owned()),
        hint: "reach it by `ssh` from another machine, or correct the host's `os`".to_owned(),
    }
}
