//! Removes what a run that is over leaves on its hosts.

use std::collections::BTreeSet;

use super::hosts::{Hosts, each};
use crate::address::HostName;
use crate::state::Run;
use crate::transport::{Order, Verdict};

/// How many hosts may have a copy of a record: the first two, and two in whose place they were.
const KEEPERS: usize = 4;

impl Hosts<'_> {
    /// Removes the files of the run from every host that its plan changed, or that has a copy of its
    /// record: the first of `keepers`. `stays` hears of each host where they stay, and why.
    pub fn leave_nothing<'k>(
        &self,
        run: &'k Run,
        keepers: impl Iterator<Item = &'k HostName>,
        stays: &mut dyn FnMut(&HostName, String),
    ) {
        let on_hosts = run.plan.steps.iter().filter(|step| !step.action.tells());
        let changed = on_hosts.map(|step| &step.host);
        let hosts: BTreeSet<&HostName> = changed.chain(keepers.take(KEEPERS)).collect();
        self.forget(&run.id, &hosts, stays);
    }

    /// Removes the files of the run from `hosts`. `stays` hears of each where they stay, and why.
    pub fn forget(
        &self,
        run: &str,
        hosts: &BTreeSet<&HostName>,
        stays: &mut dyn FnMut(&HostName, String),
    ) {
        each(
            hosts,
            self.at_once,
            |host| self.forget_on(run, host),
            |host, forgotten| {
                if let Err(why) = forgotten {
                    stays(host, why);
                }
            },
        );
    }

    fn forget_on(&self, run: &str, host: &HostName) -> Result<(), String> {
        let order = Order::Forget { run };
        let verdict = (self.dial)(host).and_then(|mut host| host.order(self.tenure, &order));
        match verdict {
            Ok(Verdict::Done) => Ok(()),
            Ok(Verdict::Cannot(why)) => Err(why),
            Ok(Verdict::Running) => Err("a job of it still runs".to_owned()),
            Ok(other) => Err(format!("{other:?}")),
            Err(failure) => Err(failure.problem.to_string()),
        }
    }
}
