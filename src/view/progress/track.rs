//! What both forms of progress know: which steps run, since when, and what each is doing; and the
//! lines that stay.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Subject, hitch};
use crate::address::HostName;
use crate::apply::Event;
use crate::plan::Step;
use crate::scan::Scanned;
use crate::state::StepOutcome;
use crate::transport::{Command, Counted, Rounds, Task};
use crate::view::document::{Label, Text};
use crate::view::words::{self, StepName};

pub(super) struct Track<'a> {
    steps: BTreeMap<&'a str, &'a Step>,
    /// Whether hosts are read, not steps carried out.
    hosts: bool,
    /// Steps or hosts in all.
    pub(super) total: usize,
    /// Of these, finished, however they ended.
    pub(super) finished: usize,
    /// Of these, failed or unknown.
    failed: usize,
    pub(super) running: BTreeMap<String, Running>,
}

/// A step that runs.
#[derive(Debug, Clone)]
pub(super) struct Running {
    /// When it, or its present command, began.
    since: Duration,
    /// The present command's place.
    command: Option<usize>,
    /// Bytes sent, of how many.
    sent: Option<(u64, u64)>,
    /// What was seen last of what is waited for.
    seen: Option<String>,
}

impl<'a> Track<'a> {
    pub(super) fn new(subject: Subject<'a>) -> Self {
        let (total, plan) = match subject {
            Subject::Hosts(number) => (number, None),
            Subject::Plan(plan) => (plan.steps.len(), Some(plan)),
        };
        let steps = plan.into_iter().flat_map(|plan| &plan.steps);
        let steps = steps.map(|step| (&*step.id, step)).collect();
        let (hosts, running) = (plan.is_none(), BTreeMap::new());
        Self { steps, hosts, total, finished: 0, failed: 0, running }
    }

    /// Takes note of a host that was read; the line that says so.
    pub(super) fn host(&mut self, host: &HostName, unreadable: Option<&str>) -> Text {
        self.finished += 1;
        let Some(reason) = unreadable else {
            return word(Label::Good, "read").and(Label::Host, host.as_str());
        };
        self.failed += 1;
        word(Label::Warning, "unknown").and(Label::Host, host.as_str()).plain(": ").plain(reason)
    }

    /// Takes note of an event; the line that says so, if it is worth one.
    pub(super) fn event(&mut self, at: Duration, event: &Event) -> Option<Text> {
        match event {
            Event::RunStarted { run, steps, finished } => {
                (self.total, self.finished) = (*steps, *finished);
                Some(begun(run, *steps, *finished))
            }
            Event::StepStarted { step } => {
                let running = Running { since: at, command: None, sent: None, seen: None };
                self.running.insert(step.clone(), running);
                Some(word(Label::Plain, "started").plain(title(step)))
            }
            Event::CommandStarted { step, index } => {
                let running = Running { since: at, command: Some(*index), sent: None, seen: None };
                self.running.insert(step.clone(), running);
                Some(word(Label::Dim, "running").and(Label::Dim, self.doing(step)))
            }
            Event::Watched { step, seen } => {
                if let Some(running) = self.running.get_mut(step) {
                    running.seen = Some(seen.clone());
                }
                None
            }
            Event::Copied { step, sent, total } => {
                if let Some(running) = self.running.get_mut(step) {
                    running.sent = Some((*sent, *total));
                }
                None
            }
            Event::StepFinished { step, outcome, took } => Some(self.ended(step, outcome, *took)),
            Event::Retrying { step, .. } => {
                let running = Running { since: at, command: None, sent: None, seen: None };
                self.running.insert(step.clone(), running);
                hitch::line(event)
            }
            Event::RunFinished => Some(self.run_ended()),
            other => hitch::line(other),
        }
    }

