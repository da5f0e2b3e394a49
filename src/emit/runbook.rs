//! What the template of the runbook is filled with. Every text is Markdown already, on one line unless
//! it is a block of code.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::item::{self, By, Hosts, Item};
use super::package::Packages;
use super::rules;
use super::shell::Shell;
use super::text::{block, code, plain};
use super::way_back::{self, WaysBack};
use crate::address::HostName;
use crate::plan::{Plan, Purpose, Step, elapsed};
use crate::transport::{Command, Task};
use crate::value::SecretReference;
use crate::view::words;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Variables {
    windows: bool,
    cluster: String,
    environment: String,
    leads_to: String,
    release: String,
    seal: String,
    manifest: String,
    tool: String,
    takes: String,
    window: Option<String>,
    approvals: Vec<String>,
    warnings: Vec<String>,
    unknown: Vec<String>,
    withheld: Vec<String>,
    waived: Vec<String>,
    hosts: Vec<Host>,
    center_files: Vec<File>,
    secrets: Vec<Secret>,
    waves: Vec<Wave>,
    policies: Vec<String>,
    #[serde(flatten)]
    ways_back: WaysBack,
}

#[derive(Serialize)]
struct Host {
    name: String,
    folder: String,
    script: String,
    steps: String,
    packages: Vec<File>,
}

#[derive(Serialize)]
struct File {
    path: String,
    digest: String,
    size: String,
}

#[derive(Serialize)]
struct Secret {
    name: String,
    host: String,
    step: String,
    from: String,
}

#[derive(Serialize)]
struct Wave {
    number: u32,
    stage: &'static str,
    means: &'static str,
    does: String,
    takes: String,
    impacts: Vec<String>,
    people: Vec<People>,
    rows: Vec<Row>,
    counts: Vec<String>,
}

/// What people do that no script can.
#[derive(Serialize)]
struct People {
    step: String,
    does: String,
    how: String,
}

#[derive(Serialize)]
struct Row {
    host: String,
    run: String,
    steps: Vec<RowStep>,
}

#[derive(Serialize)]
struct RowStep {
    number: usize,
    does: String,
}

pub(super) fn variables(plan: &Plan, hosts: &Hosts<'_>, packages: &Packages) -> Variables {
    let steps: Vec<&Step> = plan.steps.iter().collect();
    Variables {
        windows: hosts.keys().any(|host| Shell::of(plan, host) == Shell::PowerShell),
        cluster: plain(&plan.cluster),
        environment: plain(&plan.environment),
        leads_to: leads_to(plan),
        release: plain(&plan.release),
        seal: code(&plan.seal.to_string()),
        manifest: code(&plan.manifest),
        tool: plain(&plan.basis.tool),
        takes: words::about(elapsed(&steps)),
        window: window(plan),
        approvals: rules::approvals(plan),
        warnings: warnings(plan),
        unknown: unknown(plan),
        withheld: withheld(plan),
        waived: waived(plan),
        hosts: hosts.iter().map(|(name, items)| host((plan, name), items, packages)).collect(),
        center_files: packages.to_center().map(file).collect(),
        secrets: secrets(plan),
        waves: waves(plan, hosts),
        policies: rules::policies(plan),
        ways_back: way_back::of(plan, hosts),
    }
}

fn warnings(plan: &Plan) -> Vec<String> {
    let missing = plan.rehearsal.iter().flat_map(|rehearsal| &rehearsal.missing);
    let missing = missing.map(|change| plain(&format!("not rehearsed, as it has to be: {change}")));
    plan.warnings.iter().map(|remark| plain(remark)).chain(missing).collect()
}

fn leads_to(plan: &Plan) -> String {
    plain(&match &plan.purpose {
        Purpose::Release => format!("to release {}", plan.release),
        Purpose::RollBack(run) => format!("roll back the run {run}"),
        Purpose::BackUp => "take backups".to_owned(),
        Purpose::Stage => "bring packages to their hosts".to_owned(),
        Purpose::FailOver => "let a standby take over".to_owned(),
        Purpose::Finalise => "drop what was kept for the way back".to_owned(),
    })
}

fn window(plan: &Plan) -> Option<String> {
    let window = plan.window.as_ref()?;
    let all = |texts: Vec<String>| texts.join("; ");
    let open = all(window.open.iter().map(ToString::to_string).collect());
    let freeze = all(window.freeze.iter().map(ToString::to_string).collect());
    let never = if freeze.is_empty() { freeze } else { format!(", never {freeze}") };
    Some(plain(&format!("{open} ({}){never}", window.zone)))
}

fn unknown(plan: &Plan) -> Vec<String> {
    let line = |it: &crate::plan::Unknown| format!("{}: {}; {}", it.host, it.reason, it.hint);
    plan.unknown.iter().map(|it| plain(&line(it))).collect()
}

fn withheld(plan: &Plan) -> Vec<String> {
    let line = |it: &crate::plan::Withheld| {
        format!("{} {} on {}: {}", words::action(it.action), it.component, it.host, it.reason)
    };
    plan.withheld.iter().map(|it| plain(&line(it))).collect()
}

fn waived(plan: &Plan) -> Vec<String> {
    let line = |it: &crate::preflight::Waived| {
        let host = it.host.as_ref().map_or("all hosts", |host| host.as_str());
        format!("{} on {host} until {}: {}", it.check, it.until, it.reason)
    };
    plan.waivers.iter().map(|it| plain(&line(it))).collect()
}

