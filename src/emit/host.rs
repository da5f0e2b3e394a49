//! What the template of a host's script is filled with.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use serde::Serialize;

use super::EmitError;
use super::commands::{Line, Lines};
use super::item::Item;
use super::package::Packages;
use super::shell::{Shell, Word};
use crate::address::{ComponentName, HostName};
use crate::plan::{HealthyBefore, Plan, WayBack};
use crate::value::Digest;
use crate::view::words;

/// How many steps of other hosts a step names.
const NAMED: usize = 5;

/// Where the script of a host lies.
pub(super) fn path(plan: &Plan, host: &HostName) -> Utf8PathBuf {
    format!("hosts/{host}/{}", Shell::of(plan, host).script(host)).into()
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
    engine: Cow<'static, str>,
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

/// What scripts of all hosts take from a plan: gathered once, so that a host costs what is its own.
pub(super) struct Common<'p> {
    plan: &'p Plan,
    first_wave: u32,
    /// Whom each host can ask for health.
    asked: BTreeMap<&'p HostName, BTreeMap<&'p ComponentName, &'p HealthyBefore>>,
}

impl<'p> Common<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let mut asked: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        let needed = plan.steps.iter().flat_map(|step| &step.needs_healthy);
        for it in plan.members.values().flat_map(|members| &members.0).chain(needed) {
            asked.entry(&it.host).or_default().insert(&it.component, it);
        }
        let first_wave = plan.steps.iter().map(|step| step.wave).min().unwrap_or_default();
        Self { plan, first_wave, asked }
    }
}

/// For the script of `host`.
pub(super) fn variables(
    common: &Common<'_>,
    host: &HostName,
    items: &[Item<'_>],
) -> Result<Variables, EmitError> {
    let plan = common.plan;
    let shell = Shell::of(plan, host);
    let site = format!("{}-{}", plan.cluster, plan.environment);
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let name: String = site.chars().take(60).map(safe).collect();
    let own = items.iter().map(|item| &*item.step.id).collect();
    Ok(Variables {
        host: shell.word(host.as_str()),
        cluster: shell.word(&plan.cluster),
        environment: shell.word(&plan.environment),
        release: shell.word(&plan.release),
        site: shell.word(&format!("{name}-{}", Digest::of(site.as_bytes()).short())),
        seal: shell.word(&plan.seal.to_string()),
        first_wave: common.first_wave,
        steps: items.iter().map(|item| step(item, common, (host, &own))).collect(),
        health: health(common, host, items)?,
        engine: shell.engine(),
    })
}

fn step(
    item: &Item<'_>,
    common: &Common<'_>,
    (host, items): (&HostName, &BTreeSet<&str>),
) -> StepVariables {
    let step = item.step;
    let shell = Shell::of(common.plan, host);
    let (loses, none) = match &step.way_back {
        Some(WayBack::Package { loses, .. }) => (&**loses, None),
        Some(WayBack::ByHand(why) | WayBack::None(why)) => ("", Some(shell.word(why))),
        Some(WayBack::Files { .. }) | None => ("", None),
    };
    let own = item.step.host == *host;
    let needs = step.needs_healthy.iter().filter(|need| own && need.host == *host);
    StepVariables {
        number: item.number,
        id: shell.word(&step.id),
        wave: step.wave,
        stage: shell.word(words::stage(step.stage)),
        kind: item.kind.as_str(),
        title: shell.word(&item.title),
        reasons: step.reasons.iter().map(|reason| shell.word(&words::reason(reason))).collect(),
        impact: (own && !step.impact.is_empty()).then(|| shell.word(&step.impact)),
        elsewhere: elsewhere(item, common, (host, items)),
        needs: needs.map(|need| shell.word(need.component.as_str())).collect(),
        commands: item.lines.clone(),
        back: item.back.clone(),
        loses: shell.word(loses),
        no_way_back: none,
    }
}

/// What has to be so before the step that the script of its host, which has `items`, can't see.
fn elsewhere(
    item: &Item<'_>,
    common: &Common<'_>,
    (host, items): (&HostName, &BTreeSet<&str>),
) -> Vec<Word> {
    if item.step.host != *host {
        return Vec::new();
    }
    let needs = item.step.needs_healthy.iter().filter(|need| need.host != *host);
    let healthy = needs.map(|HealthyBefore { host, component, .. }| {
        format!(
            "{component} is healthy on {host} (there: {} health {component})",
            Shell::of(common.plan, host).call(host)
        )
    });
    let is_seen =
        |id: &str, name: &words::StepName<'_>| name.host == host.as_str() && items.contains(id);
    let names = item.step.after.iter().map(|id| (id, words::StepName::of(id)));
    let names = names.filter(|(id, name)| !is_seen(id, name)).map(|(_, name)| name);
    let small = |name: &words::StepName<'_>| {
        name.action.is_some_and(|action| ["copy", "fetch", "keep", "mark-logs"].contains(&action))
    };
    let mut names: Vec<_> = names.filter(|name| !small(name)).collect();
    // What people do here comes first: nobody else asks for it.
    names.sort_by_key(|name| name.host != host.as_str());
    let after = names.iter().map(|name| format!("{} is done", name.in_words()));
    let mut after: Vec<String> = after.collect();
    let more = after.len().saturating_sub(NAMED);
    after.truncate(NAMED);
    if more > 0 {
        after.push(format!(
            "{} of the waves before are done, too",
            words::count(more, "other step")
        ));
    }
    let shell = Shell::of(common.plan, host);
    healthy.chain(after).map(|text| shell.word(&text)).collect()
}

/// Whom this host can ask for health.
fn health(
    common: &Common<'_>,
    host: &HostName,
    items: &[Item<'_>],
) -> Result<Vec<Health>, EmitError> {
    let Some(first) = items.first() else { return Ok(Vec::new()) };
    let packages = Packages::none();
    let shell = Shell::of(common.plan, host);
    let lines = Lines { step: first.step, packages: &packages, host, shell };
    let of = |(component, it): (&&ComponentName, &&HealthyBefore)| {
        let commands = it.check.iter().map(|command| lines.plain(command));
        Ok(Health {
            component: shell.word(component.as_str()),
            commands: commands.collect::<Result<_, _>>()?,
        })
    };
    common.asked.get(host).into_iter().flatten().map(of).collect()
}
