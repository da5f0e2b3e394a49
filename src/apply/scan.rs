//! Test scans: submitted by the controller through the API Gateway, and compared with those before.

use std::sync::{Mutex, PoisonError};

use super::event::Event;
use super::worker::{Work, Worker};
use crate::diff::Action;
use crate::plan::Plan;
use crate::scan::{Gateway, Sample, Scanned, ToGateway, ToHistory, compare, test};
use crate::state::{FailureKind, Progress, StepFailure, StepOutcome};
use crate::transport::{Command, Task};

/// What test scans need: the way to the gateway, and what they came to before anything was changed. With
/// it, the way to what counts the scans in progress.
pub(super) struct Scans<'a> {
    gateway: &'a ToGateway<'a>,
    pub(super) history: &'a ToHistory<'a>,
    before: Mutex<Box<[Scanned]>>,
}

impl<'a> Scans<'a> {
    /// With what an earlier attempt at the run has measured.
    pub(super) fn new(
        (gateway, history): (&'a ToGateway<'a>, &'a ToHistory<'a>),
        plan: &Plan,
        progress: &Progress,
    ) -> Self {
        let measured = plan.steps.iter().find(|step| step.action == Action::ScanBefore);
        let before = measured.and_then(|step| progress.scanned.get(&*step.id)).cloned();
        Self { gateway, history, before: Mutex::new(before.unwrap_or_default()) }
    }

    fn before(&self) -> Box<[Scanned]> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Worker<'_> {
    /// Scans the test files; each has to come to what it has to.
    pub(super) fn scan(&self, work: &Work<'_>) -> Result<StepOutcome, StepFailure> {
        let step = work.step;
        let mut scanned = Vec::new();
        let before = match step.action {
            Action::ScanAfter => self.scans.before(),
            _ => Box::default(),
        };
        for (index, command) in step.commands.iter().enumerate() {
            self.tell(Event::CommandStarted { step: step.id.to_string(), index });
            let Task::TestScan { bounds, .. } = &command.task else { continue };
            let failed = |ended: String, scanned: &[Scanned]| {
                failure(work, command, (ended, scanned, &before))
            };
            let gateway =
                (self.scans.gateway)().map_err(|trouble| failed(trouble.to_string(), &scanned))?;
            for file in Sample::ALL {
                let scan = self.one(work, command, (&gateway, file));
                scanned.push(scan.map_err(|ended| failed(ended, &scanned))?);
            }
            let wrong = compare(&scanned, &before, bounds.as_ref());
            if !wrong.is_empty() {
                return Err(failed(wrong.join("; "), &scanned));
            }
        }
        let scanned: Box<[Scanned]> = scanned.into();
        if step.action == Action::ScanBefore {
            let mut before = self.scans.before.lock().unwrap_or_else(PoisonError::into_inner);
            before.clone_from(&scanned);
        }
        Ok(StepOutcome::Scanned(scanned))
    }

    fn one(
        &self,
        work: &Work<'_>,
        command: &Command,
        (gateway, file): (&Gateway, Sample),
    ) -> Result<Scanned, String> {
        let wait = |time, seen| {
            self.tell(Event::Watched { step: work.step.id.to_string(), seen });
            self.reach.halt.wait(time)
        };
        test(gateway, file, command.within.duration(), &wait)
    }
}

/// A scan that did not come to what it has to. Whether it is the cluster, the network or the scan that
/// is wrong, people have to look; nothing is taken back for it by itself.
fn failure(
    work: &Work<'_>,
    command: &Command,
    (ended, scanned, before): (String, &[Scanned], &[Scanned]),
) -> StepFailure {
    let measured = |when: &str, scans: &[Scanned]| -> Vec<String> {
        scans.iter().map(|scan| format!("{when}: {}", scan.in_words())).collect()
    };
    let hint = if work.step.action == Action::ScanBefore {
        "nothing was changed; see that the cluster scans, then `mdc resume`; where `[scan]` in the \
         manifest is wrong, correct it and begin anew with `mdc apply --give-up REASON`"
    } else {
        "the changes are made and stay; see that all Cores and engines are at work and look at the \
         processing history in Control Center, then `mdc resume`: the files are scanned again"
    };
    StepFailure {
        kind: FailureKind::Waits,
        during: format!("{} through the API Gateway", command.task.in_words()),
        command: command.run.clone(),
        ended,
        output: [measured("before", before), measured("now", scanned)].concat().into(),
        hint: hint.to_owned(),
    }
}
