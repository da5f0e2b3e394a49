//! Failures that a manifest would tolerate and that nothing can go on after.

use crate::catalog::{Component, Stage};
use crate::diagnostic::{Code, Diagnostic, Label};
use crate::manifest::Manifest;
use crate::source;

/// What is wrong with the `on-failure` of `component` on the hosts that have it.
pub(super) fn check(component: &Component, manifest: &Manifest) -> Option<Diagnostic> {
    if component.on_failure.tolerate.is_none() {
        return None;
    }
    let (name, why) = (&component.name, why_alone(component, manifest)?);
    let message = format!("no failure of `{name}` can be tolerated: {why}");
    let help = "take `tolerate` out, or write `tolerate = 0`: what comes after a failure then waits until it is \
                mended";
    let problem = Diagnostic::new(Code::Tolerate, message).help(help);
    Some(at_key(problem, component, manifest, &["on-failure", "tolerate"]))
}

/// Why no other host does the work of one of `component`; nothing when others do.
fn why_alone(component: &Component, manifest: &Manifest) -> Option<&'static str> {
    let name = &component.name;
    let hosts = manifest.hosts.values().filter(|host| host.components.contains_key(name)).count();
    match component.stage {
        Stage::Critical => Some("it is changed in stage 2, one host after another"),
        Stage::Live if component.singleton => Some("a cluster has one of it"),
        Stage::Live if hosts == 1 => Some("one host has it"),
        Stage::Live => None,
    }
}

/// `problem` at the key that `path` leads to in what the manifest says of `component`; where the catalog says
/// it, at the component's first place.
pub(super) fn at_key(
    problem: Diagnostic,
    component: &Component,
    manifest: &Manifest,
    path: &[&str],
) -> Diagnostic {
    let source = &manifest.source;
    let path = [&["components", component.name.as_str()], path].concat();
    if let Some(span) = source::key_span(source, &path) {
        return problem.at(Label::new(source, span, "here"));
    }
    let mut placed = manifest.hosts.values().filter_map(|it| it.components.get(&component.name));
    match placed.next() {
        Some(span) => problem.at(Label::new(source, span.clone(), "placed here")),
        None => problem,
    }
}
