//! The journal of a run, as a reader who knows nothing of `mdc` finds it on disk.

use std::collections::BTreeSet;

use serde_json::Value;

/// What a line of the journal says of a step.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Began(String),
    Done(String),
    Failed(String),
    /// A line that is not about a step.
    Other,
}

/// The lines of a journal, first to last.
pub(crate) struct Journal(pub(crate) Vec<Line>);

impl Journal {
    pub(crate) fn parse(text: &str) -> Self {
        Self(text.lines().map(line).collect())
    }

    /// Steps in the order in which they began, each as often as it began.
    pub(crate) fn begun(&self) -> Vec<&str> {
        let begun = self.0.iter().filter_map(|line| match line {
            Line::Began(step) => Some(step.as_str()),
            _ => None,
        });
        begun.collect()
    }

    /// Of these, those that do more than bring packages and look.
    pub(crate) fn changes(&self) -> Vec<&str> {
        let quiet = ["/copy", "/fetch", "/mark-logs", "/prove-backup-live"];
        let is_quiet = |step: &&str| quiet.iter().any(|end| step.ends_with(end));
        self.begun().into_iter().filter(|step| !is_quiet(step)).collect()
    }

    pub(crate) fn times_begun(&self, step: &str) -> usize {
        self.begun().into_iter().filter(|begun| *begun == step).count()
    }

    /// Steps that began more than once.
    pub(crate) fn repeated(&self) -> BTreeSet<&str> {
        self.begun().into_iter().filter(|step| self.times_begun(step) > 1).collect()
    }

    pub(crate) fn is_done(&self, step: &str) -> bool {
        self.end(step).is_some()
    }

    pub(crate) fn has_failed(&self, step: &str) -> bool {
        self.0.contains(&Line::Failed(step.to_owned()))
    }

    /// Where the step begins.
    pub(crate) fn begin(&self, step: &str) -> Option<usize> {
        self.0.iter().position(|line| *line == Line::Began(step.to_owned()))
    }

    /// Where the step ends well.
    pub(crate) fn end(&self, step: &str) -> Option<usize> {
        self.0.iter().position(|line| *line == Line::Done(step.to_owned()))
    }
}

fn line(text: &str) -> Line {
    let line: Value = serde_json::from_str(text).expect("a line of the journal is JSON");
    let entry = &line["entry"];
    let step = |entry: &Value| entry["step"].as_str().expect("a step").to_owned();
    if entry["intent"].is_object() {
        return Line::Began(step(&entry["intent"]));
    }
    if entry["result"].is_object() {
        let result = &entry["result"];
        let outcome = &result["outcome"];
        let is_done = ["done", "found-done"].iter().any(|it| outcome == it)
            || ["seen", "scanned", "kept"].iter().any(|it| outcome[it].is_array())
            || outcome["logs-read"].is_object();
        return if is_done { Line::Done(step(result)) } else { Line::Failed(step(result)) };
    }
    Line::Other
}
