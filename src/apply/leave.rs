//! Removes what a run that is done leaves on its hosts.

use std::collections::BTreeSet;
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::event::Event;
use super::run::Apply;
use crate::address::HostName;
use crate::state::Run;
use crate::transport::{Order, Verdict};

/// Removes the files of the run from every host that the plan changed; says what stays.
pub(super) fn nothing(apply: &Apply<'_>, run: &Run, listen: &mut dyn FnMut(Option<Event>)) {
    let hosts: BTreeSet<&HostName> = run.plan.steps.iter().map(|step| &step.host).collect();
    let at_once = apply.at_once.get().min(hosts.len());
    let (hosts, id) = (Mutex::new(hosts.into_iter()), run.id.as_str());
    let (tell, hear) = channel();
    thread::scope(|scope| {
        for _ in 0..at_once {
            let (hosts, tell) = (&hosts, tell.clone());
            scope.spawn(move || {
                loop {
                    let next = hosts.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(host) = next else { return };
                    if let Err(why) = forget(apply, id, host) {
                        let _ = tell.send(Event::LeftBehind { host: host.clone(), why });
                    }
                }
            });
        }
        drop(tell);
        for event in hear {
            listen(Some(event));
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
