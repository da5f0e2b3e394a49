//! What was done to each step, against what was promised, and what failed.

use super::super::document::{Block, Field, Label, Row, Side, Table, Text};
use super::super::words::{self, StepName};
use super::change::took;
use super::{kind, outcome};
use crate::report::ChangeRecord;
use crate::report::change::{StepAccount, TryAccount};
use crate::scan::Scanned;
use crate::state::{Kept, StepFailure, StepOutcome};

/// Every step with its times.
pub(super) fn steps(record: &ChangeRecord) -> [Block; 2] {
    use Side::{Left, Right};
    let columns = [
        ("step", Left),
        ("host", Left),
        ("began", Left),
        ("took", Right),
        ("forecast", Right),
        ("tries", Right),
        ("outcome", Left),
    ];
    let mut table = Table::new(&columns);
    for step in &record.steps {
        let last = step.tries.last();
        let began = last.map(|one| words::time_of_day(one.began, record.began));
        let tries =
            if step.tries.is_empty() { "-".to_owned() } else { step.tries.len().to_string() };
        let cells = vec![
            kind(&step.step).into(),
            Text::of(Label::Host, step.host.as_str()),
            began.unwrap_or_else(|| "-".to_owned()).into(),
            took(last.and_then(|one| one.took)),
            words::about(step.forecast.duration()).into(),
            tries.into(),
            ended(step),
        ];
        let skipped = step.skipped.as_ref().map(|why| Field::new("left out", why.as_str()));
        let notes = seen(step).into_iter().chain(skipped).collect();
        table.rows.push(Row::new(cells).noted(notes));
    }
    [Block::heading("Steps"), Block::Table(table)]
}

/// What a gate saw, when it was passed.
fn seen(step: &StepAccount) -> Option<Field> {
    let lines = match step.outcome()? {
        StepOutcome::Seen(lines) => lines.to_vec(),
        StepOutcome::Kept(kept) => kept.iter().map(Kept::in_words).collect(),
        StepOutcome::Scanned(scans) => scans.iter().map(Scanned::in_words).collect(),
        StepOutcome::LogsRead(read) => vec![read.in_words()],
        _ => return None,
    };
    (!lines.is_empty()).then(|| Field::new("seen", lines.join("; ")))
}

fn ended(step: &StepAccount) -> Text {
    match step.tries.last() {
        Some(TryAccount { outcome: None, .. }) => Text::of(Label::Error, "✗ no end is recorded"),
        Some(one) => outcome(one.outcome.as_ref()),
        None if step.skipped.is_some() => Text::of(Label::Warning, "left out"),
        None => outcome(None),
    }
}

/// Every failure, also those that were mended since.
pub(super) fn failures(record: &ChangeRecord) -> Vec<Block> {
    let failed = record.steps.iter().flat_map(|step| {
        step.tries.iter().filter_map(move |one| match &one.outcome {
            Some(StepOutcome::Failed(failure)) => Some((step, one, failure)),
            _ => None,
        })
    });
    let mut blocks = Vec::new();
    for (step, one, failure) in failed {
        let heading = Text::of(Label::Error, "✗ Failed: ")
            .and(Label::Strong, StepName::of(&step.step).in_words())
            .plain(format!(", attempt {}", one.attempt));
        blocks.push(Block::heading(heading));
        blocks.push(Block::Fields(circumstances(one, failure)));
        if !failure.output.is_empty() {
            blocks.push(Block::Code(failure.output.to_vec()));
        }
    }
    blocks
}

fn circumstances(one: &TryAccount, failure: &StepFailure) -> Vec<Field> {
    let mut fields = vec![
        Field::new("began", words::time(one.began)),
        Field::new("while", failure.during.as_str()),
    ];
    if !failure.command.is_empty() {
        fields.push(Field::new("command", Text::of(Label::Code, &failure.command)));
    }
    fields.push(Field::new("ended", Text::of(Label::Error, &failure.ended)));
    fields.push(Field::new("after", took(one.took)));
    fields.push(Field::new("advice", failure.hint.as_str()));
    fields
}
