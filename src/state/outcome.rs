//! How a step ended, as it is recorded and reported.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::LogsRead;
use crate::notice::Told;
use crate::scan::Scanned;

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepOutcome {
    /// Its commands ran and its checks passed.
    Done,
    /// There was nothing left to do: its checks passed before it began.
    FoundDone,
    /// A gate is passed: what was seen, line by line, control characters made harmless.
    Seen(Box<[String]>),
    /// The test files were scanned as they have to be: what came of each.
    Scanned(Box<[Scanned]>),
    /// Its commands ran, its checks passed, and what it had to leave as it was has stayed so.
    Kept(Box<[Kept]>),
    /// The logs of a component were read: what came to them while the run went on.
    LogsRead(Box<LogsRead>),
    /// People were told, or could not be and nothing waits for it.
    Told(Box<Told>),
    /// A command failed, or its end was not seen.
    Failed(StepFailure),
    /// The run stopped while the step waited for its turn to copy: nothing was done but looked.
    NotBegun,
}

impl StepOutcome {
    /// Whether what the step promised holds now.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        !matches!(self, Self::Failed(_) | Self::NotBegun)
    }

    /// Whether what was begun on the host may still be going on, or have ended well.
    #[must_use]
    pub const fn leaves_it_going(&self) -> bool {
        matches!(self, Self::Failed(StepFailure { kind: FailureKind::Way, .. }))
    }
}

/// Something that was asked before a change and after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Kept {
    /// What it is, in words.
    pub what: String,
    /// The lines of the answer before; none when the version was there already and nobody had asked.
    pub before: Option<Box<[String]>>,
    /// The lines of the answer after.
    pub after: Box<[String]>,
}

/// How many lines and how many characters of an answer are shown.
const LINES: usize = 8;
const WIDTH: usize = 160;

impl Kept {
    /// What was there before and after, in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Self { what, before, after } = self;
        match before {
            Some(before) if before == after => {
                format!("{what}: before and after {}", Self::short(after))
            }
            Some(before) => {
                format!("{what}: before {}, after {}", Self::short(before), Self::short(after))
            }
            None => format!("{what}: before not known, after {}", Self::short(after)),
        }
    }

    /// The lines of an answer in one, as far as they can be shown.
    #[must_use]
    pub fn short(lines: &[String]) -> String {
        let Some(last) = lines.len().checked_sub(1) else { return "none".to_owned() };
        let shown = lines.iter().take(LINES).map(String::as_str).collect::<Vec<_>>().join(", ");
        let mut text: String = shown.chars().take(WIDTH).collect();
        if last >= LINES || text.len() < shown.len() {
            text = format!("{text} … ({} lines)", lines.len());
        }
        format!("({text})")
    }
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StepFailure {
    /// Of what kind it is.
    #[serde(default)]
    pub kind: FailureKind,
    /// What was being done, in words: `install the package`.
    pub during: String,
    /// The exact text that failed; empty when no command had begun.
    pub command: String,
    /// How it ended, in words: `exit status 100`, `the connection broke`.
    pub ended: String,
    /// The telling lines of what it printed, control characters made harmless.
    pub output: Box<[String]>,
    /// What to do next.
    pub hint: String,
}

/// Kinds of failures, by what can be done about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The command says so, and would say so again.
    #[default]
    Command,
    /// The command failed for something that passes by itself: a lock that another program holds, a
    /// server that did not answer.
    Passing,
    /// Its end is not known: it was killed together with what watched it, or the host rebooted.
    Gone,
    /// Its time was up.
    Late,
    /// It was cancelled.
    Cancelled,
    /// There was no way to the host for longer than the run is patient.
    Way,
    /// Another controller has taken the cluster over.
    Fenced,
    /// Somebody has to do or to confirm something first.
    Waits,
    /// Something is wrong on the controller.
    Here,
}

impl FailureKind {
    /// Whether the same step may succeed when it is tried again, without anybody's help.
    #[must_use]
    pub const fn may_pass(self) -> bool {
        matches!(self, Self::Passing | Self::Gone)
    }

    /// Whether a host has failed: who may change the cluster, what people want, and what is wrong on the
    /// controller are nothing of a host.
    #[must_use]
    pub const fn is_of_host(self) -> bool {
        !matches!(self, Self::Fenced | Self::Cancelled | Self::Waits | Self::Here)
    }
}
