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
    document
        .extend(drills("Drills that don't come to the same end", evidence, |it| !it.recovers()));
    document
        .extend(drills("What failures leave behind", evidence, |it| it.recovers() && leaves(it)));
    document
}

fn fields(evidence: &Evidence) -> Vec<Field> {
    let whole = match &evidence.unfinished {
        None => Text::of(Label::Good, "✓ it comes to its end"),
        Some(why) => Text::of(Label::Error, "✗ ").plain(why),
    };
    let mut fields = vec![Field::new("undisturbed", whole)];
    let all = &evidence.drills;
    let count = |drills: usize| words::count(drills, "step");
    if !all.is_empty() {
        let failed = all.iter().filter(|drill| drill.fails.is_some()).count();
        let recover = all.iter().filter(|drill| drill.recovers()).count();
        let back = |drill: &&Drill| {
            drill.back.as_ref().is_some_and(|back| back.completes && back.stays.is_empty())
        };
        let whole_back = all.iter().filter(back).count();
        fields.push(Field::new(
            "made to fail",
            format!("{} of {}, each on a twin of its own", failed, count(all.len())),
        ));
        fields.push(Field::new(
            "resumed",
            format!("{} of them: `mdc resume` comes to the same end", count(recover)),
        ));
        fields.push(Field::new(
            "taken back",
            format!("{} of them: `mdc rollback` leaves nothing behind", count(whole_back)),
        ));
    }
    fields
}

fn leaves(drill: &Drill) -> bool {
    !drill.left.is_empty() || drill.back.as_ref().is_some_and(|back| !back.stays.is_empty())
}

fn drills(title: &str, evidence: &Evidence, which: impl Fn(&Drill) -> bool) -> Vec<Block> {
    let mut table = Table::new(&[("step", Side::Left), ("then", Side::Left)]);
    table.rows.extend(evidence.drills.iter().filter(|drill| which(drill)).map(|drill| {
        let left = drill.left.iter().map(|it| Field::new("left", it.as_str()));
        let stays = drill.back.iter().flat_map(|back| &back.stays);
        let stays = stays.map(|it| Field::new("stays after the way back", it.as_str()));
        Row::new(vec![Text::of(Label::Code, &drill.step), drill.in_words().into()])
            .noted(left.chain(stays).collect())
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
