//! The steps, by stage and wave.

use super::rows::{StepRow, rows};
use super::summary::elapsed;
use super::{Detail, commands};
use crate::catalog::Stage;
use crate::diff::Action;
use crate::plan::{Plan, Step};
use crate::view::document::{Block, Field, Label, Row, Side, Table, Text};
use crate::view::words;

pub(super) fn blocks(plan: &Plan, detail: Detail) -> Vec<Block> {
    let mut blocks = Vec::new();
    for stage in [Stage::Live, Stage::Critical] {
        let steps: Vec<&Step> = plan.steps.iter().filter(|step| step.stage == stage).collect();
        if steps.is_empty() {
            continue;
        }
        let rows = rows(steps.iter().copied());
        blocks.push(Block::heading(heading(stage, &steps)));
        blocks.push(Block::Paragraph(words::stage_means(stage).into()));
        blocks.push(Block::Table(table(&rows)));
        if detail == Detail::Commands {
            blocks.push(commands::details(stage, &rows));
        }
    }
    blocks
}

fn heading(stage: Stage, steps: &[&Step]) -> Text {
    let (amount, time) = (words::count(steps.len(), "step"), words::about(elapsed(steps)));
    Text::of(Label::Stage, words::stage(stage)).plain(format!(": {amount}, about {time}"))
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
        let first = wave.replace(row.same.wave) != Some(row.same.wave);
        let number = if first { row.same.wave.to_string() } else { String::new() };
        table.rows.push(Row { cells: cells(row, number), notes: notes(row) });
    }
    table
}

fn cells(row: &StepRow<'_>, wave: String) -> Vec<Text> {
    let same = &row.same;
    vec![
        Text::of(Label::Dim, wave),
        action(same.action),
        Text::of(Label::Component, same.component.as_str()),
        Text::of(Label::Host, row.hosts()),
        version(row),
        Text::of(Label::Plain, words::about(same.forecast.duration())),
    ]
}

/// An action with its sign.
pub(super) fn action(action: Action) -> Text {
    Text::of(Label::Action(action), format!("{} {}", words::sign(action), words::action(action)))
}

fn version(row: &StepRow<'_>) -> Text {
    let same = &row.same;
    let text = match same.from.filter(|from| *from != same.to) {
        Some(from) => {
            Text::of(Label::Version, from).and(Label::Dim, " → ").and(Label::Version, same.to)
        }
        None => Text::of(Label::Version, same.to),
    };
    if same.size > 0 {
        text.and(Label::Dim, format!(" ({})", words::bytes(same.size)))
    } else {
        text
    }
}

fn notes(row: &StepRow<'_>) -> Vec<Field> {
    let same = &row.same;
    let mut notes = vec![Field::new("why", same.reasons.join("; "))];
    if !same.impact.is_empty() {
        notes.push(Field::new("stops", same.impact));
    }
    if !same.needs.is_empty() {
        notes.push(Field::new("needs", format!("healthy: {}", same.needs.join("; "))));
    }
    notes
}
