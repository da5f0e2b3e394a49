//! What every host told, host by host.

use std::collections::BTreeMap;

use super::document::{Block, Document, Field, Label, Row, Side, Table, Text};
use super::words;
use crate::observe::{ComponentFacts, FileState, HostFacts, HostState, Observed, Unreadable};

/// The observed facts as a document.
#[must_use]
pub fn document(observed: &Observed) -> Document {
    let known = observed.hosts.values().filter(|it| matches!(it, HostState::Known(_))).count();
    let title = format!(
        "Observed: {known} of {} could be read",
        words::count(observed.hosts.len(), "host")
    );
    let mut document = Document::titled(Text::of(Label::Strong, title));
    for (host, state) in &observed.hosts {
        document.push(Block::heading(Text::of(Label::Host, host.as_str())));
        match state {
            HostState::Known(facts) => document.extend(known_host(facts)),
            HostState::Unknown(why) => document.push(unknown_host(why)),
        }
    }
    document
}

fn unknown_host(why: &Unreadable) -> Block {
    Block::Fields(vec![
        Field::new("unknown", Text::of(Label::Warning, &why.reason)),
        Field::new("next", why.hint.as_str()),
    ])
}

fn known_host(facts: &HostFacts) -> [Block; 2] {
    let free = format!(
        "{} on disk for packages, {} of memory",
        words::bytes(facts.free_disk),
        words::bytes(facts.free_memory),
    );
    let reboot = if facts.reboot_pending {
        Text::of(Label::Warning, "pending")
    } else {
        Text::from("not pending")
    };
    let fields = vec![
        Field::new("system", format!("{}, {}", facts.os, facts.architecture)),
        Field::new("free", free),
        Field::new("clock", clock(facts.clock_ahead)),
        Field::new("boot", facts.boot_id.as_str()),
        Field::new("reboot", reboot),
    ];
    [Block::Fields(fields), Block::Table(components(facts))]
}

fn clock(ahead: i64) -> String {
    match ahead {
        0 => "the same as the controller's".to_owned(),
        1.. => format!("{ahead} s ahead of the controller's"),
        _ => format!("{} s behind the controller's", ahead.unsigned_abs()),
    }
}

fn components(facts: &HostFacts) -> Table {
    let columns = ["component", "package", "unit", "health"];
    let mut table = Table::new(&columns.map(|title| (title, Side::Left)));
    for (name, ComponentFacts { package, unit, health, role, files, since: _, kept: _ }) in
        &facts.components
    {
        let (health, said) = words::health(health);
        let cells = vec![
            Text::of(Label::Component, name.as_str()),
            Text::of(Label::Version, words::package(package)),
            words::unit(unit).into(),
            health.into(),
        ];
        let role = role.as_ref().map(|role| Field::new("role", role.as_str()));
        let files = (!files.is_empty()).then(|| Field::new("files", self::files(files)));
        let said = said.map(|said| Field::new("probe", said));
        let notes = [said, role, files].into_iter().flatten().collect();
        table.rows.push(Row::new(cells).noted(notes));
    }
    table
}

/// Each managed file with what is known of it.
fn files(files: &BTreeMap<String, FileState>) -> String {
    let told = files.iter().map(|(name, state)| match state {
        FileState::Absent => format!("{name}: not there"),
        FileState::Unknown => format!("{name}: not written by mdc"),
        FileState::There(there) if there.touched => {
            format!("{name}: changed since mdc wrote it")
        }
        FileState::There(_) => format!("{name}: there"),
    });
    told.collect::<Vec<_>>().join("; ")
}