fn host((plan, name): (&Plan, &HostName), items: &[Item<'_>], packages: &Packages) -> Host {
    Host {
        name: name.to_string(),
        folder: code(&format!("hosts/{name}")),
        script: code(&Shell::of(plan, name).script(name)),
        steps: words::count(items.len(), "step"),
        packages: packages.on(name).map(file).collect(),
    }
}

fn file(file: &super::PackageFile) -> File {
    File {
        path: code(file.to.as_str()),
        digest: code(&file.digest.to_string()),
        size: words::bytes(file.size),
    }
}

fn secrets(plan: &Plan) -> Vec<Secret> {
    let mut found = BTreeSet::new();
    for step in &plan.steps {
        for command in step.commands.iter() {
            let Task::WriteFile { secrets, .. } = &command.task else { continue };
            for (name, reference) in secrets {
                let from = match reference {
                    SecretReference::Env(name) => format!("the environment variable {name}"),
                    SecretReference::File(path) => format!("the file {path}"),
                    SecretReference::Command(words) => {
                        format!("the command {}", words.first().map_or("", String::as_str))
                    }
                };
                found.insert((step.host.as_str(), name.as_str(), &*step.id, from));
            }
        }
    }
    let secret = |(host, name, step, from): (&str, &str, &str, String)| Secret {
        name: code(name),
        host: host.to_owned(),
        step: code(step),
        from: plain(&from),
    };
    found.into_iter().map(secret).collect()
}

fn waves(plan: &Plan, hosts: &Hosts<'_>) -> Vec<Wave> {
    let mut waves: BTreeMap<u32, Vec<&Step>> = BTreeMap::new();
    for step in &plan.steps {
        waves.entry(step.wave).or_default().push(step);
    }
    let mut rows = rows(plan, hosts);
    let wave = |(number, steps): (u32, Vec<&Step>)| {
        wave(plan, (number, &steps), rows.remove(&number).unwrap_or_default())
    };
    waves.into_iter().map(wave).collect()
}

fn wave(plan: &Plan, (number, steps): (u32, &[&Step]), rows: Vec<Row>) -> Wave {
    let stage = steps.first().map(|step| step.stage);
    let (title, means) = match (stage, plan.purpose.rolls_back()) {
        (None, _) => ("", ""),
        (Some(stage), Some(_)) => (words::stage_back(stage), words::stage_back_means(stage)),
        (Some(stage), None) => (words::stage(stage), plan.means(stage)),
    };
    let mut actions: Vec<&str> = steps.iter().map(|step| words::action(step.action)).collect();
    actions.dedup();
    let actions: BTreeSet<&str> = actions.into_iter().collect();
    let impacts: BTreeSet<String> = steps
        .iter()
        .filter(|step| !step.impact.is_empty())
        .map(|step| plain(&format!("{} on {}: {}", step.component, step.host, step.impact)))
        .collect();
    Wave {
        number,
        stage: title,
        means,
        does: plain(&actions.into_iter().collect::<Vec<_>>().join(", ")),
        takes: words::about(elapsed(steps)),
        impacts: impacts.into_iter().collect(),
        people: steps.iter().flat_map(|step| people(step)).collect(),
        rows,
        counts: steps.iter().flat_map(|step| &*step.commands).filter_map(count).collect(),
    }
}

/// The hosts that have something to do, by wave.
fn rows(plan: &Plan, hosts: &Hosts<'_>) -> BTreeMap<u32, Vec<Row>> {
    let mut rows: BTreeMap<u32, Vec<Row>> = BTreeMap::new();
    for (host, items) in hosts {
        let call = Shell::of(plan, host).call_as_root(host);
        // A host's items are in the order of their waves.
        for here in items.chunk_by(|one, next| one.step.wave == next.step.wave) {
            let Some(wave) = here.first().map(|item| item.step.wave) else { continue };
            let step = |item: &Item<'_>| RowStep { number: item.number, does: plain(&item.title) };
            let run = code(&format!("{call} run --wave {wave}"));
            let steps = here.iter().map(step).collect();
            rows.entry(wave).or_default().push(Row { host: host.to_string(), run, steps });
        }
    }
    rows
}

/// How many of several hosts are enough; none when all have to be, which their scripts say themselves.
fn count(command: &Command) -> Option<String> {
    let Task::AwaitHealthy { component, at_least, of, without, .. } = &command.task else {
        return None;
    };
    if at_least >= of {
        return None;
    }
    let without: Vec<&str> = without.iter().map(HostName::as_str).collect();
    let without = match without.as_slice() {
        [] => String::new(),
        hosts => format!(", and {} isn't asked since it is changed next", hosts.join(", ")),
    };
    Some(plain(&format!("at least {at_least} of {of} {component} are healthy{without}")))
}

/// What of a step no script can do.
fn people(step: &Step) -> Vec<People> {
    let alone = matches!(item::by(step), By::People);
    let theirs = step.commands.iter().filter_map(|command| how(command, alone));
    let made = |(does, how): (String, String)| People {
        step: code(&step.id),
        does: plain(&does),
        how: block(&how),
    };
    theirs.map(made).collect()
}

fn how(command: &Command, alone: bool) -> Option<(String, String)> {
    let run = command.run.clone();
    match &command.task {
        Task::Tell { notice, way, .. } => Some((format!("tell {notice} ({way})"), run)),
        Task::TestScan { .. } | Task::AwaitHistory(_) => {
            Some((words::gate(&command.task).unwrap_or_else(|| command.task.in_words()), run))
        }
        Task::Request(request) => Some((format!("in Control Center: {}", request.say), run)),
        Task::ByHand { text, .. } | Task::Confirm { text, .. } => {
            Some((text.clone(), String::new()))
        }
        _ if alone => Some((command.task.in_words(), run)),
        _ => None,
    }
    .map(|(does, how)| {
        (does, if how.is_empty() { "the script asks for it".to_owned() } else { how })
    })
}
