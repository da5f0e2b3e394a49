//! Removes what a run that is done leaves on its hosts.

use std::collections::BTreeSet;

use super::each::each;
use super::event::Event;
use super::run::Apply;
use crate::address::HostName;
use crate::state::Run;
use crate::transport::{Order, Verdict};

/// How many hosts may have a copy of a record: the first two, and two in whose place they were.
const KEEPERS: usize = 4;

/// Removes the files of the run from every host that the plan changed or that has a copy of its
/// record; says what stays.
pub(super) fn nothing(apply: &Apply<'_>, run: &Run, listen: &mut dyn FnMut(Option<Event>)) {
    let changed = run.plan.steps.iter().map(|step| &step.host);
    let hosts: BTreeSet<&HostName> =
        changed.chain(apply.copied.hosts.iter().take(KEEPERS)).collect();
    let id = run.id.as_str();
    let forget = |host: &HostName| forget(apply, id, host);
    each(&hosts, apply.at_once, forget, |host, forgotten| {
        if let Err(why) = forgotten {
            listen(Some(Event::LeftBehind { host: host.clone(), why }));
        }
    });
}

fn forget(apply: &Apply<'_>, run: &str, host: &HostName) -> Result<(), String> {
    let order = Order::Forget { run };
    let verdict = (apply.dial)(host).and_then(|mut host| host.order(apply.tenure, &order));
    match verdict {
        Ok(Verdict::Done) => Ok(()),
        Ok(Verdict::Cannot(why)) => Err(why),
        Ok(other) => Err(format!("{other:?}")),
        Err(failure) => Err(failure.problem.to_string()),
    }
}
