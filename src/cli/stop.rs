//! `mdc pause`, `mdc go-on` and `mdc stop`: asks whoever is at work on the cluster, from another
//! terminal or another controller.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::console::Console;
use super::form::{Answer, PlainForm};
use super::problem::Problem;
use super::{Exit, ManifestPath, recorded, who};
use crate::state::{Asked, Request};

/// Asks the run that goes on to begin no more steps; those that run come to their end.
#[derive(Debug, Args)]
pub(super) struct Pause {
    #[command(flatten)]
    path: ManifestPath,
    /// Why, for the record
    #[arg(long, value_name = "REASON")]
    because: String,
    #[command(flatten)]
    form: PlainForm,
}

/// Asks a paused run to go on.
#[derive(Debug, Args)]
pub(super) struct GoOn {
    #[command(flatten)]
    path: ManifestPath,
    /// Why, for the record
    #[arg(long, value_name = "REASON", default_value = "the pause is over")]
    because: String,
    #[command(flatten)]
    form: PlainForm,
}

/// Asks the run that goes on to stop: steps that run come to their end, then it ends.
#[derive(Debug, Args)]
pub(super) struct Stop {
    #[command(flatten)]
    path: ManifestPath,
    /// Why, for the record
    #[arg(long, value_name = "REASON")]
    because: String,
    /// End also the steps that run, on their hosts; what they leave is looked at when the run goes on
    #[arg(long)]
    cancel: bool,
    #[command(flatten)]
    form: PlainForm,
}

/// What was asked for, for programs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Requested {
    /// What.
    what: Request,
    /// Of whom: who carries the run out, from where, and when it last gave a sign of life.
    of: String,
    /// Who asked, from where.
    by: String,
    /// Why, in their words.
    because: String,
}

impl Pause {
    pub(super) fn run(&self, console: &Console) -> Result<Exit, Problem> {
        ask(&self.path, (Request::Pause, &self.because), (&self.form, console))
    }
}

impl GoOn {
    pub(super) fn run(&self, console: &Console) -> Result<Exit, Problem> {
        ask(&self.path, (Request::GoOn, &self.because), (&self.form, console))
    }
}

impl Stop {
    pub(super) fn run(&self, console: &Console) -> Result<Exit, Problem> {
        let what = if self.cancel { Request::Cancel } else { Request::Stop };
        ask(&self.path, (what, &self.because), (&self.form, console))
    }
}

fn ask(
    path: &ManifestPath,
    (what, reason): (Request, &str),
    (form, console): (&PlainForm, &Console),
) -> Result<Exit, Problem> {
    let store = recorded::store(&path.manifest, console)?;
    let asked = Asked { what, by: who::here(), reason: reason.to_owned() };
    let tenant = store.ask(&asked)?;
    // What stands beside runs is no run that could be resumed.
    let purpose = &*tenant.holder.purpose;
    let is_beside = ["mdc stage", "mdc backup"].iter().any(|it| purpose.starts_with(it));
    let again = if is_beside { purpose } else { "mdc resume" };
    let next = match what {
        Request::Pause => "It begins no more steps; `mdc go-on` ends the pause.".to_owned(),
        Request::GoOn => "It begins steps again.".to_owned(),
        Request::Stop => {
            format!("Steps that run come to their end, then it stops; `{again}` goes on.")
        }
        Request::Cancel => {
            format!("Steps that run are ended on their hosts; `{again}` goes on.")
        }
    };
    console.say(&format!("Asked {tenant}."));
    console.say(&format!("{next} It hears of it within seconds."));
    let Asked { what, by, reason } = asked;
    let request = Requested { what, of: tenant.to_string(), by, because: reason };
    form.format.answer(&Answer::of("asked", request), console)?;
    Ok(Exit::Done)
}
