//! The words for actions, reasons, states and amounts, each written in one place.

mod hosts;
mod reason;
mod time;

pub use hosts::hosts;
pub use reason::reason;
pub use time::{after, days, time, time_of_day};

use std::time::Duration;

use crate::catalog::{Rule, Stage};
use crate::diff::Action;
use crate::manifest::FailOn;
use crate::observe::{HealthState, PackageState, UnitState};
use crate::plan::WayBack;
use crate::state::{Request, RunEnding};
use crate::transport::{Command, Counted, LogsSince, Rounds, ScanBounds, Task};
use crate::value::Period;

/// An action in one word.
#[must_use]
pub const fn action(action: Action) -> &'static str {
    match action {
        Action::Copy => "copy",
        Action::Fetch => "fetch",
        Action::Keep => "keep",
        Action::Relay => "relay",
        Action::Clear => "clear",
        Action::Install => "install",
        Action::Upgrade => "upgrade",
        Action::Downgrade => "downgrade",
        Action::Repair => "repair",
        Action::Start => "start",
        Action::Reconfigure => "reconfigure",
        Action::Remove => "remove",
        Action::Reboot => "reboot",
        Action::Rollback => "rollback",
        Action::Finalise => "finalise",
        Action::BackUp => "back up",
        Action::Register => "register",
        Action::Unregister => "unregister",
        Action::Nominate => "nominate",
        Action::Activate => "activate",
        Action::Deactivate => "deactivate",
        Action::ImportSettings => "import settings",
        Action::Yield => "is unregistered",
        Action::ProveBackup => "see backup",
        Action::AwaitIdle => "await idle",
        Action::StillIdle => "still idle",
        Action::Confirm => "confirm",
        Action::KeepHealthy => "keep healthy",
        Action::AwaitHealthy => "await healthy",
        Action::Verify => "verify",
        Action::ScanBefore => "test scan",
        Action::ScanAfter => "test scan again",
        Action::Reach => "reach",
        Action::MarkLogs => "mark logs",
        Action::ReadLogs => "read logs",
        Action::TellBefore => "tell before",
        Action::TellStart => "tell start",
        Action::TellEnd => "tell end",
    }
}

/// The sign that stands before an action's word.
#[must_use]
pub const fn sign(action: Action) -> &'static str {
    match action {
        Action::Copy | Action::Fetch | Action::Relay => "»",
        Action::Keep => "«",
        Action::Install | Action::Register | Action::Activate => "+",
        Action::Upgrade | Action::Nominate => "↑",
        Action::Downgrade => "↓",
        Action::Repair => "~",
        Action::Start => "▸",
        Action::Reconfigure | Action::ImportSettings => "±",
        Action::Remove | Action::Unregister | Action::Deactivate => "−",
        Action::Reboot => "↻",
        Action::Rollback => "↶",
        Action::Finalise | Action::Clear => "-",
        Action::BackUp => "=",
        Action::ProveBackup
        | Action::AwaitIdle
        | Action::StillIdle
        | Action::Confirm
        | Action::KeepHealthy
        | Action::AwaitHealthy
        | Action::Verify
        | Action::ScanBefore
        | Action::ScanAfter
        | Action::Reach
        | Action::MarkLogs
        | Action::ReadLogs
        | Action::Yield => "?",
        Action::TellBefore | Action::TellStart | Action::TellEnd => "!",
    }
}

/// A stage.
#[must_use]
pub const fn stage(stage: Stage) -> &'static str {
    stage.title()
}

/// A stage that is taken back.
#[must_use]
pub const fn stage_back(stage: Stage) -> &'static str {
    stage.title_back()
}

/// What it means that a stage is taken back, in one sentence.
#[must_use]
pub const fn stage_back_means(stage: Stage) -> &'static str {
    stage.means_back()
}

/// How a step is taken back.
#[must_use]
pub fn way_back(way_back: &WayBack) -> String {
    match way_back {
        WayBack::Package { to, loses, .. } if loses.is_empty() => format!("to {to}"),
        WayBack::Package { to, loses, .. } => format!("to {to}; {loses}"),
        WayBack::Files { .. } => "to the files as they were".to_owned(),
        WayBack::ByHand(how) => format!("by hand: {how}"),
        WayBack::None(why) => format!("none: {why}"),
    }
}

