//! Shows progress: bars on a terminal, lines elsewhere.

use std::io::{self, IsTerminal};
use std::time::Instant;

use super::console::Console;
use super::site::Site;
use crate::cores::Depth;
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
    let limits = observe::Limits { at_once: site.at_once.get(), ..observe::Limits::default() };
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
                console.say(&format!("Warning: MD Core on {host} can't be asked: {}", why.reason));
            }
        }
    }
    let secret = |reference: &SecretReference| resolve_text(reference, &site.manifest.folder);
    for why in observe::compare_secrets(&mut observed, &site.desired, &secret) {
        console
            .say(&format!("Warning: {why}: nobody knows whether files still hold the right one."));
    }
    observed
}
