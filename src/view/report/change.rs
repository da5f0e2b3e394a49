//! The change record of a run as a document: the verdict first, then what an auditor asks for, part by
//! part. A part of which there is nothing to say is left out.

use super::super::document::{Block, Document, Field, Label, Row, Side, Table, Text};
use super::super::words::{self, StepName};
use super::{left_as_it_is, logs, notices, parts, scans, tries, unseen};
use crate::plan::{Plan, Purpose};
use crate::report::ChangeRecord;
use crate::report::change::{After, JournalAccount};
use crate::state::{RunEnding, StepOutcome};
use crate::value::Period;
use crate::view::approvals;
use crate::view::group::group;
use crate::view::plan::{self, Detail};
use Side::{Left, Right};

/// The change record of a run of `plan` as a document.
#[must_use]
pub fn change_record(record: &ChangeRecord, plan: &Plan) -> Document {
    let mut document = Document::titled(title(record));
    document.push(Block::Paragraph(verdict(record, plan)));
    document.push(Block::Fields(facts(record)));
    document.extend(people(record));
    document.extend(approvals::of_run(record));
    document.extend(versions(record));
    document.extend(parts::against_forecast(&record.parts));
    document.extend(tries::steps(record));
    document.extend(tries::failures(record));
    document.extend(scans::test_scans(&record.scans));
    document.extend(logs::found(&record.logs));
    document.extend(notices::told(&record.notices));
    document.extend(record.loads.iter().flat_map(scans::load));
    document.extend(requests(record));
    document.extend(debts(record));
    document.extend(plan::waivers(&record.waivers));
    document.push(approved(plan));
    document.extend(journal(&record.journal));
    document
}

fn title(record: &ChangeRecord) -> Text {
    Text::of(Label::Strong, &record.cluster)
        .plain(" (")
        .plain(&record.environment)
        .plain("): change record of run ")
        .and(Label::Strong, &record.run)
}

fn verdict(record: &ChangeRecord, plan: &Plan) -> Text {
    let back = matches!(plan.purpose, Purpose::RollBack(_));
    let unseen = unseen(plan.unknown.len(), plan.withheld.len())
        .or_else(|| left_as_it_is(if back { plan.warnings.len() } else { 0 }));
    let (how, reason) = words::ending(&record.ending);
    let owed = words::count(record.debts.len(), "step");
    let text = match record.ending {
        RunEnding::Complete if unseen.is_some() => {
            Text::of(Label::Error, "✗ Not complete: ").plain(unseen.unwrap_or_default())
        }
        RunEnding::Complete if !record.debts.is_empty() => Text::of(Label::Good, "✓ Complete")
            .plain(", but for ")
            .and(Label::Warning, format!("{owed} still owed"))
            .plain("."),
        RunEnding::Complete => Text::of(Label::Good, "✓ Complete."),
        _ => Text::of(Label::Error, "✗ Not complete: ").plain(how).plain("."),
    };
    let text = match reason {
        Some(reason) => text.plain(" Reason: ").plain(reason).plain("."),
        None => text,
    };
    if record.journal.damage.is_some() {
        return text
            .and(Label::Error, " The journal is damaged: nothing after the damage is told here.");
    }
    text
}

fn facts(record: &ChangeRecord) -> Vec<Field> {
    let outcomes = || record.steps.iter().filter_map(|step| step.outcome());
    let done = outcomes().filter(|outcome| outcome.is_done()).count();
    let failed = outcomes().filter(|it| matches!(it, StepOutcome::Failed(_))).count();
    let tally = [(done, "done"), (failed, "failed"), (record.debts.len(), "owed")];
    let tally: Vec<String> = tally
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, how)| format!("{number} {how}"))
        .collect();
    let steps = words::count(record.steps.len(), "step");
    let elapsed = record.last.duration_since(record.began).unsigned_abs();
    vec![
        Field::new("release", Text::of(Label::Version, &record.release)),
        Field::new("plan", Text::from("seal ").and(Label::Code, record.plan.seal.to_string())),
        Field::new("made from", record.plan.manifest.as_str()),
        Field::new("made by", format!("mdc {}", record.plan.tool)),
        Field::new("began", words::time(record.began)),
        Field::new("last entry", words::time(record.last)),
        Field::new("in all", words::about(elapsed)),
        Field::new("steps", format!("{steps}: {}", tally.join(", "))),
    ]
}

