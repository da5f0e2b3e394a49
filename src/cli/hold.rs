//! The right to change a cluster, held for as long as a command works on it.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use super::problem::Problem;
use super::site::Site;
use super::who;
use crate::apply::Control;
use crate::state::{Lease, Store};
use crate::transport::Tenure;

/// How often a sign of life is given, and requests of other terminals are looked for.
const BEAT: Duration = Duration::from_secs(2);

/// The lease, and what hosts are told of it.
pub(super) struct Hold {
    lease: Lease,
    tenure: Tenure,
}

impl Hold {
    /// Takes the lease; `force`: also from somebody who may still be at work, for this reason.
    pub(super) fn take(
        store: &dyn Store,
        site: &Site,
        purpose: String,
        force: Option<&str>,
    ) -> Result<Self, Problem> {
        let lease = store.acquire(&who::claim(purpose), force)?;
        let holder = lease.holder();
        let holder = format!("{}: `{}`, since {}", holder.who(), holder.purpose, holder.since);
        let tenure = Tenure { site: site.name(), fence: lease.fence(), holder };
        Ok(Self { lease, tenure })
    }

    pub(super) const fn lease(&self) -> &Lease {
        &self.lease
    }

    pub(super) const fn tenure(&self) -> &Tenure {
        &self.tenure
    }

    /// Does `work` while signs of life are given; hands requests and the loss of the lease on.
    pub(super) fn beating<T>(&self, control: Control, work: impl FnOnce() -> T) -> T {
        let (working, over) = channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || {
                while over.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                    match self.lease.beat() {
                        Ok(asked) => asked.into_iter().for_each(|asked| control.ask(asked)),
                        Err(lost) => return control.lost(lost.to_string()),
                    }
                }
            });
            let done = work();
            drop(working);
            done
        })
    }
}
