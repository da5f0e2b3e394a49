//! What is told when Control Center has not done what it was asked for, or it isn't known.

use std::time::Duration;

use super::Asking;
use crate::apply::worker::Work;
use crate::plan::Step;
use crate::state::{FailureKind, StepFailure};
use crate::transport::Command;
use crate::value::Period;

pub(super) fn failure(
    work: &Work<'_>,
    command: &Command,
    (kind, ended, hint): (FailureKind, String, String),
) -> StepFailure {
    StepFailure {
        kind,
        during: format!("{} by Control Center for {}", command.task.in_words(), work.step.host),
        command: command.run.clone(),
        ended,
        output: Box::default(),
        hint,
    }
}

pub(super) fn refused(
    work: &Work<'_>,
    command: &Command,
    (ended, asking): (String, &Asking),
) -> StepFailure {
    let hint = "see what Control Center's own pages and logs say of it, and whether the routes fit its \
                version; then `mdc resume`: what was accepted is not sent again";
    let failure = failure(work, command, (FailureKind::Command, ended, hint.to_owned()));
    StepFailure { output: asking.sent.clone().into(), ..failure }
}

pub(super) fn not_sent(work: &Work<'_>, command: &Command, ended: String) -> StepFailure {
    let hint =
        "nothing was asked for; mend `[control-center]` (url, ca, user, password) or the server, \
                then `mdc resume`"
            .to_owned();
    failure(work, command, (FailureKind::Here, ended, hint))
}

pub(super) fn lost(
    work: &Work<'_>,
    command: &Command,
    (why, asking): (&str, &Asking),
) -> StepFailure {
    let ended = format!("it was sent, and what became of it is not known: {why}");
    let failure = failure(work, command, (FailureKind::Waits, ended, by_people(work)));
    StepFailure { output: asking.sent.clone().into(), ..failure }
}

pub(super) fn never_there(work: &Work<'_>, failure: StepFailure, asking: &Asking) -> StepFailure {
    let sent = asking.sent.iter().map(|line| format!("asked for: {line}"));
    StepFailure {
        kind: FailureKind::Late,
        hint: by_people(work),
        output: sent.chain(failure.output.iter().cloned()).collect(),
        ..failure
    }
}

/// What is left to do when it is not known what Control Center has done, or it doesn't do it.
fn by_people(work: &Work<'_>) -> String {
    let Step { component, host, to, .. } = work.step;
    format!(
        "look in Control Center what has become of it, and bring {component} on {host} to {to} there; then \
         `mdc resume`, which sees the version. This run does not send it again; `mdc apply --give-up \
         REASON` plans anew and does"
    )
}

pub(super) fn period(time: Duration) -> Period {
    Period::millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
