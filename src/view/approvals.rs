//! Who has approved a plan, and who is missing.

use std::cmp::Ordering;

use super::document::{Block, Document, Label, Row, Side, Table, Text};
use super::words;
use crate::approval::{Approval, Judged};
use crate::plan::{Plan, Rehearsed};
use crate::report::ChangeRecord;
use crate::report::change::Exception;

/// The approvals of `plan` as a document.
#[must_use]
pub fn document(plan: &Plan, judged: &Judged) -> Document {
    let title = Text::of(Label::Strong, &plan.cluster)
        .plain(" (")
        .plain(&plan.environment)
        .plain("): approvals of the plan to ")
        .plain(plan.goal())
        .plain(", seal ")
        .plain(plan.seal.short());
    let mut document = Document::titled(title);
    let stages = judged.stages.iter().map(|(&stage, &(asked, have))| {
        let counted = format!("{have} of {asked}");
        let text = Text::from(format!("{}: ", words::stage(stage)));
        match have.cmp(&asked) {
            Ordering::Greater => {
                text.and(Label::Good, format!("✓ {have}, more than the {asked} that are asked for"))
            }
            Ordering::Equal => text.and(Label::Good, format!("✓ {counted}")),
            Ordering::Less => text.and(Label::Error, format!("✗ {counted}")).plain(", ").and(
                Label::Warning,
                format!("{} missing", words::count((asked - have) as usize, "approval")),
            ),
        }
    });
    document.push(Block::List(stages.collect()));
    document.extend(table(&judged.counted));
    let refused = judged.refused.iter().map(|refused| {
        Text::of(Label::Code, &refused.name).plain(" doesn't count: ").plain(&refused.why)
    });
    let refused: Vec<Text> = refused.collect();
    if !refused.is_empty() {
        document.push(Block::heading("Not counted"));
        document.push(Block::List(refused));
    }
    document
}

/// Who had approved the plan of a run and where it was rehearsed, or why it was begun without.
pub(super) fn of_run(record: &ChangeRecord) -> Vec<Block> {
    let mut blocks = Vec::new();
    let without = exceptions(&record.unapproved, "Begun without the approvals that were asked for");
    let approvals = table(&record.approvals);
    if !without.is_empty() || approvals.is_some() {
        blocks.push(Block::heading("Approved by"));
        blocks.extend(approvals);
        blocks.extend((!without.is_empty()).then_some(Block::List(without)));
    }
    let mut rehearsed: Vec<Text> = record.rehearsals.iter().map(rehearsal).collect();
    for it in &record.unrehearsed {
        let what = "Begun without the rehearsals that were asked for";
        rehearsed.push(exception(what, (&words::time(it.at), &it.by, &it.reason)));
        rehearsed
            .extend(it.missing.iter().map(|missing| format!("not rehearsed: {missing}").into()));
    }
    if !rehearsed.is_empty() {
        blocks.push(Block::heading("Rehearsed"));
        blocks.push(Block::List(rehearsed));
    }
    let again = exceptions(&record.again, "Its plan had been carried out before");
    if !again.is_empty() {
        blocks.push(Block::heading("Once more"));
        blocks.push(Block::List(again));
    }
    blocks
}

fn exceptions(all: &[Exception], what: &str) -> Vec<Text> {
    all.iter().map(|it| exception(what, (&words::time(it.at), &it.by, &it.reason))).collect()
}

fn exception(what: &str, (at, by, reason): (&str, &str, &str)) -> Text {
    Text::of(Label::Warning, what).plain(format!(" at {at} by {by}: ")).plain(reason)
}

fn rehearsal(it: &Rehearsed) -> Text {
    let simulated = if it.simulated { " (simulated)" } else { "" };
    Text::of(Label::Strong, &it.cluster).plain(format!(
        "{simulated} until {}: {} ({}), signed by {}",
        words::time(it.ended),
        it.file,
        it.sha256.short(),
        it.signed_by
    ))
}

fn table(approvals: &[Approval]) -> Option<Block> {
    let columns =
        [("who", Side::Left), ("stages", Side::Left), ("key", Side::Left), ("note", Side::Left)];
    let mut table = Table::new(&columns);
    table.rows.extend(approvals.iter().map(|it| {
        let stages: Vec<&str> = it.stages.iter().map(|stage| words::stage(*stage)).collect();
        Row::new(vec![
            Text::of(Label::Strong, &it.person),
            stages.join(", ").into(),
            Text::of(Label::Code, &it.key),
            it.note.as_deref().unwrap_or_default().into(),
        ])
    }));
    (!approvals.is_empty()).then_some(Block::Table(table))
}
