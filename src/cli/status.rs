//! `mdc status`: desired beside observed.

use clap::Args;

use super::console::Console;
use super::form::Form;
use super::problem::Problem;
use super::site::Site;
use super::{Common, Exit, ManifestPath, debts, isolated, records, watch};
use crate::cores::Cores;
use crate::diagnostic::Code;
use crate::report::{Status as Report, past};
use crate::state::{RunEnding, Store, Summary};
use crate::view;

/// Reads all hosts and shows each component as it is beside what is desired.
#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    path: ManifestPath,
    #[command(flatten)]
    form: Form,
}

impl Status {
    pub(super) fn run(&self, common: &Common, console: &Console) -> Result<Exit, Problem> {
        let site = Site::load(&self.path.manifest, common, console)?;
        let observed = watch::observe(&site, console);
        let store = site.store();
        let mixed = view::mixed::addresses(&site.desired, &observed);
        let past = past(&*store, &observed, &mixed)?;
        let (changed, staged) = (store.newest_change()?, store.newest_stage()?);
        // Packages are of no use any more that a later run has brought itself.
        let staged = staged.filter(|staged| changed.as_ref() < Some(staged));
        let unfinished = |id: Option<String>| -> Result<Option<Summary>, Problem> {
            let summary = id.map(|id| store.summary(&id)).transpose()?;
            Ok(summary.filter(|run| !run.is_over()))
        };
        let (unfinished, staged) = (unfinished(changed.clone())?, unfinished(staged)?);
        let said = |run: &Summary, command: &str| {
            console.say(&format!(
                "The run {} is unfinished: {} of {} steps are done. `{command} {}` goes on with it.",
                run.run, run.done, run.steps, site.path,
            ));
        };
        // A record that can't be read keeps nobody from seeing the hosts: it is told behind them.
        let (isolated, unread) = match &changed {
            Some(id) if !given_up(&*store, id)? => isolated::isolated(&*store, id, console),
            _ => (Vec::new(), None),
        };
        let status = Report::of(&site.desired, &observed, &past, unfinished.clone());
        let status = Report { isolated, ..status };
        let document = || view::status::document(&site.desired, &observed, &past);
        self.form.show(&status, document, console)?;
        for why in site.kept_cores().map(Cores::unreadable_secrets).unwrap_or_default() {
            console.warns(Code::SecretUnseen, format!("{why}: no instance can be licensed by it"));
        }
        for why in records::moved_deployments(&site, &observed, console) {
            console.warns(Code::DeploymentMoved, why);
        }
        debts::say(&*store, &site.path, console)?;
        isolated::say(&status.isolated, unfinished.as_ref(), &site, console);
        if let Some(run) = &unfinished {
            said(run, "mdc resume");
        }
        if let Some(run) = &staged {
            said(run, "mdc stage");
        }
        if let Some(why) = unread {
            return Err(why.into());
        }
        Ok(if observed.unknown().count() == 0 { Exit::Done } else { Exit::Incomplete })
    }
}

fn given_up(store: &dyn Store, id: &str) -> Result<bool, Problem> {
    Ok(matches!(store.summary(id)?.ending, RunEnding::GivenUp(_)))
}
