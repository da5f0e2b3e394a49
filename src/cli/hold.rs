//! The right to change a cluster, held for as long as a command works on it.

use std::io::IsTerminal;

use jiff::Timestamp;

use super::problem::Problem;
use super::site::Site;
use crate::apply::Control;
use crate::state::{Lock, Runs};
use crate::transport::Tenure;

/// The lease, and what hosts are told of it.
pub(super) struct Hold {
    _lock: Lock,
    tenure: Tenure,
}

impl Hold {
    pub(super) fn take(runs: &Runs, site: &Site, purpose: &str) -> Result<Self, Problem> {
        let holder = holder(purpose);
        let lock = runs.lock(&holder)?;
        let fence = u64::try_from(Timestamp::now().as_second()).unwrap_or_default();
        Ok(Self { _lock: lock, tenure: Tenure { site: site.name(), fence, holder } })
    }

    pub(super) const fn tenure(&self) -> &Tenure {
        &self.tenure
    }

    /// Does `work` while signs of life are given.
    pub(super) fn beating<T>(&self, _control: Control, work: impl FnOnce() -> T) -> T {
        work()
    }
}

fn holder(purpose: &str) -> String {
    let user = rustix::process::getuid().as_raw();
    let process = std::process::id();
    let since = Timestamp::now();
    let shown = if std::io::stdin().is_terminal() { "on a terminal" } else { "without a terminal" };
    format!("{purpose}, process {process} of user {user} {shown}, since {since}")
}
