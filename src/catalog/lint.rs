//! What must hold for the catalog as a whole, beyond the form of each file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::sync::Arc;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::load::Entry;
use super::{Catalog, Component, Format, Health, Kind, Stage, health};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label};
use crate::source::{self, did_you_mean, listed};
use crate::value::Batch;

/// Everything that is wrong with the facts of `catalog`.
#[must_use]
pub fn lint(catalog: &Catalog) -> Diagnostics {
    let mut found: Vec<Diagnostic> = Vec::new();
    let schema = super::schema();
    let known: Vec<&str> = schema
        .get("properties")
        .and_then(|properties| properties.as_object())
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect();
    for entry in catalog.entries() {
        found.extend(marks(entry, &known));
        found.extend(template(entry));
        found.extend(procedure(entry));
        found.extend(logs(entry));
        found.extend(formats(entry));
        found.extend(singleton(entry));
        found.extend(unknown_needs(entry, catalog));
    }
    found.extend(order_clashes(catalog));
    found.extend(cycles(catalog));
    Diagnostics::from_iter(found)
}

/// A problem with `key` of `entry`, shown in the last file that sets it.
fn problem(code: Code, entry: &Entry, key: &str, message: impl Display) -> Diagnostic {
    let diagnostic = Diagnostic::new(code, format!("`{}`: {message}", entry.component.name));
    let place =
        entry.sources.iter().rev().find_map(|text| Some((text, source::key_span(text, &[key])?)));
    match place {
        Some((text, span)) => diagnostic.at(Label::new(text, span, "here")),
        None => diagnostic,
    }
}

fn marks(entry: &Entry, known: &[&str]) -> Vec<Diagnostic> {
    let sure = &entry.component.sure;
    let unmarked: Vec<&str> =
        entry.keys.keys().filter(|key| *key != "sure" && !sure.contains_key(*key)).collect();
    let mut found = Vec::new();
    if let Some(first) = unmarked.first() {
        let message = format!("nothing says how sure {} is", listed(unmarked.iter().copied()));
        found.push(problem(Code::Mark, entry, first, message).help(
            "add `KEY = { documented = \"which page\" }`, or `guess`, or `disputed`, under `[sure]`",
        ));
    }
    for mark in sure.keys().filter(|mark| !known.contains(&mark.as_str())) {
        let message = format!("`[sure]` marks `{mark}`, which is no key of a component");
        let help = did_you_mean(mark, known.iter().copied(), "the keys are");
        found.push(problem(Code::Mark, entry, "sure", message).help(help));
    }
    found
}

fn template(entry: &Entry) -> Option<Diagnostic> {
    let component = &entry.component;
    let (Health::Http(text) | Health::Command(text)) = &component.health;
    let wrong = health::fill(text, &component.ports).err()?;
    let ports = listed(component.ports.keys().map(String::as_str));
    Some(
        problem(
            Code::Template,
            entry,
            "health",
            format!("the health probe can't be made: {wrong}"),
        )
        .help(format!("the declared ports are {ports}")),
    )
}

/// Answers are recorded by the words of what they tell.
fn procedure(entry: &Entry) -> Vec<Diagnostic> {
    let procedure = &entry.component.procedure;
    let mut found = Vec::new();
    if let Err(wrong) = procedure.filled(&entry.component.ports) {
        let ports = listed(entry.component.ports.keys().map(String::as_str));
        let message = format!("a command of the procedure can't be made: {wrong}");
        let help = format!("the declared ports are {ports}; use them as `{{{{ports.NAME}}}}`");
        found.push(problem(Code::Template, entry, "procedure", message).help(help));
    }
    if let Some(role) = procedure.role.as_ref().filter(|role| !role.is_primary(&role.primary)) {
        let message =
            format!("the role of the primary is `{}`, which is not one word", role.primary);
        let help = "let `ask` print one word for each role, and write the primary's";
        found.push(problem(Code::Procedure, entry, "procedure", message).help(help));
    }
    let mut asked = BTreeSet::new();
    for keep in procedure.keeps.iter().filter(|keep| !asked.insert(&keep.what)) {
        let message = format!("two questions of `keeps` ask for the {}", keep.what);
        let help = "give each a `what` of its own: answers are compared by it";
        found.push(problem(Code::Procedure, entry, "procedure", message).help(help));
    }
    found
}

fn logs(entry: &Entry) -> Option<Diagnostic> {
    let wrong = entry.component.logs.wrong()?;
    let message = format!("its logs can't be read: {wrong}");
    let help = "the path and the patterns become part of a command: write them without quotes";
    Some(problem(Code::Template, entry, "logs", message).help(help))
}

