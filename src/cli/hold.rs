//! The right to change a cluster, held for as long as a command works on it.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use super::problem::Problem;
use super::site::Site;
use super::{survey, who};
use crate::apply::Control;
use crate::state::{Lease, Run, Store};
use crate::transport::Tenure;

/// How often a sign of life is given, and requests of other terminals are heard.
const BEAT: Duration = Duration::from_secs(2);

/// The lease, where it is kept, and what hosts are told of it.
pub(super) struct Hold {
    pub(super) store: Box<dyn Store>,
    pub(super) lease: Lease,
    tenure: Tenure,
}

impl Hold {
    /// Takes the lease for `purpose`; by force, with a reason, also from somebody who may still be
    /// at work.
    pub(super) fn take(site: &Site, purpose: &str, force: Option<&str>) -> Result<Self, Problem> {
        let store = site.store();
        let mut claim = who::claim(purpose.to_owned());
        if force.is_some() {
            // Those who are to be kept out may have told the hosts of leases unknown to the store.
            let nobody = Tenure { site: site.name(), fence: 0, holder: String::new() };
            claim.above = survey::above_all(site, &nobody);
        }
        let lease = store.acquire(&claim, force)?;
        let holder = lease.holder();
        let tenure = Tenure {
            site: site.name(),
            fence: lease.fence(),
            holder: format!("{}: {}", holder.who(), holder.purpose),
        };
        Ok(Self { store, lease, tenure })
    }

    pub(super) const fn tenure(&self) -> &Tenure {
        &self.tenure
    }

    /// The newest run, if it is not over.
    pub(super) fn unfinished(&self) -> Result<Option<Run>, Problem> {
        Ok(self.store.unfinished(&self.lease)?)
    }

    /// The newest run that takes backups, if it is not over.
    pub(super) fn unfinished_backup(&self) -> Result<Option<Run>, Problem> {
        Ok(self.store.unfinished_backup(&self.lease)?)
    }

    /// The newest run that brings packages to hosts, if it is not over.
    pub(super) fn unfinished_stage(&self) -> Result<Option<Run>, Problem> {
        Ok(self.store.unfinished_stage(&self.lease)?)
    }

    /// The newest run, if it owes something.
    pub(super) fn owing(&self) -> Result<Option<Run>, Problem> {
        Ok(self.store.owing(&self.lease)?)
    }

    /// Does `work` while signs of life are given; tells the run what is asked of it, and when the
    /// lease is lost.
    pub(super) fn beating<T>(&self, control: &Control, work: impl FnOnce() -> T) -> T {
        let (over, is_over) = channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || {
                while let Err(RecvTimeoutError::Timeout) = is_over.recv_timeout(BEAT) {
                    match self.lease.beat() {
                        Ok(asked) => asked.into_iter().for_each(|asked| control.ask(asked)),
                        Err(lost) => return control.lost(lost.to_string()),
                    }
                }
            });
            let done = work();
            drop(over);
            done
        })
    }
}
