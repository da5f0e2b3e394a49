//! Who has approved a plan, and who is missing.

use super::document::{Block, Document, Label, Row, Side, Table, Text};
use super::words;
use crate::approval::{Approval, Judged};
use crate::plan::Plan;
use crate::report::ChangeRecord;

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
        if have >= asked {
            text.and(Label::Good, format!("✓ {counted}"))
        } else {
            text.and(Label::Error, format!("✗ {counted}")).plain(", ").and(
                Label::Warning,
                format!("{} missing", words::count((asked - have) as usize, "approval")),
            )
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

/// Who had approved the plan of a run, or why it was begun without.
pub(super) fn of_run(record: &ChangeRecord) -> Vec<Block> {
    let without = record.unapproved.iter().map(|it| {
        Text::of(Label::Warning, "Begun without the approvals that were asked for")
            .plain(format!(" at {} by {}: ", words::time(it.at), it.by))
            .plain(&it.reason)
    });
    let without: Vec<Text> = without.collect();
    let approvals = table(&record.approvals);
    if without.is_empty() && approvals.is_none() {
        return Vec::new();
    }
    let mut blocks = vec![Block::heading("Approved by")];
    blocks.extend(approvals);
    if !without.is_empty() {
        blocks.push(Block::List(without));
    }
    blocks
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
