//! The runs of a cluster: when, by whom, how far, how each ended, and what is still owed.

use super::document::{Block, Document, Field, Label, Row, Side, Table, Text};
use super::words;
use crate::report::History;
use crate::state::{RunEnding, Summary};

/// The history as a document.
#[must_use]
pub fn document(history: &History) -> Document {
    let runs = words::count(history.runs.len(), "run");
    let mut document = Document::titled(Text::from(runs).plain(" in ").plain(&history.place));
    if history.runs.is_empty() {
        document.push(Block::Paragraph("Nothing was carried out yet.".into()));
        return document;
    }
    document.push(Block::Table(table(&history.runs)));
    document.extend(debts(&history.runs));
    document
}

fn table(runs: &[Summary]) -> Table {
    use Side::{Left, Right};
    let columns =
        [("run", Left), ("began", Left), ("release", Left), ("done", Right), ("ended", Left)];
    let mut table = Table::new(&columns);
    table.rows.extend(runs.iter().map(|run| Row::new(cells(run)).noted(notes(run))));
    table
}

fn cells(run: &Summary) -> Vec<Text> {
    let began = run.began.map(words::time).unwrap_or_default();
    vec![
        Text::of(Label::Strong, &run.run),
        Text::from(began).unbroken(),
        Text::of(Label::Version, &run.release),
        Text::from(format!("{} of {}", run.done, run.steps)).unbroken(),
        ended(run),
    ]
}

fn ended(run: &Summary) -> Text {
    let (how, _) = words::ending(&run.ending);
    match run.ending {
        RunEnding::Complete if !run.debts.is_empty() => {
            Text::of(Label::Good, format!("✓ {how}")).and(Label::Warning, " but for debts")
        }
        RunEnding::Complete if !run.not_planned.is_nothing() => {
            Text::of(Label::Error, "✗ not complete")
        }
        RunEnding::Complete => Text::of(Label::Good, format!("✓ {how}")),
        RunEnding::GivenUp(_) => Text::of(Label::Warning, how),
        RunEnding::Open | RunEnding::Stopped(_) => Text::of(Label::Error, format!("✗ {how}")),
    }
}

fn notes(run: &Summary) -> Vec<Field> {
    let mut notes: Vec<Field> =
        run.controllers.iter().map(|who| Field::new("by", who.as_str())).collect();
    notes.extend(words::ending(&run.ending).1.map(|reason| Field::new("why", reason)));
    notes.extend(not_done(run).map(|text| Field::new("steps", text)));
    notes.extend(not_planned(run).map(|text| Field::new("not planned", text)));
    let damage = run.damage.as_ref();
    notes.extend(damage.map(|damage| Field::new("damaged", Text::of(Label::Error, damage))));
    notes
}

/// What became of the steps that are not done.
fn not_done(run: &Summary) -> Option<Text> {
    let untouched = run.left().saturating_sub(run.failed).saturating_sub(run.interrupted);
    let parts = [
        (run.failed, Label::Error, "failed"),
        (run.interrupted, Label::Error, "cut off"),
        (untouched, Label::Plain, "not begun"),
        (run.debts.len() as u64, Label::Warning, "owed"),
    ];
    let said = parts.into_iter().filter(|(number, ..)| *number > 0);
    said.fold(None, |text: Option<Text>, (number, label, how)| {
        let before = text.map(|text| text.plain(", ")).unwrap_or_default();
        Some(before.and(label, format!("{number} {how}")))
    })
}

/// What its plan had to leave out.
fn not_planned(run: &Summary) -> Option<Text> {
    let count = |number: u64, one| words::count(usize::try_from(number).unwrap_or(usize::MAX), one);
    let left_out = run.not_planned;
    let unknown = format!("{} unknown", count(left_out.unknown, "host"));
    let withheld = format!("{} withheld", count(left_out.withheld, "change"));
    let all = [(left_out.unknown, unknown), (left_out.withheld, withheld)];
    let all = all.into_iter().filter(|(number, _)| *number > 0).map(|(_, words)| words);
    let all: Vec<String> = all.collect();
    (!all.is_empty()).then(|| Text::of(Label::Error, all.join(", ")))
}

/// Every step that is still owed, with the run and the reason.
fn debts(runs: &[Summary]) -> Vec<Block> {
    let owed = runs.iter().flat_map(|run| run.debts.iter().map(move |debt| (run, debt)));
    let items: Vec<Text> = owed
        .map(|(run, (step, reason))| {
            Text::from(words::StepName::of(step).in_words())
                .plain(": ")
                .plain(reason)
                .and(Label::Dim, format!(" (run {})", run.run))
        })
        .collect();
    if items.is_empty() {
        return Vec::new();
    }
    let heading = Text::of(Label::Warning, "Still owed");
    vec![Block::heading(heading), Block::List(items)]
}
