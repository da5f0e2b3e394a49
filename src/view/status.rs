//! What should be beside what is: every component on every host, equal hosts together.

use super::document::{Block, Document, Field, Label, Row, Side, Table, Text};
use super::group::group;
use super::words;
use crate::address::{Address, ComponentName};
use crate::catalog::Stage;
use crate::desired::{Desired, Resource};
use crate::observe::{ComponentFacts, HealthState, HostState, Observed, PackageState, UnitState};

/// Desired against observed, as a document.
#[must_use]
pub fn document(desired: &Desired, observed: &Observed) -> Document {
    let lines: Vec<Line<'_>> = lines(desired, observed);
    let mut document = Document::titled(title(desired));
    document.push(Block::Paragraph(summary(&lines)));
    document.push(Block::Table(table(lines)));
    document.extend(unreadable(desired, observed));
    document
}

fn title(desired: &Desired) -> Text {
    Text::of(Label::Strong, &desired.cluster)
        .plain(" (")
        .plain(&desired.environment)
        .plain("): status against release ")
        .and(Label::Strong, &desired.release)
}

/// One resource; the order of the fields is the order of the table.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Line<'a> {
    place: (Option<(Stage, u32)>, &'a ComponentName),
    state: State,
    desired: &'a str,
    installed: String,
    unit: String,
    health: String,
    host: &'a str,
}

/// Whether a resource is as it should be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    AsDesired,
    Differs,
    Unknown,
}

fn lines<'a>(desired: &'a Desired, observed: &'a Observed) -> Vec<Line<'a>> {
    let mut lines: Vec<Line<'a>> = desired
        .resources
        .iter()
        .map(|(address, resource)| line(desired, address, resource, facts(observed, address)))
        .collect();
    lines.sort_unstable();
    lines
}

fn facts<'a>(observed: &'a Observed, address: &Address) -> Option<&'a ComponentFacts> {
    match observed.hosts.get(&address.host)? {
        HostState::Known(facts) => facts.components.get(&address.component),
        HostState::Unknown(_) => None,
    }
}

fn line<'a>(
    desired: &'a Desired,
    address: &'a Address,
    resource: &'a Resource,
    facts: Option<&ComponentFacts>,
) -> Line<'a> {
    let entry = desired.components.get(&address.component);
    let unknown = || "unknown".to_owned();
    Line {
        place: (entry.map(|it| (it.stage, it.upgrade_order)), &address.component),
        state: facts.map_or(State::Unknown, |facts| state(resource, facts)),
        desired: resource.version.as_str(),
        installed: facts.map_or_else(unknown, |it| words::package(&it.package)),
        unit: facts.map_or_else(unknown, |it| words::unit(&it.unit)),
        health: facts.map_or_else(unknown, |it| words::health(&it.health)),
        host: address.host.as_str(),
    }
}

fn state(resource: &Resource, facts: &ComponentFacts) -> State {
    let version =
        matches!(&facts.package, PackageState::Installed(it) if *it.upstream() == resource.version);
    let runs = facts.unit == UnitState::Active && facts.health == HealthState::Healthy;
    if version && runs { State::AsDesired } else { State::Differs }
}

fn summary(lines: &[Line<'_>]) -> Text {
    let number = |state| lines.iter().filter(|line| line.state == state).count();
    let all = words::count(lines.len(), "resource");
    match (number(State::Differs), number(State::Unknown)) {
        (0, 0) => Text::of(Label::Good, "✓ ").plain(format!("All {all} are as desired.")),
        (differ, unknown) => Text::of(
            Label::Warning,
            format!("{} of {all} are as desired", number(State::AsDesired)),
        )
        .plain(format!(": {differ} differ, {unknown} unknown.")),
    }
}

fn table(lines: Vec<Line<'_>>) -> Table {
    let columns = ["component", "hosts", "desired", "observed", "unit", "health", ""];
    let mut table = Table::new(&columns.map(|title| (title, Side::Left)));
    let mut component = None;
    for (line, members) in group(lines, on_any_host) {
        let first = component.replace(line.place.1) != Some(line.place.1);
        let name = if first { line.place.1.as_str() } else { "" };
        let hosts = words::hosts(members.iter().map(|member| member.host));
        table.rows.push(Row::new(vec![
            Text::of(Label::Component, name),
            Text::of(Label::Host, hosts),
            Text::of(Label::Version, line.desired),
            Text::of(Label::Version, line.installed),
            line.unit.into(),
            line.health.into(),
            mark(line.state),
        ]));
    }
    table
}

/// What is the same for all hosts of a row.
fn on_any_host<'a>(line: &Line<'a>) -> Line<'a> {
    Line { host: "", ..line.clone() }
}

fn mark(state: State) -> Text {
    match state {
        State::AsDesired => Text::of(Label::Good, "✓ as desired"),
        State::Differs => Text::of(Label::Warning, "✗ differs"),
        State::Unknown => Text::of(Label::Warning, "? unknown"),
    }
}

/// The hosts that could not be read, with why and what to do.
fn unreadable(desired: &Desired, observed: &Observed) -> Vec<Block> {
    let hosts = desired.hosts.keys().filter_map(|host| match observed.hosts.get(host) {
        Some(HostState::Known(_)) => None,
        Some(HostState::Unknown(it)) => Some((host, it.reason.as_str(), it.hint.as_str())),
        None => Some((host, "it was not asked", "leave out the choice of hosts to ask all")),
    });
    let mut table = Table::new(&[("hosts", Side::Left)]);
    for ((reason, hint), members) in group(hosts, |(_, reason, hint)| (*reason, *hint)) {
        let hosts = words::hosts(members.iter().map(|(host, ..)| host.as_str()));
        table.rows.push(Row {
            cells: vec![Text::of(Label::Host, hosts)],
            notes: vec![Field::new("why", reason), Field::new("next", hint)],
        });
    }
    if table.rows.is_empty() {
        return Vec::new();
    }
    vec![
        Block::heading(Text::of(Label::Warning, "Hosts that could not be read")),
        Block::Table(table),
    ]
}