/// What a gate asks for; none when the task is no gate's.
#[must_use]
pub fn gate(task: &Task) -> Option<String> {
    Some(match task {
        Task::AwaitIdle { samples, every, give_up, .. } => format!(
            "0 left to do, {samples} times in a row, {every} apart; given up after {give_up}"
        ),
        Task::AwaitAllIdle(Rounds { of, samples, every, give_up }) => format!(
            "all {of} that can tell have 0 left to do in the same round, {samples} times in a row, {every} \
             apart; given up after {give_up}"
        ),
        Task::AwaitHistory(Counted { samples, every, give_up, .. }) => format!(
            "0 scans in progress, {samples} times in a row, {every} apart; given up after {give_up}"
        ),
        Task::AwaitHealthy { at_least, of, without, give_up, .. } => {
            let next = if without.is_empty() { "" } else { " without those of the next wave" };
            format!("{at_least} of {of} healthy{next}; given up after {give_up}")
        }
        Task::ProveBackup { newest, max_age, .. } => {
            format!("the newest of {newest}, at most {max_age} old")
        }
        Task::AwaitBoot { give_up } => {
            format!("another boot of the host answers; given up after {give_up}")
        }
        Task::ByHand { text, .. } => format!("by hand: {text} (the version is seen on the host)"),
        Task::Confirm { text, verified: true, .. } => format!("{text} (verified on the host)"),
        Task::Confirm { text, component, .. } => {
            format!("{text} (confirmed by `--confirm {component}`)")
        }
        Task::AwaitReach { of, give_up, .. } => format!(
            "reached from {} with what needs it; given up after {give_up}",
            count(*of, "host")
        ),
        Task::MarkLogs { of, .. } => format!("where the logs end on {}", count(*of, "host")),
        Task::ReadLogs(LogsSince { of, fail_on, .. }) => format!(
            "what came to the logs since the run began, on {}: {}",
            count(*of, "host"),
            match fail_on {
                FailOn::FailedMigration => "a failed migration fails the run, errors are told",
                FailOn::Error => "a failed migration or an error fails the run",
                FailOn::Never => "failed migrations and errors are told",
            }
        ),
        Task::TestScan { url, bounds: None } => format!(
            "a harmless file and the EICAR test pattern through {url}: both verdicts as they have to be"
        ),
        Task::TestScan { bounds: Some(ScanBounds { slower_than, grace }), .. } => format!(
            "the same verdicts as before, in at most {slower_than} times the time (or {grace} more)"
        ),
        _ => return None,
    })
}

/// What a step asks for; none when it asks nobody.
#[must_use]
pub fn asks(commands: &[Command]) -> Option<String> {
    let says = commands.iter().filter_map(|command| match &command.task {
        Task::Request(request) => Some(request.say.as_str()),
        _ => None,
    });
    let says: Vec<&str> = says.collect();
    let waits = commands.iter().find_map(|command| match command.task {
        Task::AwaitVersion { give_up, .. } => Some(give_up),
        _ => None,
    });
    match waits {
        Some(give_up) => Some(format!(
            "by Control Center: {}; the version is seen on the host, given up after {give_up}",
            says.join(", then ")
        )),
        None => gates(commands),
    }
}

/// What has to be so first, and who is asked for its health after those that try to reach what was changed.
fn gates(commands: &[Command]) -> Option<String> {
    let first = commands.iter().find_map(|command| gate(&command.task))?;
    let healthy = commands.iter().skip(1).filter_map(|command| match &command.task {
        Task::AwaitHealthy { component, at_least, of, give_up, .. } => {
            Some(format!("; then {at_least} of {of} {component} healthy, given up after {give_up}"))
        }
        _ => None,
    });
    Some(healthy.fold(first, |all, one| all + &one))
}

/// What a change has to leave as it is; none when the task compares nothing.
#[must_use]
pub fn keeps(task: &Task) -> Option<String> {
    let Task::Compare { what, rule, .. } = task else { return None };
    Some(match rule {
        Rule::Equal => format!("{what}, the same as before"),
        Rule::NotFewer => format!("{what}, not fewer than before"),
    })
}

/// What a step's id says. Ids are `host/component/action`; another text counts as the host alone, so
/// that nothing of it is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StepName<'a> {
    /// Where.
    pub host: &'a str,
    /// To what.
    pub component: &'a str,
    /// What is done.
    pub action: Option<&'a str>,
}

