//! The components that are in more than one version, version by version, and since when: what no cluster
//! should be left with (System upgrade page).

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Block, Label, Row, Side, Table, Text};
use super::words;
use crate::address::{Address, ComponentName};
use crate::catalog::Stage;
use crate::desired::Desired;
use crate::observe::{ComponentFacts, Observed, PackageState};
use crate::report::Past;
use crate::report::status::facts;

/// The order of a component, and its name.
type Order<'a> = (Option<(Stage, u32)>, &'a ComponentName);
/// Where it is, with what is known of it there, by version.
type Versions<'a> = BTreeMap<String, Vec<(&'a Address, &'a ComponentFacts)>>;

/// The resources whose component is in more than one version.
#[must_use]
pub fn addresses(desired: &Desired, observed: &Observed) -> BTreeSet<Address> {
    let all = versions(desired, observed).into_values().flat_map(BTreeMap::into_values);
    all.flatten().map(|(address, _)| address.clone()).collect()
}

pub(super) fn blocks(desired: &Desired, observed: &Observed, past: &Past) -> Vec<Block> {
    let components = versions(desired, observed);
    if components.is_empty() {
        return Vec::new();
    }
    let columns = ["component", "version", "since", "hosts"];
    let mut table = Table::new(&columns.map(|it| (it, Side::Left)));
    for ((_, component), versions) in &components {
        let mut name = component.as_str();
        for (version, places) in versions {
            let mut alike: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            for (address, facts) in places {
                let host = address.host.as_str();
                alike.entry(since(address, facts, past)).or_default().push(host);
            }
            let mut version = version.as_str();
            for (since, hosts) in alike {
                let cells = vec![
                    Text::of(Label::Component, name),
                    Text::of(Label::Version, version),
                    since.into(),
                    Text::of(Label::Host, words::hosts(hosts)),
                ];
                table.rows.push(Row::new(cells));
                (name, version) = ("", "");
            }
        }
    }
    let number = words::count(components.len(), "component");
    let heading = Text::of(Label::Warning, "Mixed versions").plain(format!(": {number}"));
    vec![Block::heading(heading), Block::Table(table)]
}

fn versions<'a>(desired: &'a Desired, observed: &'a Observed) -> BTreeMap<Order<'a>, Versions<'a>> {
    let mut components: BTreeMap<Order<'a>, Versions<'a>> = BTreeMap::new();
    for address in desired.resources.keys() {
        let Some(facts) = facts(observed, address) else { continue };
        let order = desired.components.get(&address.component);
        let order = order.map(|component| (component.stage, component.upgrade_order));
        let versions = components.entry((order, &address.component)).or_default();
        versions.entry(version(&facts.package)).or_default().push((address, facts));
    }
    components.retain(|_, versions| versions.len() > 1);
    components
}

/// Our own record comes first: it tells when the version was seen to work.
fn since(address: &Address, facts: &ComponentFacts, past: &Past) -> String {
    match (past.get(address), facts.since) {
        (Some(at), _) => words::time(*at),
        (None, Some(at)) => format!("{}, says the host", words::time(at)),
        (None, None) => "unknown".to_owned(),
    }
}

/// The product's version, without what only one system's packaging adds.
fn version(package: &PackageState) -> String {
    match package {
        PackageState::Installed(version) => version.upstream().to_string(),
        other => words::package(other),
    }
}