fn formats(entry: &Entry) -> Option<Diagnostic> {
    let (package, unit) = (&entry.component.package, &entry.component.unit);
    let only = |one: &BTreeMap<Format, String>, other: &BTreeMap<Format, String>| {
        one.keys().find(|format| !other.contains_key(format)).copied()
    };
    let (format, has, lacks) = match (only(package, unit), only(unit, package)) {
        (Some(format), _) => (format, "package", "unit"),
        (None, Some(format)) => (format, "unit", "package"),
        (None, None) => return None,
    };
    let message = format!("`{has}` has a name for `{format}`, but `{lacks}` has none");
    Some(
        problem(Code::FormatMissing, entry, has, message)
            .help("give both, or neither to say that the format is not supported"),
    )
}

fn singleton(entry: &Entry) -> Option<Diagnostic> {
    let component = &entry.component;
    (component.singleton && component.at_once != Batch::ONE).then(|| {
        let message =
            format!("it is a singleton, but {} of it may change at once", component.at_once);
        problem(Code::SingletonAtOnce, entry, "at-once", message).help("write `at-once = 1`")
    })
}

fn unknown_needs(entry: &Entry, catalog: &Catalog) -> Vec<Diagnostic> {
    let names = || catalog.components().map(|c| c.name.as_str());
    let component = &entry.component;
    let needs = component.needs.iter().map(|need| ("needs", "it needs", &need.component));
    let newer = component.not_older_than.iter();
    let newer = newer.map(|name| ("not-older-than", "it must not be older than", name));
    let unknown =
        needs.chain(newer).filter(|(.., name)| catalog.component(name.as_str()).is_none());
    unknown
        .map(|(key, what, name)| {
            let message = format!("{what} `{name}`, which the catalog does not have");
            problem(Code::UnknownNeed, entry, key, message).help(did_you_mean(
                name.as_str(),
                names().collect::<Vec<_>>(),
                "there are",
            ))
        })
        .collect()
}

/// Critical components go one at a time, and a live service stops a function of the whole cluster:
/// each needs a place of its own. Instances of several kinds may share one.
fn order_clashes(catalog: &Catalog) -> Vec<Diagnostic> {
    let alone = |c: &Component| c.stage == Stage::Critical || c.kind == Kind::Service;
    let mut taken: BTreeMap<u32, &Arc<Component>> = BTreeMap::new();
    let mut found = Vec::new();
    for entry in catalog.entries() {
        let component = &entry.component;
        let Some(other) = taken.insert(component.upgrade_order, component) else { continue };
        if alone(component) || alone(other) {
            let message = format!(
                "its `upgrade-order` {} is also that of `{}`",
                component.upgrade_order, other.name
            );
            found.push(
                problem(Code::OrderClash, entry, "upgrade-order", message)
                    .help("give one of them another number"),
            );
        }
    }
    found
}

fn cycles(catalog: &Catalog) -> Vec<Diagnostic> {
    let mut needs: DiGraph<&str, ()> = DiGraph::new();
    let nodes: BTreeMap<&str, NodeIndex> =
        catalog.components().map(|c| (c.name.as_str(), needs.add_node(c.name.as_str()))).collect();
    for component in catalog.components() {
        for need in &component.needs {
            let ends = (nodes.get(component.name.as_str()), nodes.get(need.component.as_str()));
            if let (Some(from), Some(to)) = ends {
                needs.add_edge(*from, *to, ());
            }
        }
    }
    let circles = tarjan_scc(&needs).into_iter().filter(|members| match members.as_slice() {
        [alone] => needs.contains_edge(*alone, *alone),
        _ => true,
    });
    circles
        .map(|members| {
            let members: BTreeSet<&str> =
                members.into_iter().filter_map(|node| needs.node_weight(node).copied()).collect();
            let circle = listed(members.iter().copied());
            let message = format!("these components need each other in a circle: {circle}");
            let first = catalog.entries().find(|e| members.contains(e.component.name.as_str()));
            let diagnostic = Diagnostic::new(Code::NeedCycle, message)
                .help("remove the need that is not really there");
            let place = first.and_then(|entry| {
                let text = entry.sources.last()?;
                Some(Label::new(text, source::key_span(text, &["needs"])?, "one of the needs"))
            });
            match place {
                Some(label) => diagnostic.at(label),
                None => diagnostic,
            }
        })
        .collect()
}