impl<'a> StepName<'a> {
    /// The parts of `id`.
    #[must_use]
    pub fn of(id: &'a str) -> Self {
        let mut parts = id.splitn(3, '/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(host), Some(component), Some(action)) => {
                Self { host, component, action: Some(action) }
            }
            _ => Self { host: id, component: "", action: None },
        }
    }

    /// As people say it: `upgrade md-core on core-01`.
    #[must_use]
    pub fn in_words(&self) -> String {
        self.action.map_or_else(
            || self.host.to_owned(),
            |action| format!("{action} {} on {}", self.component, self.host),
        )
    }
}

/// A package's state.
#[must_use]
pub fn package(state: &PackageState) -> String {
    match state {
        PackageState::Absent => "not installed".to_owned(),
        PackageState::Installed(version) => version.to_string(),
        PackageState::Broken { version, status } => format!("{version}, {status}"),
    }
}

/// A service's state.
#[must_use]
pub fn unit(state: &UnitState) -> &str {
    match state {
        UnitState::Active => "active",
        UnitState::Stopped(word) => word,
        UnitState::Absent => "absent",
    }
}

/// A health probe's answer, and what there is to say about it.
#[must_use]
pub fn health(state: &HealthState) -> (&'static str, Option<&str>) {
    match state {
        HealthState::Healthy => ("healthy", None),
        HealthState::Unhealthy(said) => ("unhealthy", Some(said)),
        HealthState::NotAsked(why) => ("not asked", Some(why)),
    }
}

/// How a run ended, and why, when there is a reason.
#[must_use]
pub fn ending(ending: &RunEnding) -> (&'static str, Option<&str>) {
    match ending {
        RunEnding::Open => ("no end recorded", None),
        RunEnding::Complete => ("complete", None),
        RunEnding::Stopped(reason) => ("stopped", Some(reason)),
        RunEnding::GivenUp(reason) => ("given up", Some(reason)),
    }
}

/// What another terminal asked for.
#[must_use]
pub const fn request(request: Request) -> &'static str {
    match request {
        Request::Pause => "pause",
        Request::Stop => "stop",
        Request::Cancel => "cancel",
        Request::GoOn => "go on",
    }
}

/// A number of things: `1 step`, `2 steps`, `2 copies`.
#[must_use]
pub fn count(number: usize, one: &str) -> String {
    match (number, one.strip_suffix('y')) {
        (1, _) => format!("1 {one}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        _ => format!("{number} {one}s"),
    }
}

/// An amount of data in decimal units, to a tenth: `1.2 GB`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    let large = UNITS.into_iter().find(|(size, _)| bytes >= *size);
    large.map_or_else(
        || format!("{bytes} B"),
        |(size, unit)| format!("{}.{} {unit}", bytes / size, bytes % size * 10 / size),
    )
}

/// A length of time as it is worth reading: in seconds below ten minutes, in minutes above. Parts
/// that are left out are rounded up, so that a forecast is never too short.
#[must_use]
pub fn about(time: Duration) -> String {
    Period::millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)).rounded().to_string()
}

/// From when to when: to the second where otherwise both would read the same.
#[must_use]
pub fn between(from: Duration, to: Duration) -> String {
    let (begins, ends) = (about(from), about(to));
    if begins != ends || from == to {
        return format!("{begins} to {ends}");
    }
    format!("{} to {}", Period::seconds(from.as_secs()), Period::seconds(to.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_rounded_for_people() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_250_000), "1.2 MB");
        assert_eq!(bytes(u64::MAX), "18446744.0 TB");
        assert_eq!(about(Duration::from_millis(1_200)), "2s");
        assert_eq!(about(Duration::from_secs(599)), "9m 59s");
        assert_eq!(about(Duration::from_secs(3_601)), "1h 1m");
        let between = |from, to| between(Duration::from_secs(from), Duration::from_secs(to));
        assert_eq!(between(599, 845), "9m 59s to 15m");
        assert_eq!(between(845, 900), "14m 5s to 15m");
        assert_eq!(count(1, "copy"), "1 copy");
        assert_eq!(count(0, "copy"), "0 copies");
    }

    #[test]
    fn a_step_is_named_by_its_parts_or_by_its_whole_id() {
        assert_eq!(
            StepName::of("core-01/md-core/upgrade").in_words(),
            "upgrade md-core on core-01"
        );
        assert_eq!(StepName::of("something else").in_words(), "something else");
    }
}
