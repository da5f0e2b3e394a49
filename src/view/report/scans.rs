//! Test scans before and after, and what a load met with.

use super::super::document::{Block, Field, Label, Row, Side, Table, Text};
use super::super::words::{self, StepName};
use crate::report::{ScanResult, TestScan};
use crate::scan::load::{LoadAccount, StepLoad, Tally};
use crate::value::Period;
use Side::{Left, Right};

/// Steps of a load that are shown.
const MOST_ROWS: usize = 30;

/// What came of the test files before and after; nothing when none was scanned.
pub(super) fn test_scans(scans: &[TestScan]) -> Vec<Block> {
    if scans.is_empty() {
        return Vec::new();
    }
    let columns =
        [("file", Left), ("before", Left), ("took", Right), ("after", Left), ("took", Right)];
    let mut table = Table::new(&columns);
    for scan in scans {
        let mut cells = vec![scan.file.in_words().into()];
        for result in [&scan.before, &scan.after] {
            cells.extend(cells_of(result.as_ref()));
        }
        table.rows.push(Row::new(cells));
    }
    vec![Block::heading("Test scans through the API Gateway"), Block::Table(table)]
}

fn cells_of(result: Option<&ScanResult>) -> [Text; 2] {
    result.map_or_else(
        || ["-".into(), "-".into()],
        |result| [result.verdict.in_words().into(), result.took.to_string().into()],
    )
}

/// What became of the files of a load, step by step.
pub(super) fn load(load: &LoadAccount) -> Vec<Block> {
    let heading = Block::heading("Load while the plan ran");
    if let Some(problem) = &load.problem {
        let text = Text::of(Label::Error, "✗ Nothing was submitted:").plain(" ").plain(problem);
        return vec![heading, Block::Paragraph(text)];
    }
    let mut table = Table::new(&[
        ("while", Left),
        ("sent", Right),
        ("done", Right),
        ("slow", Right),
        ("failed", Right),
        ("refused", Right),
        ("lost", Right),
        ("gap", Right),
    ]);
    table.rows.push(row(Text::of(Label::Strong, "all of it"), &load.whole));
    let (shown, hidden) = shown(load);
    for step in shown {
        table.rows.push(row(StepName::of(&step.step).in_words().into(), &step.tally));
    }
    let facts = Block::Fields(facts(load, hidden));
    vec![heading, Block::Paragraph(verdict(load)), facts, Block::Table(table)]
}

/// Of many steps only those are shown during which something went wrong, and how many are not.
fn shown(load: &LoadAccount) -> (Vec<&StepLoad>, u64) {
    let steps = || load.steps.iter();
    let shown: Vec<&StepLoad> = if load.steps.len() <= MOST_ROWS {
        steps().collect()
    } else {
        steps().filter(|step| step.tally.troubles() != [0; 4]).take(MOST_ROWS).collect()
    };
    let hidden = load.more_steps + (load.steps.len() - shown.len()) as u64;
    (shown, hidden)
}

fn verdict(load: &LoadAccount) -> Text {
    let lost = words::count(usize::try_from(load.whole.lost).unwrap_or(usize::MAX), "file");
    let Tally { submitted, refused, .. } = load.whole;
    match load.whole.lost {
        0 if submitted == refused => Text::of(Label::Warning, "No file was accepted."),
        0 => Text::of(Label::Good, "✓ No accepted file was lost."),
        _ if load.loses_too_many() => Text::of(Label::Error, format!("✗ {lost} lost"))
            .plain(", more than the manifest allows (`may-lose`)."),
        _ => Text::of(Label::Warning, format!("{lost} lost.")),
    }
}

fn facts(load: &LoadAccount, hidden: u64) -> Vec<Field> {
    let Tally { open, held_up, slowest, .. } = load.whole;
    let together =
        if load.at_once == 1 { String::new() } else { format!("{} times ", load.at_once) };
    let mut fields = vec![
        Field::new(
            "files",
            format!("{together}{} every {}", words::bytes(load.size.bytes()), load.every),
        ),
        Field::new("slow", format!("longer than {}; the slowest took {slowest}", load.slow_after)),
        Field::new("lost", format!("accepted, and not finished after {}", load.lost_after)),
        Field::new("refused", "not accepted: clients would submit them again"),
        Field::new("gap", "the longest time in which no file was accepted"),
    ];
    let others = [
        (open, "still at work when nobody waited any more"),
        (
            hidden,
            "steps are not shown, during which nothing worse happened (`mdc report --format json`)",
        ),
        (held_up, "not sent in time, since the controller was still sending others"),
    ];
    for (number, what) in others.into_iter().filter(|(number, _)| *number > 0) {
        fields.push(Field::new("besides", format!("{number} {what}")));
    }
    fields
}

fn row(name: Text, tally: &Tally) -> Row {
    let bad = |number: u64, label| match number {
        0 => Text::of(Label::Dim, "0"),
        number => Text::of(label, number.to_string()),
    };
    Row::new(vec![
        name,
        tally.submitted.to_string().into(),
        tally.finished.to_string().into(),
        bad(tally.slow, Label::Warning),
        bad(tally.failed, Label::Error),
        bad(tally.refused, Label::Warning),
        bad(tally.lost, Label::Error),
        gap(tally.longest_gap),
    ])
}

fn gap(gap: Period) -> Text {
    words::about(gap.duration()).into()
}
