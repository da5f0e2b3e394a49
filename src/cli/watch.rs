//! Shows progress: bars on a terminal, lines elsewhere.

use std::io::{self, IsTerminal};
use std::time::Instant;

use super::console::Console;
use super::site::Site;
use crate::cores::Depth;
use crate::diagnostic::Code;
use crate::observe::{self, CoreState, HostState, Observed};
use crate::transport::resolve_text;
use crate::value::SecretReference;
use crate::view::progress::{Live, Plain, Progress, Subject};

/// Calls `work` with the progress of `subject`.
pub(super) fn watching<T>(
    console: &Console,
    subject: Subject<'_>,
    work: impl FnOnce(&mut dyn Progress, Instant) -> T,
) -> T {
    let start = Instant::now();
    if io::stderr().is_terminal() {
        work(&mut Live::new(console.talk_style(), subject), start)
    } else {
        let mut out = io::stderr();
        work(&mut Plain::new(&mut out, console.talk_style(), subject), start)
    }
}

/// Reads all hosts of the site, showing how far it is.
pub(super) fn observe(site: &Site, console: &Console) -> Observed {
    let dial = site.dial();
    let limits = site.limits();
    let hosts = site.desired.hosts.len();
    let mut observed = watching(console, Subject::Hosts(hosts), |progress, start| {
        observe::gather(&site.desired, limits, &dial, &jiff::Timestamp::now, &mut |host, state| {
            let unreadable = match state {
                HostState::Known(_) => None,
                HostState::Unknown(why) => Some(why.reason.as_str()),
            };
            progress.host(start.elapsed(), host, unreadable);
        })
    });
    if let Some(cores) = site.cores() {
        observed.cores = observe::cores(&cores, Depth::Whole);
        for (host, state) in &observed.cores {
            if let CoreState::Unknown(why) = state {
                let what = format!("MD Core on {host} can't be asked: {}", why.reason);
                console.warns(Code::PartUnknown, what);
            }
        }
    }
    let secret = |reference: &SecretReference| resolve_text(reference, &site.manifest.folder);
    for why in observe::compare_secrets(&mut observed, &site.desired, &secret) {
        let what = format!("{why}: nobody knows whether files still hold the right one");
        console.warns(Code::SecretUnseen, what);
    }
    observed
}