    fn ended(&mut self, step: &str, outcome: &StepOutcome, took: Duration) -> Text {
        self.running.remove(step);
        self.finished += usize::from(*outcome != StepOutcome::NotBegun);
        let (title, took) = (title(step), words::about(took));
        match outcome {
            StepOutcome::Done | StepOutcome::Kept(_) => {
                word(Label::Good, "done").plain(format!("{title} in {took}"))
            }
            StepOutcome::Seen(lines) => {
                let seen = lines.join("; ");
                word(Label::Good, "passed").plain(if seen.is_empty() {
                    title
                } else {
                    format!("{title}: {seen}")
                })
            }
            StepOutcome::Scanned(scans) => {
                let seen: Vec<String> = scans.iter().map(Scanned::in_words).collect();
                word(Label::Good, "passed").plain(format!("{title}: {}", seen.join("; ")))
            }
            StepOutcome::LogsRead(read) if read.found.is_empty() => {
                word(Label::Good, "passed").plain(format!("{title}: {}", read.in_words()))
            }
            StepOutcome::LogsRead(read) => {
                word(Label::Warning, "found").plain(format!("{title}: {}", read.in_words()))
            }
            StepOutcome::Told(told) => {
                let delivered = told.delivery.is_delivered();
                let (label, how) =
                    if delivered { (Label::Good, "told") } else { (Label::Warning, "not told") };
                word(label, how).plain(told.in_words())
            }
            StepOutcome::FoundDone => {
                word(Label::Good, "done").plain(format!("{title}: nothing was left to do"))
            }
            StepOutcome::NotBegun => word(Label::Warning, "stopped")
                .plain(format!("{title}: not begun, since the run stopped before its turn")),
            StepOutcome::Failed(failure) => {
                self.failed += 1;
                word(Label::Error, "failed")
                    .plain(format!("{title} after {took}: {}: {}", failure.during, failure.ended))
            }
        }
    }

    fn run_ended(&self) -> Text {
        let done = self.finished.saturating_sub(self.failed);
        let label = if done == self.total { Label::Good } else { Label::Warning };
        word(label, "ended").plain(format!(
            "{done} of {} done, {} failed",
            words::count(self.total, "step"),
            self.failed,
        ))
    }

    /// What is waited for while hosts are read.
    pub(super) fn hosts_left(&self) -> Option<String> {
        let left = self.total.saturating_sub(self.finished);
        (self.hosts && left > 0)
            .then(|| format!("for {left} of {}", words::count(self.total, "host")))
    }

    /// A running step with what it does.
    pub(super) fn doing(&self, step: &str) -> String {
        let command = self.command(step).map(|command| command.task.in_words());
        command.map_or_else(|| title(step), |task| format!("{}: {task}", title(step)))
    }

    /// A running step with what it waits for, since when and until when.
    pub(super) fn waiting(&self, step: &str, at: Duration) -> String {
        let Some(running) = self.running.get(step) else { return title(step) };
        let mut line = self.doing(step);
        if let Some((sent, total)) = running.sent {
            line = format!("{line}, {} of {} sent", words::bytes(sent), words::bytes(total));
        }
        if let Some(seen) = &running.seen {
            line = format!("{line}, last seen: {seen}");
        }
        line = format!("{line}, for {}", words::about(at.saturating_sub(running.since)));
        match self.command(step) {
            Some(Command {
                task:
                    Task::AwaitIdle { give_up, .. }
                    | Task::AwaitAllIdle(Rounds { give_up, .. })
                    | Task::AwaitHistory(Counted { give_up, .. })
                    | Task::AwaitHealthy { give_up, .. }
                    | Task::AwaitVersion { give_up, .. },
                ..
            }) => format!("{line} of at most {give_up}"),
            Some(command) => format!("{line} of at most {}", command.within),
            None => line,
        }
    }

    fn command(&self, step: &str) -> Option<&'a Command> {
        let index = self.running.get(step)?.command?;
        self.steps.get(step)?.commands.get(index)
    }

    /// The running steps, those first that have been at their present command for longest.
    pub(super) fn longest_running(&self) -> Vec<&str> {
        let mut steps: Vec<(Duration, &str)> =
            self.running.iter().map(|(step, it)| (it.since, step.as_str())).collect();
        steps.sort_unstable();
        steps.into_iter().map(|(_, step)| step).collect()
    }
}

/// The first word of a line, as wide as the widest, so that the rest stands in a column.
pub(super) fn word(label: Label, word: &str) -> Text {
    Text::of(label, word).plain(" ".repeat(9_usize.saturating_sub(word.len())))
}

/// The line for a step that is waited for.
pub(super) fn waits(what: String) -> Text {
    word(Label::Dim, "waiting").plain(what)
}

pub(super) fn title(step: &str) -> String {
    StepName::of(step).in_words()
}

fn begun(run: &str, steps: usize, finished: usize) -> Text {
    let text = word(Label::Strong, "run").plain(format!("{run}, {}", words::count(steps, "step")));
    if finished == 0 { text } else { text.plain(format!(", {finished} finished before")) }
}
