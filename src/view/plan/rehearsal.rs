//! What of a plan was rehearsed: who reads it sees by whom, where, and what nobody has done before.

use crate::plan::{Plan, Rehearsal};
use crate::view::document::{Block, Label, Row, Side, Table, Text};
use crate::view::words;

/// In a line.
pub(super) fn summary(plan: &Plan) -> Option<Text> {
    let rehearsal = plan.rehearsal.as_ref()?;
    Some(match (rehearsal.missing.len(), rehearsal.evidence.len()) {
        (0, 0) => "nothing in it has to be".into(),
        (0, _) => Text::of(Label::Good, "✓ every change").plain(on(rehearsal)),
        (missing, 0) => {
            Text::of(Label::Warning, format!("none of {}", words::count(missing, "change")))
                .plain(" (see the end): it can't be carried out like this")
        }
        (missing, _) => {
            Text::of(Label::Warning, format!("all but {}", words::count(missing, "change")))
                .plain(on(rehearsal))
                .plain(" (see the end): it can't be carried out like this")
        }
    })
}

fn on(rehearsal: &Rehearsal) -> String {
    let mut clusters: Vec<&str> = rehearsal.evidence.iter().map(|it| it.cluster.as_str()).collect();
    clusters.sort_unstable();
    clusters.dedup();
    format!(", on {}", clusters.join(", "))
}

/// The evidence, what is missing, and where it was otherwise.
pub(in crate::view) fn blocks(plan: &Plan) -> Vec<Block> {
    let Some(rehearsal) = &plan.rehearsal else { return Vec::new() };
    let mut blocks = vec![Block::heading("Rehearsed")];
    if !rehearsal.evidence.is_empty() {
        blocks.push(Block::Table(evidence(rehearsal)));
    }
    let missing =
        rehearsal.missing.iter().map(|it| Text::of(Label::Warning, "not rehearsed: ").plain(it));
    let differs =
        rehearsal.differs.iter().map(|it| Text::of(Label::Warning, "differs: ").plain(it));
    let list: Vec<Text> = missing.chain(differs).collect();
    if !list.is_empty() {
        blocks.push(Block::List(list));
    }
    if let Some(age) = rehearsal.rule.max_age {
        let bound =
            format!("When the plan is carried out, a rehearsal may have ended {age} ago at most.");
        blocks.push(Block::Paragraph(bound.into()));
    }
    blocks
}

fn evidence(rehearsal: &Rehearsal) -> Table {
    let columns = [
        ("cluster", Side::Left),
        ("ended", Side::Left),
        ("signed by", Side::Left),
        ("evidence", Side::Left),
    ];
    let mut table = Table::new(&columns);
    table.rows.extend(rehearsal.evidence.iter().map(|it| {
        let simulated = if it.simulated { ", simulated" } else { "" };
        Row::new(vec![
            Text::of(Label::Strong, &it.cluster).plain(simulated),
            words::time(it.ended).into(),
            it.signed_by.as_str().into(),
            Text::of(Label::Code, &it.file).plain(format!(" ({})", it.sha256.short())),
        ])
    }));
    table
}
