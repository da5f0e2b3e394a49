//! Telling people what happens: before a stage, at its start and its end as steps, failures when the
//! attempt has ended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use camino::Utf8Path;

use super::ending::Ending;
use super::event::Event;
use super::worker::{Work, Worker};
use crate::catalog::Stage;
use crate::desired::Notice;
use crate::diff::Action;
use crate::manifest::Moment;
use crate::manifest::notice::Variables;
use crate::notice::{Delivery, Told, Wait, deliver, occasion};
use crate::plan::{Plan, Step, elapsed};
use crate::state::{FailureKind, Progress, StepFailure, StepOutcome};
use crate::transport::Task;
use crate::value::{Digest, Period, steers};

/// How people are told.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    /// The notices of the manifest.
    pub notices: &'a [Notice],
    /// The folder that their files are relative to.
    pub folder: &'a Utf8Path,
    /// The command that goes on after a failure.
    pub next: &'a str,
}

/// The notices of a run, and how far it is.
pub(super) struct Notices<'a> {
    telling: &'a Telling<'a>,
    run: &'a str,
    plan: &'a Plan,
    /// Which of the attempts at the run this is: each may fail, and people are told of each.
    attempt: u64,
    stand: Mutex<Stand>,
}

/// How far a run is.
#[derive(Default)]
struct Stand {
    done: BTreeSet<String>,
    failed: BTreeMap<String, StepFailure>,
}

impl Stand {
    fn hear(&mut self, step: &str, outcome: &StepOutcome) {
        if let StepOutcome::Failed(failure) = outcome {
            self.failed.insert(step.to_owned(), failure.clone());
        } else if outcome.is_done() {
            self.failed.remove(step);
            self.done.insert(step.to_owned());
        }
    }
}

impl<'a> Notices<'a> {
    pub(super) fn new(
        telling: &'a Telling<'a>,
        (run, plan): (&'a str, &'a Plan),
        progress: &Progress,
    ) -> Self {
        let stand = Stand { done: progress.done.clone(), failed: BTreeMap::new() };
        Self { telling, run, plan, attempt: progress.fence, stand: Mutex::new(stand) }
    }

    /// Takes note of how a step ended.
    pub(super) fn hear(&self, step: &Step, outcome: &StepOutcome) {
        let mut stand = self.stand.lock().unwrap_or_else(PoisonError::into_inner);
        stand.hear(&step.id, outcome);
    }

    /// Tells how an attempt has ended, where something failed or a stage did not come to its end.
    pub(super) fn of_ending(&self, ending: &Ending) -> Vec<Told> {
        for (step, (outcome, _)) in &ending.outcomes {
            self.stand.lock().unwrap_or_else(PoisonError::into_inner).hear(step, outcome);
        }
        if ending.outcomes.values().any(|(outcome, _)| is_fenced(outcome)) {
            return Vec::new();
        }
        let failed: Vec<&Step> =
            self.plan.steps.iter().filter(|step| has_failed(step, ending)).collect();
        let mut told = Vec::new();
        // A plan of backups tells nobody.
        let named =
            |notice: &&Notice| self.plan.notices.iter().any(|named| named.name == notice.of.name);
        for notice in self.telling.notices.iter().filter(named) {
            let of = &notice.of;
            let wants = |moment: Moment, stage: Stage| {
                of.on.contains(&moment) && of.stages.contains(&stage)
            };
            let failure = failed.iter().find(|step| wants(Moment::Failure, step.stage));
            if let Some(step) = failure {
                told.push(self.tell(notice, (Moment::Failure, step.stage), &|time| wait(time)));
            }
            // Who hears of the failure of a stage need not hear that it has ended.
            let stages = [Stage::Live, Stage::Critical].into_iter();
            let stages = stages.filter(|stage| failure.is_none_or(|step| step.stage != *stage));
            for stage in stages.filter(|stage| wants(Moment::End, *stage)) {
                if self.has_broken_off(notice, stage, ending) {
                    told.push(self.tell(notice, (Moment::End, stage), &|time| wait(time)));
                }
            }
        }
        told
    }

    /// Whether changes of the stage were begun in this attempt and its end can't be told by a step.
    fn has_broken_off(&self, notice: &Notice, stage: Stage, ending: &Ending) -> bool {
        let own = || self.plan.steps.iter().filter(|step| step.stage == stage);
        let begun = own().any(|it| it.is_change() && ending.outcomes.contains_key(&*it.id));
        let tells =
            |step: &&Step| step.action == Action::TellEnd && step.component == notice.of.name;
        begun
            && own().filter(tells).any(|step| {
                !ending.done_before.contains(&*step.id) && !ending.outcomes.contains_key(&*step.id)
            })
    }

    /// The folder that files of secrets are relative to.
    pub(super) fn folder(&self) -> &Utf8Path {
        self.telling.folder
    }

    fn tell(&self, notice: &Notice, (of, stage): (Moment, Stage), wait: &Wait<'_>) -> Told {
        let variables = self.variables(notice, of, stage);
        Told {
            notice: notice.of.name.clone(),
            of,
            stage,
            way: notice.of.channel.in_words(),
            delivery: deliver(notice, &variables, self.telling.folder, wait),
        }
    }

