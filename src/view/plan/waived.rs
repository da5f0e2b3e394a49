//! The checks that a plan goes without: who reads it sees which, why, until when, and what they cover.

use crate::preflight::Waived;
use crate::view::document::{Block, Field, Label, Row, Side, Table, Text};

pub(in crate::view) fn waivers(waivers: &[Waived]) -> Vec<Block> {
    if waivers.is_empty() {
        return Vec::new();
    }
    let columns = [("check", Side::Left), ("hosts", Side::Left), ("until", Side::Left)];
    let mut table = Table::new(&columns);
    table.rows.extend(waivers.iter().map(|waiver| {
        let host = waiver.host.as_ref().map_or("all", |host| host.as_str());
        let cells = vec![
            Text::of(Label::Code, waiver.check.as_str()),
            Text::of(Label::Host, host),
            waiver.until.to_string().into(),
        ];
        Row::new(cells).noted(notes(waiver))
    }));
    vec![Block::heading(Text::of(Label::Warning, "Waived")), Block::Table(table)]
}

fn notes(waiver: &Waived) -> Vec<Field> {
    let mut notes = vec![Field::new("why", waiver.reason.as_str())];
    let shown = waiver.covers.iter().take(MOST);
    notes.extend(shown.map(|found| Field::new("covers", Text::of(Label::Warning, found.as_str()))));
    match waiver.covers.len().saturating_sub(MOST) {
        _ if waiver.covers.is_empty() => notes.push(Field::new("covers", "nothing that was found")),
        0 => {}
        more => notes.push(Field::new("covers", format!("and {more} more"))),
    }
    notes
}

/// So many findings are named; the plan file has them all.
const MOST: usize = 20;
