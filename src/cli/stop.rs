//! `mdc pause`, `mdc go-on` and `mdc stop`: asks whoever is at work on the cluster, from another
//! terminal or another controller.

use clap::Args;

use super::console::Console;
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
}

/// Asks a paused run to go on.
#[derive(Debug, Args)]
pub(super) struct GoOn {
    #[command(flatten)]
    path: ManifestPath,
    /// Why, for the record
    #[arg(long, value_name = "REASON", default_value = "the pause is over")]
    because: String,
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
}

impl Pause {
    pub(super) fn run(&self, console: &Console) -> Result<Exit, Problem> {
        ask(&self.path, (Request::Pause, &self.because), console)
    }
}

impl GoOn {
    pub(super) fn run(&self, console: &Console) -> Result<Exit, Problem> {
        ask(&self.path, (Request::GoOn, &self.because), console)
    }
}

impl Stop {
    pub(super) fn run(&self, console: &Console) -> Result<Exit, Problem> {
        let what = if self.cancel { Request::Cancel } else { Request::Stop };
        ask(&self.path, (what, &self.because), console)
    }
}

fn ask(
    path: &ManifestPath,
    (what, reason): (Request, &str),
    console: &Console,
) -> Result<Exit, Problem> {
    let store = recorded::store(&path.manifest, console)?;
    let asked = Asked { what, by: who::here(), reason: reason.to_owned() };
    let tenant = store.ask(&asked)?;
    let next = match what {
        Request::Pause => "It begins no more steps; `mdc go-on` ends the pause.",
        Request::GoOn => "It begins steps again.",
        Request::Stop => "Steps that run come to their end, then it stops; `mdc resume` goes on.",
        Request::Cancel => "Steps that run are ended on their hosts; `mdc resume` goes on.",
    };
    console.say(&format!("Asked {tenant}."));
    console.say(&format!("{next} It hears of it within seconds."));
    Ok(Exit::Done)
}
