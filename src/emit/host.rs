//! What the template of a host's script is filled with.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde::Serialize;

use super::EmitError;
use super::commands::{Line, Lines, Word};
use super::item::Item;
use super::package::Packages;
use crate::address::{ComponentName, HostName};
use crate::plan::{HealthyBefore, Plan, WayBack};
use crate::value::Digest;
use crate::view::words;

/// The part of every script that carries its steps out.
const ENGINE: &str = concat!(
    include_str!("engine/begin.sh"),
    include_str!("engine/steps.sh"),
    include_str!("engine/record.sh"),
    include_str!("engine/command.sh"),
    include_str!("engine/secrets.sh"),
    include_str!("engine/step.sh"),
    include_str!("engine/calls.sh"),
);
/// How many steps of other hosts a step names.
const NAMED: usize = 5;

/// Where the script of a host lies. This, `Templates::host` and `engine/` are what a host with another
/// shell would have of its own: all that a plan can change today has a POSIX shell.
pub(super) fn path(host: &HostName) -> Utf8PathBuf {
    format!("hosts/{host}/{}", script(host)).into()
}

/// The name of the script of a host.
pub(super) fn script(host: &HostName) -> String {
    format!("{host}.sh")
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Variables {
    host: Word,
    cluster: Word,
    environment: Word,
    release: Word,
    site: Word,
    seal: Word,
    first_wave: u32,
    steps: Vec<StepVariables>,
    health: Vec<Health>,
    engine: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct StepVariables {
    number: usize,
    id: Word,
    wave: u32,
    stage: Word,
    kind: &'static str,
    title: Word,
    reasons: Vec<Word>,
    impact: Option<Word>,
    elsewhere: Vec<Word>,
    needs: Vec<Word>,
    commands: Vec<Line>,
    back: Vec<Line>,
    loses: Word,
    no_way_back: Option<Word>,
}

#[derive(Serialize)]
struct Health {
    component: Word,
    commands: Vec<Line>,
}

/// For the script of `host`.
pub(super) fn variables(
    plan: &Plan,
    host: &HostName,
    items: &[Item<'_>],
) -> Result<Variables, EmitError> {
    let site = format!("{}-{}", plan.cluster, plan.environment);
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let name: String = site.chars().take(60).map(safe).collect();
    Ok(Variables {
        host: Word::new(host.as_str()),
        cluster: Word::new(&plan.cluster),
        environment: Word::new(&plan.environment),
        release: Word::new(&plan.release),
        site: Word::new(&format!("{name}-{}", Digest::of(site.as_bytes()).short())),
        seal: Word::new(&plan.seal.to_string()),
        first_wave: plan.steps.iter().map(|step| step.wave).min().unwrap_or_default(),
        steps: items.iter().map(|item| step(item, host)).collect(),
        health: health(plan, host, items)?,
        engine: ENGINE.trim_end(),
    })
}

fn step(item: &Item<'_>, host: &HostName) -> StepVariables {
    let step = item.step;
    let (loses, none) = match &step.way_back {
        Some(WayBack::Package { loses, .. }) => (&**loses, None),
        Some(WayBack::None(why)) => ("", Some(Word::new(why))),
        Some(WayBack::Files { .. }) | None => ("", None),
    };
    let own = item.step.host == *host;
    let needs = step.needs_healthy.iter().filter(|need| own && need.host == *host);
    StepVariables {
        number: item.number,
        id: Word::new(&step.id),
        wave: step.wave,
        stage: Word::new(words::stage(step.stage)),
        kind: item.kind.as_str(),
        title: Word::new(&item.title),
        reasons: step.reasons.iter().map(|reason| Word::new(&words::reason(reason))).collect(),
        impact: (own && !step.impact.is_empty()).then(|| Word::new(&step.impact)),
        elsewhere: elsewhere(item, host),
        needs: needs.map(|need| Word::new(need.component.as_str())).collect(),
        commands: item.lines.clone(),
        back: item.back.clone(),
        loses: Word::new(loses),
        no_way_back: none,
    }
}

/// What has to be so on other hosts before the step.
fn elsewhere(item: &Item<'_>, host: &HostName) -> Vec<Word> {
    if item.step.host != *host {
        return Vec::new();
    }
    let needs = item.step.needs_healthy.iter().filter(|need| need.host != *host);
    let healthy = needs.map(|HealthyBefore { host, component, .. }| {
        format!(
            "{component} is healthy on {host} (there: bash {} health {component})",
            script(host)
        )
    });
    let names = item.step.after.iter().map(|id| words::StepName::of(id));
    let small = |name: &words::StepName<'_>| {
        name.action.is_some_and(|action| ["copy", "fetch", "keep", "mark-logs"].contains(&action))
    };
    let names = names.filter(|name| name.host != host.as_str() && !small(name));
    let mut after: Vec<String> = names.map(|name| format!("{} is done", name.in_words())).collect();
    let more = after.len().saturating_sub(NAMED);
    after.truncate(NAMED);
    if more > 0 {
        after.push(format!(
            "{} of the waves before are done, too",
            words::count(more, "other step")
        ));
    }
    healthy.chain(after).map(|text| Word::new(&text)).collect()
}

/// Whom this host can ask for health.
fn health(plan: &Plan, host: &HostName, items: &[Item<'_>]) -> Result<Vec<Health>, EmitError> {
    let Some(first) = items.first() else { return Ok(Vec::new()) };
    let needed = plan.steps.iter().flat_map(|step| &step.needs_healthy);
    let members = plan.members.values().flat_map(|members| &members.0);
    let here = members.chain(needed).filter(|it| it.host == *host);
    let known: BTreeMap<&ComponentName, &HealthyBefore> =
        here.map(|it| (&it.component, it)).collect();
    let packages = Packages::none();
    let lines = Lines { step: first.step, packages: &packages, host };
    let of = |(component, it): (&ComponentName, &HealthyBefore)| {
        let commands = it.check.iter().map(|command| lines.plain(command));
        Ok(Health {
            component: Word::new(component.as_str()),
            commands: commands.collect::<Result<_, _>>()?,
        })
    };
    known.into_iter().map(of).collect()
}
