//! What should be beside what is: every component on every host, equal hosts together.

use super::document::{Block, Document, Field, Label, Row, Side, Table, Text};
use super::group::group;
use super::{kept, mixed, standby, words};
use crate::address::{Address, ComponentName};
use crate::catalog::Stage;
use crate::desired::{Desired, Resource};
use crate::observe::{ComponentFacts, HostState, Observed};
use crate::report::status::{Standing, facts};
use crate::report::{Past, Readiness, readiness};

/// Desired against observed, as a document. `past`: since when we have what is in several versions.
#[must_use]
pub fn document(desired: &Desired, observed: &Observed, past: &Past) -> Document {
    let lines = lines(desired, observed);
    let instances = readiness(desired, observed);
    let mut document = Document::titled(title(desired));
    document.push(Block::Paragraph(summary(&lines, &instances)));
    document.push(Block::Table(table(lines)));
    document.extend(mixed::blocks(desired, observed, past));
    document.extend(kept::blocks(desired, observed));
    document.extend(standby::blocks(&instances));
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

/// One resource. The order of the fields is the order of the table.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Line<'a> {
    order: Option<(Stage, u32)>,
    component: &'a ComponentName,
    state: Standing,
    desired: &'a str,
    observed: String,
    service: String,
    probe: Option<&'a str>,
    host: &'a str,
}

fn lines<'a>(desired: &'a Desired, observed: &'a Observed) -> Vec<Line<'a>> {
    let mut lines: Vec<Line<'a>> = desired
        .resources
        .iter()
        .map(|(address, resource)| Line {
            order: desired
                .components
                .get(&address.component)
                .map(|it| (it.stage, it.upgrade_order)),
            ..line(address, resource, facts(observed, address))
        })
        .collect();
    lines.sort_unstable();
    lines
}

fn line<'a>(
    address: &'a Address,
    resource: &'a Resource,
    facts: Option<&'a ComponentFacts>,
) -> Line<'a> {
    let health = facts.map(|facts| words::health(&facts.health));
    let service =
        facts.zip(health).map(|(it, (health, _))| format!("{}, {health}", words::unit(&it.unit)));
    Line {
        order: None,
        component: &address.component,
        state: Standing::of(resource, facts),
        desired: resource.version.as_str(),
        observed: facts.map_or_else(|| "unknown".to_owned(), |it| words::package(&it.package)),
        service: service.unwrap_or_default(),
        probe: health.and_then(|(_, said)| said),
        host: address.host.as_str(),
    }
}

fn summary(lines: &[Line<'_>], instances: &[Readiness]) -> Text {
    let number = |state| lines.iter().filter(|line| line.state == state).count();
    let (as_desired, all) = (number(Standing::AsDesired), words::count(lines.len(), "resource"));
    let left =
        [(number(Standing::Differs), "not as desired"), (number(Standing::Unknown), "unknown")];
    let left = left.iter().filter(|(number, _)| *number > 0);
    let left: Vec<String> = left
        .map(|(number, how)| format!("{number} {how}"))
        .chain(standby::left(instances))
        .collect();
    if left.is_empty() {
        return Text::of(Label::Good, format!("✓ {as_desired} of {all} as desired."));
    }
    Text::from(format!("✓ {as_desired} of {all} as desired; "))
        .and(Label::Warning, left.join(", "))
        .plain(".")
}

fn table(lines: Vec<Line<'_>>) -> Table {
    let columns = ["", "component", "hosts", "desired", "observed", "service"];
    let mut table = Table::new(&columns.map(|title| (title, Side::Left)));
    for (line, members) in group(lines, on_any_host) {
        let hosts = words::hosts(members.iter().map(|member| member.host));
        let cells = vec![
            sign(line.state),
            Text::of(Label::Component, line.component.as_str()),
            Text::of(Label::Host, hosts),
            Text::of(Label::Version, line.desired),
            Text::of(Label::Version, line.observed),
            line.service.into(),
        ];
        let notes = line.probe.map(|said| Field::new("probe", said)).into_iter().collect();
        table.rows.push(Row::new(cells).noted(notes));
    }
    table
}

/// What is the same for all hosts of a row.
fn on_any_host<'a>(line: &Line<'a>) -> Line<'a> {
    Line { host: "", ..line.clone() }
}

fn sign(state: Standing) -> Text {
    match state {
        Standing::AsDesired => Text::of(Label::Good, "✓"),
        Standing::Differs => Text::of(Label::Error, "✗"),
        Standing::Unknown => Text::of(Label::Warning, "?"),
    }
}

/// The hosts that could not be read, with why and what to do.
fn unreadable(desired: &Desired, observed: &Observed) -> Vec<Block> {
    let hosts = desired.hosts.keys().filter_map(|host| match observed.hosts.get(host) {
        Some(HostState::Known(_)) => None,
        Some(HostState::Unknown(it)) => Some((host, it.reason.as_str(), it.hint.as_str())),
        None => Some((host, "it was not asked", "leave out the choice of hosts to ask all")),
    });
    let mut blocks = Vec::new();
    for ((reason, hint), members) in group(hosts, |(_, reason, hint)| (*reason, *hint)) {
        let hosts = words::hosts(members.iter().map(|(host, ..)| host.as_str()));
        let heading = Text::of(Label::Warning, "? Unknown: ").and(Label::Host, hosts);
        blocks.push(Block::heading(heading));
        blocks.push(Block::Fields(vec![Field::new("why", reason), Field::new("next", hint)]));
    }
    blocks
}
