//! Drills: one step of a plan made to fail on a simulated twin, and what follows from that.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What follows when one step fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Drill {
    /// The step's id in the plan.
    pub step: String,
    /// How it failed, in words; absent when it could not be made to fail, so that this drill shows
    /// nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fails: Option<String>,
    /// How many steps of the plan are done when the run ends.
    pub done: u64,
    /// How many steps were not begun.
    pub not_started: u64,
    /// What is left behind, in words: mixed versions, packages that are half-way, services that stand
    /// still. Empty when nothing is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
    /// What `mdc resume` then comes to, once the cause is mended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed: Option<Resumed>,
    /// What `mdc rollback` comes to instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<Back>,
}

/// What going on after a failure comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Resumed {
    /// Whether the run comes to its end.
    pub completes: bool,
    /// What fails, and what is otherwise than after a run without a failure, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differs: Vec<String>,
}

/// What going back after a failure comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Back {
    /// Whether the way back comes to its end.
    pub completes: bool,
    /// What comes back, in words, by component.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<String>,
    /// What fails on the way back, what stays and why, and what is otherwise than before the run, in
    /// words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stays: Vec<String>,
}

impl Drill {
    /// What it showed, in a line.
    #[must_use]
    pub fn in_words(&self) -> String {
        let (Some(_), Some(resumed), Some(back)) = (&self.fails, &self.resumed, &self.back) else {
            return "it could not be made to fail".to_owned();
        };
        let resumed = match (resumed.completes, resumed.differs.as_slice()) {
            (true, []) => "resuming comes to the same end".to_owned(),
            (true, differs) => format!("resuming ends otherwise: {}", differs.join("; ")),
            (false, differs) => format!("resuming does not complete: {}", differs.join("; ")),
        };
        let back = match (back.completes, back.stays.len()) {
            (true, 0) => "the way back leaves nothing".to_owned(),
            (true, 1) => "the way back leaves one thing".to_owned(),
            (true, stays) => format!("the way back leaves {stays} things"),
            (false, _) => format!("the way back does not complete: {}", back.stays.join("; ")),
        };
        format!("{resumed}; {back}")
    }

    /// Whether it showed that the run comes to the same end after its failure.
    #[must_use]
    pub fn recovers(&self) -> bool {
        let well = |it: &Resumed| it.completes && it.differs.is_empty();
        self.fails.is_some() && self.resumed.as_ref().is_some_and(well)
    }
}
