//! What the plan does not answer: hosts that could not be read, changes that wait for them, warnings.

use super::steps::action;
use crate::address::ComponentName;
use crate::plan::{Plan, Unknown, Withheld};
use crate::view::document::{Block, Field, Label, Row, Side, Table, Text};
use crate::view::group::group;
use crate::view::words;

pub(super) fn blocks(plan: &Plan) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !plan.unknown.is_empty() {
        let hosts = words::count(plan.unknown.len(), "host");
        blocks
            .push(Block::heading(Text::of(Label::Warning, "Unknown").plain(format!(": {hosts}"))));
        blocks.push(Block::Table(unknown(&plan.unknown)));
    }
    if !plan.withheld.is_empty() {
        let changes = words::count(plan.withheld.len(), "change");
        blocks.push(Block::heading(
            Text::of(Label::Warning, "Withheld").plain(format!(": {changes}")),
        ));
        blocks.push(Block::Table(withheld(&plan.withheld)));
    }
    if !plan.warnings.is_empty() {
        blocks.push(Block::heading(Text::of(Label::Warning, "Warnings")));
        blocks.push(Block::List(plan.warnings.iter().map(|it| Text::from(&**it)).collect()));
    }
    blocks
}

fn unknown(unknown: &[Unknown]) -> Table {
    let mut table = Table::new(&[("hosts", Side::Left), ("components", Side::Left)]);
    let same = |it: &&Unknown| (it.components.clone(), it.reason.clone(), it.hint.clone());
    for ((components, reason, hint), members) in group(unknown, same) {
        let hosts = words::hosts(members.iter().map(|it| it.host.as_str()));
        let components: Vec<&str> = components.iter().map(ComponentName::as_str).collect();
        let cells =
            vec![Text::of(Label::Host, hosts), Text::of(Label::Component, components.join(", "))];
        let notes = vec![Field::new("why", reason), Field::new("next", hint)];
        table.rows.push(Row::new(cells).noted(notes));
    }
    table
}

fn withheld(withheld: &[Withheld]) -> Table {
    let columns = [
        ("step", Side::Left),
        ("component", Side::Left),
        ("hosts", Side::Left),
        ("because", Side::Left),
    ];
    let mut table = Table::new(&columns);
    let same = |it: &&Withheld| (it.action, it.component.clone(), it.reason.clone());
    for ((done, component, reason), members) in group(withheld, same) {
        let hosts = words::hosts(members.iter().map(|it| it.host.as_str()));
        table.rows.push(Row::new(vec![
            action(done),
            Text::of(Label::Component, component.as_str()),
            Text::of(Label::Host, hosts),
            reason.into(),
        ]));
    }
    table
}
