//! Standalone MD Core instances, all at once, by their own interface.

use std::collections::BTreeMap;
use std::thread;

use super::{CoreState, Unreadable};
use crate::address::HostName;
use crate::cores::{Cores, Depth};

/// Asks every instance, each in a thread of its own.
#[must_use]
pub fn cores(way: &Cores, depth: Depth) -> BTreeMap<HostName, CoreState> {
    let one = |host: &HostName| match way.observe(host, depth) {
        Ok(facts) => CoreState::Known(facts),
        Err((reason, hint)) => CoreState::Unknown(Unreadable::new(reason, hint)),
    };
    thread::scope(|scope| {
        let asked: Vec<_> =
            way.hosts().map(|host| (host, scope.spawn(move || one(host)))).collect();
        let failed = || {
            let reason = "mdc itself failed while it asked this instance";
            CoreState::Unknown(Unreadable::new(reason, "report this with the version of mdc"))
        };
        let answered = |(host, asked): (&HostName, thread::ScopedJoinHandle<'_, CoreState>)| {
            (host.clone(), asked.join().unwrap_or_else(|_| failed()))
        };
        asked.into_iter().map(answered).collect()
    })
}
