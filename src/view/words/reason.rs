//! The words for reasons.

use super::{StepName, hosts};
use crate::address::{ComponentName, HostName};
use crate::catalog::RebootWhen;
use crate::diff::{FileDifference, Reason};

/// Why something is done. Versions are the product's, without epoch and packaging revision, so
/// that hosts of different systems read alike.
#[must_use]
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::NotInstalled { desired } => format!("not installed; {desired} is desired"),
        Reason::VersionDiffers { observed, desired } => {
            format!("{} is installed; {desired} is desired", observed.upstream())
        }
        Reason::PackageBroken { observed, status } => {
            format!("the installation of {} was left {status}", observed.upstream())
        }
        Reason::UnitStopped { observed } => format!("the service is {observed}"),
        Reason::NotWanted { needed_by, stays_on } => not_wanted(needed_by, stays_on),
        Reason::FileDiffers { path, how, .. } => format!("{path} {}", file(how)),
        Reason::NeededBy { step } => match StepName::of(step) {
            StepName { action: Some(action), component, .. } => {
                format!("the {action} of {component} installs this file")
            }
            _ => format!("{step} installs this file"),
        },
        Reason::WayBackOf { step } => {
            format!("{} can be taken back with this file", StepName::of(step).in_words())
        }
        Reason::Feeds { hosts } => format!("{} get this file from it", named(hosts)),
        Reason::Fed { hosts } => {
            format!("{} have got this file from it, and nothing on it needs it", named(hosts))
        }
        Reason::BeforeAll => "nothing is changed before this is so".to_owned(),
        Reason::BeforeCritical => "stage 2 begins only when this is so".to_owned(),
        Reason::BacksUpFirst => {
            "nothing is in progress now, so that it is of one moment".to_owned()
        }
        Reason::Reboots { step, when } => reboots(&StepName::of(step).in_words(), *when),
        Reason::FinaliseAsked { run } => {
            format!("kept by the run {run} for its way back; afterwards there is no return")
        }
        Reason::BackupAsked => "`mdc backup` was asked for it".to_owned(),
        Reason::KeepsPromise => "the next ones are taken away only when this is so".to_owned(),
        Reason::AfterAll => "the change is over only when this is so".to_owned(),
        Reason::MeasuresScans => "nothing is changed in a cluster that doesn't scan".to_owned(),
        Reason::ComparesScans => "the cluster has to scan as it did before".to_owned(),
        Reason::NeededAgain => "what changes next begins only when this is so".to_owned(),
        Reason::MarksLogs => "what comes to them from now on is read at the end".to_owned(),
        Reason::ReviewsLogs => "something may have failed without a step that did".to_owned(),
        Reason::TellsPeople => "people asked to be told".to_owned(),
        Reason::Loses { what } | Reason::OldDataStay { what } => format!("note: {what}"),
        Reason::RoleDiffers { observed, desired } => {
            format!("it is {}; {} is desired", observed.as_str(), desired.as_str())
        }
        Reason::Forbidden { tried, why } => {
            format!("`{}` alone is forbidden: {why}", tried.as_str())
        }
        Reason::SettingsDiffer { from, parts } => {
            format!("its settings are not those of {from}: {}", parts.join(", "))
        }
        Reason::UnregisteredBy { step } => {
            format!("{} unregisters it", StepName::of(step).in_words())
        }
        Reason::KeepsScanning { host } => format!("somebody scans while {host} is changed"),
        Reason::TakesOverAgain => "the manifest lets it take over again".to_owned(),
        Reason::TakeoverAsked => "`mdc failover` was asked for it".to_owned(),
        Reason::Undoes { run, .. } => format!("the run {run} is rolled back"),
    }
}

fn named(all: &[HostName]) -> String {
    hosts(all.iter().map(HostName::as_str))
}

fn reboots(step: &str, when: RebootWhen) -> String {
    match when {
        RebootWhen::After => format!("the manifest wants it after each installation: {step}"),
        RebootWhen::WhenAsked => {
            format!("only if the host waits for a reboot by then: {step} may ask for one")
        }
    }
}

/// Who needs what goes, and what they have instead.
fn not_wanted(needed_by: &[ComponentName], stays_on: &[HostName]) -> String {
    let said = "the manifest says that it is to be removed";
    if needed_by.is_empty() {
        return said.to_owned();
    }
    let who: Vec<&str> = needed_by.iter().map(ComponentName::as_str).collect();
    let rest = match hosts(stays_on.iter().map(HostName::as_str)) {
        none if none.is_empty() => "no host has another one".to_owned(),
        hosts => format!("it stays on {hosts}"),
    };
    format!("{said}; needed by {}: {rest}", who.join(", "))
}

/// How a file differs from what it should be.
fn file(how: &FileDifference) -> String {
    match how {
        FileDifference::Missing => "isn't there".to_owned(),
        FileDifference::Unknown => {
            "was not written by mdc, and is not read since it holds secrets".to_owned()
        }
        FileDifference::Touched => "was changed since mdc wrote it".to_owned(),
        FileDifference::Lines(_) => "has other lines than it should (see Files)".to_owned(),
        FileDifference::Secret(name) => format!("holds another secret `{name}` than it should"),
        FileDifference::NotRestarted => {
            "was changed, and the service was not restarted since".to_owned()
        }
        FileDifference::Access { observed, desired } => {
            format!("is {observed}; {desired} is desired")
        }
    }
}
