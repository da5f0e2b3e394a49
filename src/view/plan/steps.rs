//! The steps of a part, by wave, with why, impact and needs.

use super::rows::StepRow;
use crate::diff::Action;
use crate::plan::{Part, elapsed};
use crate::view::document::{Block, Field, Label, NO_BREAK, Row, Side, Table, Text};
use crate::view::words;

pub(super) fn blocks(part: &Part<'_>, rows: &[StepRow<'_>]) -> [Block; 3] {
    [Block::heading(heading(part)), Block::Paragraph(part.means.into()), Block::Table(table(rows))]
}

fn heading(part: &Part<'_>) -> Text {
    let amount = words::count(part.steps.len(), "step");
    let time = words::about(elapsed(&part.steps));
    Text::of(Label::Stage, part.title).plain(format!(": {amount}, about {time}"))
}

fn table(rows: &[StepRow<'_>]) -> Table {
    use Side::{Left, Right};
    let columns = [
        ("wave", Right),
        ("step", Left),
        ("component", Left),
        ("hosts", Left),
        ("version", Left),
        ("takes", Right),
    ];
    let mut table = Table::new(&columns);
    let mut wave = None;
    for row in rows {
        let before = wave.replace(row.same.wave);
        let first = before != Some(row.same.wave);
        let number = if first { row.same.wave.to_string() } else { String::new() };
        let apart = first && before.is_some();
        table.rows.push(Row { cells: cells(row, number), notes: notes(row), apart });
    }
    table
}

fn cells(row: &StepRow<'_>, wave: String) -> Vec<Text> {
    let same = &row.same;
    vec![
        Text::of(Label::Strong, wave),
        action(same.action),
        Text::of(Label::Component, same.component.as_str()),
        Text::of(Label::Host, row.hosts()),
        version(row),
        Text::from(words::about(same.forecast.duration())).unbroken(),
    ]
}

/// An action with its sign.
pub(super) fn action(action: Action) -> Text {
    Text::of(Label::Action(action), format!("{} {}", words::sign(action), words::action(action)))
        .unbroken()
}

pub(super) fn version(row: &StepRow<'_>) -> Text {
    let same = &row.same;
    let text = match same.from.filter(|from| *from != same.to) {
        Some(from) => Text::of(Label::Version, from)
            .and(Label::Dim, format!("{NO_BREAK}→ "))
            .and(Label::Version, same.to),
        None => Text::of(Label::Version, same.to),
    };
    if same.size == 0 {
        return text;
    }
    let size = if same.staged { "there already".to_owned() } else { words::bytes(same.size) };
    let size = Text::of(Label::Dim, size).unbroken();
    Text { spans: [text.and(Label::Dim, ", ").spans, size.spans].concat() }
}

pub(super) fn notes(row: &StepRow<'_>) -> Vec<Field> {
    let same = &row.same;
    let notes = [
        ("why", same.reasons.join("; ")),
        ("from", same.fed_by.unwrap_or_default().to_owned()),
        ("feeds", same.feeds.clone()),
        ("asks", same.asks.clone()),
        ("keeps", same.keeps.join("; ")),
        ("impact", row.impact()),
        ("needs", same.needs.join("; ")),
        ("way back", same.way_back.clone()),
    ];
    let said = notes.into_iter().filter(|(_, text)| !text.is_empty());
    said.map(|(key, text)| match key {
        "needs" => Field::new(key, format!("healthy: {text}")),
        _ => Field::new(key, text),
    })
    .collect()
}
