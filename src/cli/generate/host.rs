//! What the root of a host installs there, so that mdc's login user becomes root for what is listed
//! and for nothing else.

use camino::Utf8PathBuf;
use clap::Args;

use crate::address::HostName;
use crate::cli::Common;
use crate::cli::console::Console;
use crate::cli::problem::Problem;
use crate::cli::show;
use crate::cli::site::Site;
use crate::diagnostic::Code;
use crate::observe;
use crate::plan::{Plan, Step};
use crate::transport::{self, ALLOWED_PATH, Account, Command, GATE_PATH};
use crate::value::RemotePath;
use crate::view::harmless::visible;

/// The rule for sudo.
#[derive(Debug, Args)]
pub(super) struct Sudoers {
    /// The login user, as the connection's `user` names it
    #[arg(long, value_name = "NAME")]
    user: String,
    /// Where the gate stands on the host, as the connection's `sudo = { gate = "…" }` names it
    #[arg(long, value_name = "PATH", default_value = GATE_PATH)]
    gate: RemotePath,
}

/// The list of what the gate of one host may run.
#[derive(Debug, Args)]
pub(super) struct Allowed {
    /// The host, as the manifest names it
    host: String,
    /// The manifest, for reading the host
    #[arg(long, value_name = "FILE", default_value = "mdc.toml")]
    manifest: Utf8PathBuf,
    /// A saved plan whose commands are to be run on the host too
    #[arg(long, value_name = "FILE")]
    plan: Option<Utf8PathBuf>,
}

impl Sudoers {
    pub(super) fn text(&self) -> Result<String, Problem> {
        transport::sudoers(&self.user, &self.gate).map_err(|problem| {
            Problem::new(Code::Unfit, problem, "name a plain user and a plain path")
        })
    }
}

impl Allowed {
    pub(super) fn text(&self, common: &Common, console: &Console) -> Result<String, Problem> {
        let site = Site::load(&self.manifest, common, console)?;
        let found = site.desired.hosts.get_key_value(self.host.as_str());
        let asked =
            found.and_then(|(host, _)| Some((host, observe::questions(&site.desired, host)?)));
        let Some((host, questions)) = asked else {
            return Err(Problem::new(
                Code::UnknownName,
                format!("the manifest has no host `{}`", self.host),
                "name a host as the manifest does",
            ));
        };
        let plan = self.plan.as_deref().map(show::read).transpose()?;
        let seal = plan.as_ref().map_or_else(
            || "no plan: the host can be read, and nothing can be changed".to_owned(),
            |plan| format!("the plan with the seal {}", plan.seal),
        );
        let mut text = format!(
            "# What mdc-gate may run on {host}, for {seal}.\n\
             # Install as {ALLOWED_PATH}, in a folder of root's, owner root, mode 0644.\n"
        );
        text += &transport::allowed(&questions.script, "reads the host");
        for command in plan.iter().flat_map(|plan| commands(plan, host)) {
            let line = transport::allowed(&command.run, &visible(&command.run));
            if !text.contains(&line) {
                text += &line;
            }
        }
        Ok(text)
    }
}

/// What `plan` runs on `host` as root: its steps' commands and their ways back, and the checks that
/// other steps need.
fn commands<'p>(plan: &'p Plan, host: &'p HostName) -> impl Iterator<Item = &'p Command> {
    let steps = plan.steps.iter().filter(move |step| step.host == *host);
    let many = plan.members.values().chain(plan.asked.values()).flat_map(|members| &members.0);
    let needs = plan.steps.iter().flat_map(|step| &step.needs_healthy).chain(many);
    let checks = needs.filter(move |need| need.host == *host);
    let feeders = plan.steps.iter().filter_map(|step| step.feeder.as_ref());
    let feeds = feeders.filter(move |it| it.host == *host).flat_map(|it| it.commands.iter());
    let back = |step: &'p Step| step.back().into_iter().flat_map(|commands| commands.iter());
    let own = steps.flat_map(move |step| step.commands.iter().chain(back(step)));
    let all = own.chain(feeds).chain(checks.flat_map(|need| need.check.iter()));
    all.filter(|command| command.account == Account::Root)
}
