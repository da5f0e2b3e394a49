//! Whether a change can go over a component's hosts as its `rolling` says.

use std::collections::BTreeSet;

use super::failures::at_key;
use crate::address::{ComponentName, HostName};
use crate::catalog::{Component, Replicas, Stage};
use crate::diagnostic::{Code, Diagnostic, Label};
use crate::manifest::{Host, Manifest};
use crate::source::{did_you_mean, listed};
use crate::value::Batch;

/// What is wrong with the way in which a change goes over the hosts of `component`.
pub(super) fn check(component: &Component, manifest: &Manifest) -> Vec<Diagnostic> {
    let wrong = impossible(component, manifest).or_else(|| too_many(component, manifest));
    wrong.into_iter().chain(at_once(component, manifest)).collect()
}

/// More that go at once than ever do.
fn at_once(component: &Component, manifest: &Manifest) -> Option<Diagnostic> {
    let Component { name, at_once, singleton, stage, .. } = component;
    let why = match stage {
        _ if *at_once == Batch::ONE => return None,
        Stage::Critical => "stage 2 changes one host after the other",
        Stage::Live if *singleton => "a cluster has one of it",
        Stage::Live => return None,
    };
    let message = format!("`at-once = {at_once}` of `{name}` has no effect: {why}");
    let problem =
        Diagnostic::new(Code::AtOnce, message).help("take it out, or write `at-once = 1`");
    Some(at_key(problem, component, manifest, &["at-once"]))
}

/// More that are to stay healthy than there are.
fn too_many(component: &Component, manifest: &Manifest) -> Option<Diagnostic> {
    let name = &component.name;
    let hosts = manifest.hosts.values().filter(|host| host.components.contains_key(name)).count();
    let promised = component.rolling.min_healthy.at_least(hosts);
    // What is only to be removed has none, and promises nothing.
    if hosts == 0 || promised <= hosts {
        return None;
    }
    let of = if hosts == 1 { "1 host has".to_owned() } else { format!("{hosts} hosts have") };
    let message = format!("{promised} of `{name}` are to stay healthy, and {of} it");
    let problem = Diagnostic::new(Code::TooManyHealthy, message).help(format!(
        "promise less than {hosts}, so that one of them can be changed; or add hosts with `{name}`"
    ));
    Some(at_key(problem, component, manifest, &["rolling", "min-healthy"]))
}

/// The first thing for which a change could not go over the hosts at all.
fn impossible(component: &Component, manifest: &Manifest) -> Option<Diagnostic> {
    let rolling = &component.rolling;
    if rolling.drain.is_some() && component.idle.is_none() {
        return Some(blind(component, manifest));
    }
    if let Some(problem) = replicas(component, manifest) {
        return Some(problem);
    }
    let per = rolling.per.as_deref()?;
    let mut hosts =
        manifest.hosts.iter().filter(|(_, host)| host.components.contains_key(&component.name));
    let lacks = hosts.find(|(_, host)| !host.labels.contains_key(per))?;
    Some(no_label(&component.name, lacks, per, manifest))
}

/// Replicas that there can't be.
fn replicas(component: &Component, manifest: &Manifest) -> Option<Diagnostic> {
    let Replicas { min, max } = component.replicas?;
    let name = &component.name;
    let hosts = manifest.hosts.values().filter(|host| host.components.contains_key(name)).count();
    let (message, help) = if min > max {
        let message =
            format!("`{name}` keeps at least {min} replicas of a file, and at most {max}");
        (message, "`min` is not larger than `max`".to_owned())
    } else if usize::try_from(min).is_ok_and(|min| hosts < min) {
        let message =
            format!("`{name}` keeps {min} replicas of a file, and fewer hosts have it: {hosts}");
        (message, format!("add a host with `{name}`, or write what its group is configured for"))
    } else {
        return None;
    };
    Some(at_override(Diagnostic::new(Code::Replicas, message), name, manifest).help(help))
}

fn blind(component: &Component, manifest: &Manifest) -> Diagnostic {
    let message = format!(
        "`{}` is to be drained, and nothing tells when it has finished what it has",
        component.name
    );
    at_override(Diagnostic::new(Code::DrainBlind, message), &component.name, manifest)
        .help("add `idle`, a command line that prints how much is still to be done")
}

fn no_label(
    component: &ComponentName,
    (name, host): (&HostName, &Host),
    per: &str,
    manifest: &Manifest,
) -> Diagnostic {
    let message = format!(
        "`{component}` goes over its hosts by their label `{per}`, and the host `{name}` has none"
    );
    // Each once, however many hosts have it.
    let known: BTreeSet<&str> =
        manifest.hosts.values().flat_map(|host| host.labels.keys().map(String::as_str)).collect();
    let help = if known.contains(per) {
        format!("the host has {}; give it `labels = {{ {per} = \"...\" }}`", labels(host))
    } else {
        did_you_mean(per, known, "the labels are")
    };
    Diagnostic::new(Code::NoLabel, message)
        .at(Label::new(&manifest.source, host.span.clone(), "without the label"))
        .help(help)
}

fn labels(host: &Host) -> String {
    if host.labels.is_empty() {
        return "no labels".to_owned();
    }
    listed(host.labels.keys().map(String::as_str))
}

fn at_override(problem: Diagnostic, name: &ComponentName, manifest: &Manifest) -> Diagnostic {
    match manifest.components.get(name) {
        Some(over) => {
            problem.at(Label::new(&manifest.source, over.span.clone(), "overridden here"))
        }
        None => problem,
    }
}
