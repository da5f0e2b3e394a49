//! What a journal tells, entry by entry.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{NotPlanned, StepOutcome};
use crate::approval::Approval;
use crate::notice::Told;
use crate::plan::Rehearsed;
use crate::scan::load::LoadAccount;
use crate::value::{Digest, Period};

/// The journal's format, named in its first entry.
pub const FORMAT: &str = "mdc/journal";
/// The format's version that this `mdc` writes and reads.
pub const VERSION: u32 = 1;

/// One thing that a run did or was about to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Entry {
    /// The first entry: what kind of journal this is, and of which run.
    Opened {
        /// Always `mdc/journal`.
        format: String,
        /// The version of this format.
        version: u32,
        /// The run's id.
        run: String,
        /// The seal of its plan.
        seal: Digest,
        /// The release that the plan leads to.
        release: String,
        /// How many steps the plan has.
        steps: u64,
        /// Whether the run only takes backups.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        backs_up: bool,
        /// What the plan had to leave out.
        #[serde(default, skip_serializing_if = "NotPlanned::is_nothing")]
        not_planned: NotPlanned,
        /// Whether it only brings packages to hosts.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        stages: bool,
    },
    /// Enough people had approved the plan when the run began.
    Approved {
        /// Who, by which keys, for what.
        approvals: Vec<Approval>,
    },
    /// The run was begun without the approvals that were asked for.
    Unapproved {
        /// By whom, from where.
        by: String,
        /// Why, in the words of those who did it.
        reason: String,
    },
    /// The plan had been carried out before.
    Again {
        /// By which run.
        run: String,
        /// By whom it was begun all the same, from where.
        by: String,
        /// Why, in the words of those who did it.
        reason: String,
    },
    /// The changes of the plan had been rehearsed when the run began.
    Rehearsed {
        /// By which evidence.
        evidence: Vec<Rehearsed>,
    },
    /// The run was begun without the rehearsals that were asked for.
    Unrehearsed {
        /// By whom, from where.
        by: String,
        /// Why, in the words of those who did it.
        reason: String,
        /// What nobody had rehearsed, in words.
        missing: Vec<String>,
    },
    /// The lease was taken from somebody who may still be at work.
    TakenOver {
        /// From whom.
        from: String,
        /// By whom.
        by: String,
        /// Why, in the words of those who did it.
        reason: String,
    },
    /// The run began, or was continued.
    Started {
        /// The seal of its plan.
        seal: Digest,
        /// The version of `mdc`.
        tool: String,
        /// The fencing number under which it goes on: hosts refuse a lower one than they have seen.
        fence: u64,
        /// Who works on it, from where: user, controller, process.
        controller: String,
    },
    /// A step is about to begin.
    Intent {
        /// Its id in the plan.
        step: String,
        /// How often it was begun in this run, this time included. With run and step it makes the id
        /// of the job on the host.
        attempt: u32,
    },
    /// What a step must leave as it is, seen before it changed anything.
    Noted {
        /// Its id in the plan, or in that of the run that is taken back.
        step: String,
        /// What it is, in words.
        what: String,
        /// The lines of the answer, control characters made harmless.
        said: Box<[String]>,
    },
    /// A step ended.
    Result {
        /// Its id in the plan.
        step: String,
        /// How.
        outcome: StepOutcome,
        /// What it took.
        took: Period,
    },
    /// The user left a step out. It is owed until a later attempt has done it.
    Skipped {
        /// Its id in the plan.
        step: String,
        /// Why, in the user's words.
        reason: String,
    },
    /// Somebody asked the run for something from another terminal.
    Asked {
        /// What.
        what: Request,
        /// Who, from where.
        by: String,
        /// Why, in their words.
        reason: String,
    },
    /// What came of the files that were submitted while this attempt was at work.
    Loaded {
        /// The account of them.
        load: Box<LoadAccount>,
    },
    /// People were told how this attempt ended, or could not be.
    Told {
        /// Who, of what, how, and what came of it.
        told: Box<Told>,
    },
    /// This attempt ended.
    Ended {
        /// Why it ended early, in words; none when every step is done or owed.
        stopped: Option<String>,
    },
    /// The run was given up: what is left of it is never done.
    GivenUp {
        /// Why, in the user's words.
        reason: String,
    },
}

/// What a run can be asked for while it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Let running steps end, and begin others only after [`Request::GoOn`].
    Pause,
    /// Let running steps end, then end this attempt.
    Stop,
    /// Cancel running steps on their hosts, then end this attempt.
    Cancel,
    /// Begin steps again after a pause.
    GoOn,
}

/// A request, who made it and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Asked {
    /// What.
    pub what: Request,
    /// Who, from where.
    pub by: String,
    /// Why, in their words.
    pub reason: String,
}

impl From<Asked> for Entry {
    fn from(Asked { what, by, reason }: Asked) -> Self {
        Self::Asked { what, by, reason }
    }
}

/// An entry with its place in the journal and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place, from 1.
    pub number: u64,
    /// When it was written, by the controller's clock.
    pub at: Timestamp,
    /// The entry.
    pub entry: Entry,
}
