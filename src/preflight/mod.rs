//! What has to be so before anything changes, seen from the facts of the hosts: when a plan is made, and
//! again when it begins to be carried out. One file a check.
//!
//! A finding says what is so in words that stay the same while it is so, since plans hold them; what
//! was measured, which moves by itself, is beside them and is only shown.

mod certificate;
mod clock;
mod disk;
mod machine;
mod moved;
mod needed;
mod offer;
mod port;
mod unseen;
mod version;
mod waive;

pub use unseen::goes_without;
pub use waive::{Judged, Waived, expired, judge};

use jiff::Timestamp;

use crate::address::{ComponentName, HostName};
use crate::desired::Desired;
use crate::diagnostic::{Code, Diagnostic, Label};
use crate::diff::{Change, Comparison};
use crate::manifest::Manifest;
use crate::observe::{HostFacts, HostState, Observed};

/// Something that a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check, which says how bad it is.
    pub check: Code,
    /// Where.
    pub host: HostName,
    /// On which component, when it is about one.
    pub component: Option<ComponentName>,
    /// What is so, to be read after the host's name; the same as long as it is so.
    pub says: String,
    /// What was measured; empty when there is nothing more to say.
    pub measured: String,
    /// What to do next.
    pub help: String,
}

/// Everything that the checks find at the time `now`, host by host; nothing when nothing changes.
#[must_use]
pub fn check(
    desired: &Desired,
    observed: &Observed,
    comparison: &Comparison,
    now: Timestamp,
) -> Vec<Finding> {
    let about = About { desired, observed, comparison, now };
    let mut found = Vec::new();
    if comparison.changes.is_empty() {
        return found;
    }
    // In the order of reading: what stops an installation half-way comes first.
    disk::check(&about, &mut found);
    machine::check(&about, &mut found);
    needed::check(&about, &mut found);
    moved::check(&about, &mut found);
    unseen::check(&about, &mut found);
    offer::check(&about, &mut found);
    clock::check(&about, &mut found);
    port::check(&about, &mut found);
    certificate::check(&about, &mut found);
    version::check(&about, &mut found);
    found.sort_by(|a, b| (&a.host, a.check, &a.says).cmp(&(&b.host, b.check, &b.says)));
    found
}

/// Only whether disks have the room: all that bringing packages to hosts rests on.
#[must_use]
pub fn check_room(
    desired: &Desired,
    observed: &Observed,
    comparison: &Comparison,
    now: Timestamp,
) -> Vec<Finding> {
    let mut found = Vec::new();
    disk::check(&About { desired, observed, comparison, now }, &mut found);
    found
}

/// What checks look at.
struct About<'a> {
    desired: &'a Desired,
    observed: &'a Observed,
    comparison: &'a Comparison,
    now: Timestamp,
}

impl<'a> About<'a> {
    /// The hosts that were read.
    fn hosts(&self) -> impl Iterator<Item = (&'a HostName, &'a HostFacts)> {
        let desired = self.desired;
        self.observed.hosts.iter().filter_map(move |(name, state)| match state {
            HostState::Known(facts) if desired.hosts.contains_key(name) => Some((name, facts)),
            _ => None,
        })
    }

    fn facts(&self, host: &HostName) -> Option<&'a HostFacts> {
        match self.observed.hosts.get(host)? {
            HostState::Known(facts) => Some(facts),
            HostState::Unknown(_) => None,
        }
    }

    /// The changes, in the order of their hosts.
    fn changes(&self) -> impl Iterator<Item = (&'a HostName, &'a ComponentName, &'a Change)> {
        let changes = self.comparison.changes.iter();
        changes.map(|(address, change)| (&address.host, &address.component, change.as_ref()))
    }
}

impl Finding {
    fn new(check: Code, host: &HostName, says: impl Into<String>, help: impl Into<String>) -> Self {
        let (host, says, help) = (host.clone(), says.into(), help.into());
        Self { check, host, component: None, says, measured: String::new(), help }
    }

    fn of(mut self, component: &ComponentName) -> Self {
        self.component = Some(component.clone());
        self
    }

    fn measured(mut self, measured: impl Into<String>) -> Self {
        self.measured = measured.into();
        self
    }

    /// Where, as people write it.
    #[must_use]
    pub fn place(&self) -> String {
        self.component
            .as_ref()
            .map_or_else(|| self.host.to_string(), |component| format!("{}/{component}", self.host))
    }

    /// The finding as its reader sees it, at its host's place in the manifest.
    #[must_use]
    pub fn diagnose(&self, manifest: &Manifest) -> Diagnostic {
        let measured =
            if self.measured.is_empty() { String::new() } else { format!(" ({})", self.measured) };
        let waive = if self.check.is_waivable() {
            let check = self.check.as_str();
            format!("; or waive it for a while: see [[waivers]] in `mdc explain {check}`")
        } else {
            String::new()
        };
        let problem =
            Diagnostic::new(self.check, format!("{} {}{measured}", self.place(), self.says))
                .help(format!("{}{waive}", self.help));
        match manifest.hosts.get(&self.host) {
            Some(host) => {
                let place = self.component.as_ref().and_then(|name| host.components.get(name));
                let span = place.unwrap_or(&host.span).clone();
                problem.at(Label::new(&manifest.source, span, "here"))
            }
            None => problem,
        }
    }
}

/// Bytes in the unit that people read them in.
fn bytes(number: u64) -> String {
    let mib = number.div_ceil(1 << 20);
    if mib < 10_240 { format!("{mib} MiB") } else { format!("{} GiB", mib >> 10) }
}

#[cfg(test)]
mod tests;
