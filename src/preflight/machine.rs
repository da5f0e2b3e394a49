//! The machine and what runs on it: architecture, memory, reboot, health.

use super::{About, Finding, bytes};
use crate::address::HostName;
use crate::desired::Source;
use crate::diagnostic::Code;
use crate::observe::{HealthState, HostFacts, UnitState};

pub(super) fn check(about: &About<'_>, found: &mut Vec<Finding>) {
    let mut last = None;
    for (host, component, change) in about.changes() {
        let Some(facts) = about.facts(host) else { continue };
        // What is so of a machine is said once, and only where something changes.
        if last.replace(host) != Some(host) {
            machine(about, (host, facts), found);
        }
        if let Source::File { identity: Some(identity), .. } = &change.resource.source
            && !identity.fits(&facts.architecture)
        {
            let says = format!(
                "can't have {} {}: the package is built for {}, and the host is {}",
                identity.name, identity.version, identity.architecture, facts.architecture
            );
            let help = "give the release a package for this system under a key of its own";
            found.push(Finding::new(Code::Architecture, host, says, help).of(component));
        }
        if let (true, UnitState::Active, HealthState::Unhealthy(why)) =
            (change.action.interrupts(), &change.facts.unit, &change.facts.health)
        {
            let help = "mend it first, so that the upgrade isn't taken for the cause";
            let finding =
                Finding::new(Code::Unhealthy, host, "is not healthy before it changes", help);
            found.push(finding.of(component).measured(why.as_str()));
        }
    }
}

fn machine(about: &About<'_>, (host, facts): (&HostName, &HostFacts), found: &mut Vec<Finding>) {
    let least = u64::from(about.desired.preflight.free_memory) << 20;
    if facts.free_memory < least {
        let says = format!("has less than {} of memory left", bytes(least));
        let help =
            "look what takes it (`ps aux --sort -rss`) before an installer has to do without";
        let left = format!("{} are left", bytes(facts.free_memory));
        found.push(Finding::new(Code::Memory, host, says, help).measured(left));
    }
    if facts.reboot_pending {
        let help = "reboot it before, if you can: a reboot in the middle comes as a surprise";
        found.push(Finding::new(Code::Reboot, host, "waits for a reboot", help));
    }
}
