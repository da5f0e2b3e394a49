//! One command of a step as a job on its host.

use super::telling::{failed_command, telling_lines};
use crate::address::HostName;
use crate::plan::Step;
use crate::state::{FailureKind, StepFailure};
use crate::transport::{Command, End, Gone, JobEnd, Output, Verdict};
use crate::value::Digest;

/// The id of a job in its run: the same on every controller, for the same command of the same
/// attempt at the same step.
pub(super) fn id(step: &str, attempt: u32, command: usize) -> String {
    format!("{}{command}", beginning(step, attempt))
}

/// Whether a job's id is of that attempt at that step.
pub(super) fn is_of(id: &str, step: &str, attempt: u32) -> bool {
    id.starts_with(&beginning(step, attempt))
}

fn beginning(step: &str, attempt: u32) -> String {
    format!("{}-{attempt}-", Digest::of(step.as_bytes()).short())
}

/// The step and the attempt that a job's id is made of, when it is of one of `steps`.
#[must_use]
pub fn step_of<'s>(id: &str, steps: &'s [Step]) -> Option<(&'s Step, u32)> {
    let mut parts = id.split('-');
    let (digest, attempt) = (parts.next()?, parts.next()?.parse().ok()?);
    let step = steps.iter().find(|step| Digest::of(step.id.as_bytes()).short() == digest)?;
    Some((step, attempt))
}

/// What the host's verdict on a job means for its step.
pub(super) fn end(step: &Step, command: &Command, verdict: Verdict) -> Result<Output, StepFailure> {
    let failed = |kind, ended: String, output: &Output, hint: String| StepFailure {
        kind,
        during: format!("{} on {}", command.task.in_words(), step.host),
        command: command.run.clone(),
        ended,
        output: telling_lines(output),
        hint,
    };
    let nothing = Output { end: End::Exit(0), stdout: Vec::new(), stderr: Vec::new() };
    Err(match verdict {
        Verdict::Job(JobEnd::Ended(output)) if output.end.is_success() => return Ok(output),
        Verdict::Job(JobEnd::Ended(output)) => failed_command(&step.host, command, &output),
        Verdict::Job(JobEnd::Late(output)) => failed(
            FailureKind::Late,
            format!("it took longer than its limit of {} and was ended", command.within),
            &output,
            format!("see on {} what it waited for, then apply again", step.host),
        ),
        Verdict::Job(JobEnd::Cancelled(output)) => failed(
            FailureKind::Cancelled,
            "it was cancelled".to_owned(),
            &output,
            "what it changed until then stays; apply again: the step is observed, and repeated \
             only when it has to be"
                .to_owned(),
        ),
        Verdict::Job(JobEnd::Gone(gone, output)) => failed(
            FailureKind::Gone,
            why_gone(gone).to_owned(),
            &output,
            format!(
                "see `journalctl` on {} (on Windows the event log System), then apply again",
                step.host
            ),
        ),
        Verdict::Fenced { fence, holder } => failed(
            FailureKind::Fenced,
            format!("the host obeys a newer lease, number {fence}, of {holder}"),
            &nothing,
            "leave the cluster to its holder; nothing more is changed from here".to_owned(),
        ),
        Verdict::Cannot(why) => failed(
            FailureKind::Command,
            format!("the host refuses jobs: {why}"),
            &nothing,
            mend(&step.host),
        ),
        other => failed(
            FailureKind::Command,
            format!("the host gave an answer that doesn't fit: {other:?}"),
            &nothing,
            "report this with the version of mdc".to_owned(),
        ),
    })
}

/// What keeps a host from doing what every job needs, on either system.
fn mend(host: &HostName) -> String {
    format!(
        "mend the cause on {host} (free disk space, read-only /var, rights; on Windows the same of \
         %ProgramData%\\mdc)"
    )
}

const fn why_gone(gone: Gone) -> &'static str {
    match gone {
        Gone::Rebooted => "the host has rebooted before its end was known",
        Gone::Killed => {
            "it is gone without having told its end: killed, for want of memory perhaps, or the \
             disk was full"
        }
        Gone::Unstarted => "the host accepted it and did not begin it",
    }
}

/// The step was cancelled before `command` began.
pub(super) fn cancelled_before(step: &Step, command: &Command) -> StepFailure {
    StepFailure {
        kind: FailureKind::Cancelled,
        during: format!("{} on {}", command.task.in_words(), step.host),
        command: command.run.clone(),
        ended: "the run was cancelled before it began".to_owned(),
        output: Box::default(),
        hint: "apply again: the step is observed, and repeated only when it has to be".to_owned(),
    }
}

/// Whether the host lets the holder of this lease in.
pub(super) fn entered(host: &HostName, verdict: Verdict) -> Result<(), StepFailure> {
    let (kind, ended, hint) = match verdict {
        Verdict::Done => return Ok(()),
        Verdict::Fenced { fence, holder } => (
            FailureKind::Fenced,
            format!("the host obeys a newer lease, number {fence}, of {holder}"),
            "leave the cluster to its holder; nothing more is changed from here".to_owned(),
        ),
        other => (
            FailureKind::Command,
            match other {
                Verdict::Cannot(why) => why,
                other => format!("its answer doesn't fit: {other:?}"),
            },
            mend(host),
        ),
    };
    Err(StepFailure {
        kind,
        during: format!("take {host} over"),
        command: String::new(),
        ended,
        output: Box::default(),
        hint,
    })
}
