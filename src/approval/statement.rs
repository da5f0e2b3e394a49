//! The text that people sign: short, and readable without `mdc`.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::catalog::Stage;
use crate::plan::{Plan, Purpose};
use crate::value::{Digest, harmless, steers};

/// The first line, which names the format and its version.
const TITLE: &str = "I approve this plan for a MetaDefender Cluster (mdc approval, version 1).";
/// The most characters of a note.
const LONGEST_NOTE: usize = 500;
/// The longest text that is read, in bytes: all of the rest is bounded by the plan it is compared with.
pub(super) const LARGEST: usize = 64 << 10;

/// What a person says of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Which of its stages are approved.
    pub stages: BTreeSet<Stage>,
    /// A note, in one line.
    pub note: Option<String>,
}

/// Why a text is not a statement of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StatementError {
    /// It names another plan.
    #[error("it approves another plan, with the seal {0}…, or this one as it was before")]
    OtherPlan(String),
    /// It is not what would have been printed.
    #[error("its text is not what `mdc approve --print` prints for this plan")]
    Shape,
    /// The note can't be part of it.
    #[error("a note is one line of at most {LONGEST_NOTE} characters")]
    Note,
}

impl Statement {
    /// A statement on `stages` of a plan.
    ///
    /// # Errors
    /// When the note is empty, too long or more than one line.
    pub fn new(
        stages: impl IntoIterator<Item = Stage>,
        note: Option<String>,
    ) -> Result<Self, StatementError> {
        let fits = |note: &String| {
            !note.trim().is_empty()
                && note.trim() == note
                && note.chars().count() <= LONGEST_NOTE
                && !note.chars().any(steers)
        };
        if note.as_ref().is_some_and(|note| !fits(note)) {
            return Err(StatementError::Note);
        }
        Ok(Self { stages: stages.into_iter().collect(), note })
    }

    /// As the text that is signed.
    #[must_use]
    pub fn text(&self, plan: &Plan) -> String {
        let goal = match &plan.purpose {
            Purpose::Release => format!("to release {}", plan.release),
            Purpose::RollBack(run) => format!("to roll back the run {run}"),
            Purpose::BackUp => "to take backups".to_owned(),
            Purpose::Stage => format!("to bring the packages of release {} to hosts", plan.release),
            Purpose::FailOver => "to let a standby take over".to_owned(),
            Purpose::Finalise => format!("to drop the ways back from release {}", plan.release),
        };
        let stages: Vec<&str> = self.stages.iter().copied().map(name).collect();
        let cluster = format!("{} ({})", plan.cluster, plan.environment);
        let mut text = format!(
            "{TITLE}\n\ncluster: {}\nplan: {}\nseal: {}\nstages: {}\n",
            harmless(&cluster, &[]),
            harmless(&goal, &[]),
            plan.seal,
            stages.join(", "),
        );
        if let Some(note) = &self.note {
            text.push_str("note: ");
            text.push_str(note);
            text.push('\n');
        }
        text
    }

    /// The statement that `text` is on `plan`.
    ///
    /// # Errors
    /// When it is not, to the byte.
    pub fn parse(text: &[u8], plan: &Plan) -> Result<Self, StatementError> {
        let lines = std::str::from_utf8(text).map_err(|_| StatementError::Shape)?;
        let after = |key: &str| lines.lines().find_map(|line| line.strip_prefix(key));
        let stages = after("stages: ").unwrap_or_default().split(", ");
        let stages: Option<BTreeSet<Stage>> = stages.map(stage).collect();
        let note = after("note: ").map(str::to_owned);
        let statement = Self::new(stages.ok_or(StatementError::Shape)?, note)?;
        if statement.text(plan).as_bytes() == text {
            return Ok(statement);
        }
        match after("seal: ").and_then(|seal| seal.parse::<Digest>().ok()) {
            Some(seal) if seal != plan.seal => Err(StatementError::OtherPlan(seal.short())),
            _ => Err(StatementError::Shape),
        }
    }
}

/// What a stage is called in statements and options.
pub(super) const fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Live => "live",
        Stage::Critical => "critical",
    }
}

fn stage(name: &str) -> Option<Stage> {
    [Stage::Live, Stage::Critical].into_iter().find(|stage| self::name(*stage) == name)
}