    fn variables(&self, notice: &Notice, of: Moment, stage: Stage) -> Variables {
        let plan = self.plan;
        let stand = self.stand.lock().unwrap_or_else(PoisonError::into_inner);
        let own: Vec<&Step> = plan.steps.iter().filter(|step| step.stage == stage).collect();
        let changes: Vec<&Step> = own.iter().copied().filter(|step| step.is_change()).collect();
        let takes: Vec<&Step> = own.iter().copied().filter(|step| takes_time(step)).collect();
        let failed = changes.iter().filter(|it| stand.failed.contains_key(&*it.id)).count();
        let done = changes.iter().filter(|it| stand.done.contains(&*it.id)).count();
        let first = own.iter().find_map(|step| Some((*step, stand.failed.get(&*step.id)?)));
        let first = first.filter(|_| matches!(of, Moment::End | Moment::Failure));
        let is_ahead = matches!(of, Moment::Before | Moment::Start);
        let name = notice.of.name.as_str();
        // A failure is another one in each attempt; anything else is told once in a run.
        let attempt = if of == Moment::Failure { self.attempt } else { 0 };
        let id = format!("{}/{name}/{}/{stage:?}/{attempt}", self.run, of.as_str());
        let hosts: BTreeSet<&str> = changes.iter().map(|step| step.host.as_str()).collect();
        let lasts = Period::millis(u64::try_from(elapsed(&takes).as_millis()).unwrap_or(u64::MAX));
        Variables {
            id: Digest::of(id.as_bytes()).short(),
            notice: name.to_owned(),
            site: plan.cluster.clone(),
            environment: plan.environment.clone(),
            release: plan.goal(),
            event: of.as_str().to_owned(),
            stage: word(stage).to_owned(),
            what: what(of, stage, (changes.len(), done, failed)),
            impact: if of == Moment::End { Vec::new() } else { impact(&changes) },
            duration: if is_ahead { lasts.rounded().to_string() } else { String::new() },
            plan: plan.seal.short(),
            seal: plan.seal.to_string(),
            run: self.run.to_owned(),
            hosts: hosts.len(),
            steps: changes.len(),
            done,
            failed,
            left: changes.len().saturating_sub(done + failed),
            failed_step: first.map(|(step, _)| step.id.to_string()).unwrap_or_default(),
            reason: first.map(|(_, failure)| visible(&reason(failure))).unwrap_or_default(),
            next: first.map(|_| self.telling.next.to_owned()).unwrap_or_default(),
        }
    }
}

/// After the end of an attempt nobody cuts waits short.
fn wait(time: Duration) -> bool {
    std::thread::sleep(time);
    false
}

/// Whoever has taken the cluster over goes on with the run, and tells.
fn is_fenced(outcome: &StepOutcome) -> bool {
    matches!(outcome, StepOutcome::Failed(StepFailure { kind: FailureKind::Fenced, .. }))
}

/// Who ends a run by hand knows of it.
fn has_failed(step: &Step, ending: &Ending) -> bool {
    let Some((StepOutcome::Failed(failure), _)) = ending.outcomes.get(&*step.id) else {
        return false;
    };
    failure.kind != FailureKind::Cancelled
}

/// Whether it belongs to the time that the stage takes.
fn takes_time(step: &Step) -> bool {
    step.is_change() || step.action == Action::KeepHealthy
}

const fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Live => "live",
        Stage::Critical => "critical",
    }
}

/// What happens, in one sentence.
fn what(of: Moment, stage: Stage, (steps, done, failed): (usize, usize, usize)) -> String {
    let number = match stage {
        Stage::Live => 1,
        Stage::Critical => 2,
    };
    let stage = format!("Stage {number} ({})", word(stage));
    match of {
        Moment::Before => format!("{stage} is to come"),
        Moment::Start => format!("{stage} begins"),
        Moment::End if done == steps => format!("{stage} is complete"),
        Moment::End => format!(
            "{stage} has ended and is not complete: {done} of {steps} changes are done, {failed} failed"
        ),
        Moment::Failure => format!("{stage}: a step has failed"),
    }
}

/// What users notice, each once, in the order in which it comes.
fn impact(changes: &[&Step]) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for step in changes.iter().filter(|step| !step.impact.is_empty()) {
        let line = visible(&step.impact);
        if !seen.contains(&line) {
            seen.push(line);
        }
    }
    seen
}

fn reason(failure: &StepFailure) -> String {
    let last = failure.output.last().map(|line| format!(" ({line})")).unwrap_or_default();
    format!("{}: {}{last}", failure.during, failure.ended)
}

/// Of what others say nothing steers where it is read.
fn visible(text: &str) -> String {
    let shown = |c: char| if steers(c) { char::REPLACEMENT_CHARACTER } else { c };
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().map(shown).collect()
}

impl Worker<'_> {
    /// Tells people; what can't be delivered stops only what waits for it.
    pub(super) fn notify(&self, work: &Work<'_>, of: Moment) -> Result<StepOutcome, StepFailure> {
        let step = work.step;
        let Some((command, blocking)) = step.commands.iter().find_map(|it| match it.task {
            Task::Tell { blocking, .. } => Some((it, blocking)),
            _ => None,
        }) else {
            return Ok(StepOutcome::Seen(Box::default()));
        };
        self.tell(Event::CommandStarted { step: step.id.to_string(), index: 0 });
        let failure = |ended: String| StepFailure {
            kind: FailureKind::Waits,
            during: command.task.in_words(),
            command: String::new(),
            ended,
            output: Box::default(),
            hint: format!(
                "{} has to be told of {} first, as the manifest says (`blocking`); see that it can be \
                 delivered (`mdc notify --test`), then `mdc resume`: it is tried again",
                step.component,
                occasion(of, step.stage)
            ),
        };
        let notices = self.notices.telling.notices;
        let Some(notice) = notices.iter().find(|notice| notice.of.name == step.component) else {
            return Err(failure("the manifest has no such notice any more".to_owned()));
        };
        let wait = |time| self.reach.halt.wait(time);
        let told = self.notices.tell(notice, (of, step.stage), &wait);
        match told.delivery {
            Delivery::NotDelivered(why) if blocking => Err(failure(why)),
            _ => Ok(StepOutcome::Told(Box::new(told))),
        }
    }
}
