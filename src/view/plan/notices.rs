//! Who is told of what the plan does.

use super::Detail;
use crate::catalog::Stage;
use crate::manifest::Moment;
use crate::plan::{Notice, Plan};
use crate::transport::Task;
use crate::view::document::{Block, Label, Row, Side, Table, Text};

/// Who is told when and how; with the commands also by which words. Nothing when nobody is.
pub(super) fn blocks(plan: &Plan, detail: Detail) -> Vec<Block> {
    if plan.notices.is_empty() || plan.steps.is_empty() {
        return Vec::new();
    }
    let columns = [
        ("notice", Side::Left),
        ("told of", Side::Left),
        ("how", Side::Left),
        ("if that fails", Side::Left),
    ];
    let mut table = Table::new(&columns);
    table.rows.extend(plan.notices.iter().map(row));
    let mut blocks = vec![Block::heading("Notices"), Block::Table(table)];
    if detail == Detail::Commands {
        let words = plan.notices.iter().flat_map(|notice| {
            let title = Text::of(Label::Strong, notice.name.as_str());
            let lines = notice.tells.run.lines().map(str::to_owned).collect();
            [Block::Paragraph(title), Block::Code(lines)]
        });
        let summary = Text::of(Label::Strong, "Words of the notices");
        blocks.push(Block::Details { summary, body: words.collect() });
    }
    blocks
}

fn row(notice: &Notice) -> Row {
    let (way, blocking) = match &notice.tells.task {
        Task::Tell { way, blocking, .. } => (way.as_str(), *blocking),
        _ => ("", false),
    };
    let fails = if blocking {
        Text::of(Label::Warning, "nothing goes on")
    } else {
        "a warning in the record".into()
    };
    Row::new(vec![notice.name.as_str().into(), told_of(notice).into(), way.into(), fails])
}

/// `before, start and end of stage 1 and 2`.
fn told_of(notice: &Notice) -> String {
    let moments: Vec<&str> = notice.on.iter().map(|moment: &Moment| moment.as_str()).collect();
    let stages: Vec<&str> = notice
        .stages
        .iter()
        .map(|stage| match stage {
            Stage::Live => "1",
            Stage::Critical => "2",
        })
        .collect();
    format!("{} of stage {}", moments.join(", "), stages.join(" and "))
}
