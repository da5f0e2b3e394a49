//! What a rehearsal on a simulated twin came to: whether the plan comes to its end, and what follows when
//! its steps fail.

use super::document::{Block, Document, Field, Label, Row, Side, Table, Text};
use super::words;
use crate::evidence::{Drill, Evidence};

/// The rehearsal as a document. `unlike`: how the twin differed from what it was made from, in words.
#[must_use]
pub fn document(evidence: &Evidence, unlike: &[String]) -> Document {
    let title = Text::of(Label::Strong, &evidence.cluster)
        .plain(" (")
        .plain(&evidence.environment)
        .plain("): rehearsal of the plan to ")
        .plain(&evidence.release)
        .plain(" on a simulated twin, seal ")
        .plain(evidence.plan.short());
    let mut document = Document::titled(title);
    document.push(Block::Fields(fields(evidence)));
    document.extend(list("The twin is not as what it was made from", unlike));
    document.extend(list("Left out on the twin", &evidence.left_out));
    document.extend(not_failed(evidence));
    document.extend(drills("Failures that resuming doesn't mend", evidence, fails_otherwise));
    document.extend(drills("What failures leave until the run is resumed", evidence, |drill| {
        drill.recovers() && leaves(drill)
    }));
    document
}

fn fields(evidence: &Evidence) -> Vec<Field> {
    let whole = match &evidence.unfinished {
        None => Text::of(Label::Good, "✓ it comes to its end"),
        Some(why) => Text::of(Label::Error, "✗ ").plain(why),
    };
    let mut fields = vec![Field::new("undisturbed", whole)];
    let failed: Vec<&Drill> =
        evidence.drills.iter().filter(|drill| drill.fails.is_some()).collect();
    if !failed.is_empty() {
        let recover = failed.iter().filter(|drill| drill.recovers()).count();
        let is_whole = |drill: &&&Drill| {
            drill.back.as_ref().is_some_and(|back| back.completes && back.stays.is_empty())
        };
        let back = failed.iter().filter(is_whole).count();
        let of = |number: usize| format!("{number} of {}", failed.len());
        let steps = words::count(failed.len(), "step");
        fields.push(Field::new("made to fail", format!("{steps}, each on a twin of its own")));
        fields.push(Field::new("resumed", format!("{} come to the same end", of(recover))));
        fields.push(Field::new("taken back", format!("{} leave nothing behind", of(back))));
    }
    fields
}

fn leaves(drill: &Drill) -> bool {
    !drill.left.is_empty() || drill.back.as_ref().is_some_and(|back| !back.stays.is_empty())
}

fn fails_otherwise(drill: &Drill) -> bool {
    drill.fails.is_some() && !drill.recovers()
}

/// The steps that the drills say nothing of.
fn not_failed(evidence: &Evidence) -> Vec<Block> {
    let steps = evidence.drills.iter().filter(|drill| drill.fails.is_none());
    let steps: Vec<String> = steps.map(|drill| drill.step.clone()).collect();
    list("Steps that could not be made to fail", &steps)
}

fn drills(title: &str, evidence: &Evidence, which: impl Fn(&Drill) -> bool) -> Vec<Block> {
    let mut table = Table::new(&[("step", Side::Left)]);
    table.rows.extend(evidence.drills.iter().filter(|drill| which(drill)).map(|drill| {
        let mut notes: Vec<Field> = Vec::new();
        notes.extend(drill.fails.as_deref().map(|fails| Field::new("fails", fails)));
        notes.extend(drill.left.iter().map(|left| Field::new("left", left.as_str())));
        let resumed = drill.resumed.iter().flat_map(|resumed| &resumed.differs);
        notes.extend(resumed.map(|it| Field::new("resumed", Text::of(Label::Error, it))));
        let stays = drill.back.iter().flat_map(|back| &back.stays);
        notes.extend(stays.map(|it| Field::new("no way back", it.as_str())));
        Row::new(vec![Text::of(Label::Code, &drill.step)]).noted(notes)
    }));
    if table.rows.is_empty() {
        return Vec::new();
    }
    vec![Block::heading(title), Block::Table(table)]
}

fn list(title: &str, lines: &[String]) -> Vec<Block> {
    if lines.is_empty() {
        return Vec::new();
    }
    let lines = lines.iter().map(|it| Text::from(it.as_str()));
    vec![Block::heading(title), Block::List(lines.collect())]
}