/// Who carried it out from where, attempt by attempt, and who took it from whom.
fn people(record: &ChangeRecord) -> Vec<Block> {
    let columns =
        [("attempt", Right), ("began", Left), ("ended", Left), ("by", Left), ("fence", Right)];
    let mut table = Table::new(&columns);
    for (number, attempt) in (1..).zip(&record.attempts) {
        let ended = attempt.ended.map_or_else(
            || Text::of(Label::Error, "no end is recorded"),
            |at| words::time(at).into(),
        );
        let mut notes = vec![Field::new("tool", format!("mdc {}", attempt.tool))];
        notes.extend(attempt.stopped.as_ref().map(|why| Field::new("stopped", why.as_str())));
        let number: i32 = number;
        let cells = vec![
            number.to_string().into(),
            words::time(attempt.began).into(),
            ended,
            attempt.controller.as_str().into(),
            attempt.fence.to_string().into(),
        ];
        table.rows.push(Row::new(cells).noted(notes));
    }
    let mut blocks = vec![Block::heading("Carried out by"), Block::Table(table)];
    let forced = record.taken_over.iter().map(|it| {
        Text::of(Label::Warning, "Taken over by force")
            .plain(format!(" at {} by {} from {}: ", words::time(it.at), it.by, it.from))
            .plain(&it.reason)
    });
    let forced: Vec<Text> = forced.collect();
    if !forced.is_empty() {
        blocks.push(Block::List(forced));
    }
    blocks
}

/// Versions before and after, hosts of which the same is true together.
fn versions(record: &ChangeRecord) -> Vec<Block> {
    if record.versions.is_empty() {
        return Vec::new();
    }
    let columns = [
        ("component", Left),
        ("hosts", Left),
        ("before", Left),
        ("planned", Left),
        ("after", Left),
    ];
    let mut table = Table::new(&columns);
    let alike = group(record.versions.iter(), |it| {
        let before = it.before.as_ref().map(|version| version.upstream().to_string());
        let before = before.unwrap_or_else(|| "not installed".to_owned());
        (it.component.as_str(), before, it.planned.to_string(), it.after)
    });
    for ((component, before, planned, after), same) in alike {
        let result = match after {
            After::Planned => Text::of(Label::Good, format!("✓ {planned}")),
            After::Before => Text::of(Label::Warning, format!("{before}, not begun")),
            After::Unclear => Text::of(Label::Error, format!("✗ between {before} and {planned}")),
        };
        table.rows.push(Row::new(vec![
            Text::of(Label::Component, component),
            Text::of(Label::Host, words::hosts(same.iter().map(|it| it.host.as_str()))),
            Text::of(Label::Version, before),
            Text::of(Label::Version, planned),
            result,
        ]));
    }
    vec![Block::heading("Versions"), Block::Table(table)]
}

fn requests(record: &ChangeRecord) -> Vec<Block> {
    if record.requests.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(&[("at", Left), ("asked", Left), ("by", Left), ("why", Left)]);
    table.rows.extend(record.requests.iter().map(|it| {
        Row::new(vec![
            words::time(it.at).into(),
            Text::of(Label::Strong, words::request(it.what)),
            it.by.as_str().into(),
            it.reason.as_str().into(),
        ])
    }));
    vec![Block::heading("Requests from other terminals"), Block::Table(table)]
}

fn debts(record: &ChangeRecord) -> Vec<Block> {
    let items: Vec<Text> = record
        .debts
        .iter()
        .map(|(step, why)| Text::from(StepName::of(step).in_words()).plain(": ").plain(why))
        .collect();
    if items.is_empty() {
        return Vec::new();
    }
    vec![Block::heading(Text::of(Label::Warning, "Still owed")), Block::List(items)]
}

/// The plan that was approved, with the exact commands.
fn approved(plan: &Plan) -> Block {
    let body = plan::document(plan, Detail::Commands, "").blocks;
    // Its title says what the record's own has said.
    let body = body.into_iter().skip(1).collect();
    Block::Details { summary: Text::of(Label::Strong, "The plan, with every command"), body }
}

fn journal(journal: &JournalAccount) -> Vec<Block> {
    let chain = match &journal.damage {
        None => Text::of(Label::Good, "✓ verifies").plain(": no entry was changed or taken out"),
        Some(damage) => Text::of(Label::Error, "✗ does not verify: ").plain(damage),
    };
    let mut fields = vec![
        Field::new("recorded", journal.place.as_str()),
        Field::new("entries", journal.entries.to_string()),
        Field::new("last digest", Text::of(Label::Code, journal.head.to_string())),
        Field::new("chain", chain),
    ];
    if journal.torn {
        fields.push(Field::new(
            "torn",
            "a crash cut the last entry off; it had promised nothing yet",
        ));
    }
    vec![Block::heading("Journal"), Block::Fields(fields)]
}

/// A length of time, and that there is none.
pub(super) fn took(period: Option<Period>) -> Text {
    period.map_or_else(|| "-".into(), |period| words::about(period.duration()).into())
}
