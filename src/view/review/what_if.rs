//! What would be otherwise.

use std::time::Duration;

use crate::plan::{Part, Plan, Step, elapsed, parts, slowest};
use crate::review::{Differences, Fit};
use crate::view::document::{Block, Document, Label, Row, Side, Table, Text};
use crate::view::words;

/// The plan as it is beside the plan as it would be, and how that one fits into `window`.
#[must_use]
pub fn document(
    (now, then): (&Plan, &Plan),
    (asked, differences): (&str, &Differences<'_>),
    window: Option<(Duration, &Fit<'_>)>,
) -> Document {
    let title = Text::of(Label::Strong, &now.cluster).plain(format!(": what if {asked}"));
    let mut document = Document::titled(title);
    document.push(Block::Table(table(now, then)));
    if let Some((window, fit)) = window {
        document.push(Block::heading("The window"));
        document.push(Block::Paragraph(fits(window, fit)));
        let steps = fit.not_begun.iter().map(|step| super::step(step));
        let steps: Vec<Text> = steps.collect();
        if !steps.is_empty() {
            document.push(Block::Paragraph("These would not be begun:".into()));
            document.push(Block::List(steps));
        }
    }
    document.push(Block::heading("The plan"));
    document.extend(super::differences::moved((now, then), differences));
    document
}

fn table(now: &Plan, then: &Plan) -> Table {
    let columns = [
        ("part", Side::Left),
        ("now", Side::Right),
        ("then", Side::Right),
        ("waves now", Side::Right),
        ("waves then", Side::Right),
    ];
    let mut table = Table::new(&columns);
    let (before, after) = (parts(now), parts(then));
    let mut titles: Vec<&'static str> = before.iter().map(|part| part.title).collect();
    for part in &after {
        if !titles.contains(&part.title) {
            titles.push(part.title);
        }
    }
    for title in titles {
        let time = |parts: &[Part<'_>]| {
            let part = parts.iter().find(|part| part.title == title);
            part.map(|part| words::about(elapsed(&part.steps))).unwrap_or_default()
        };
        let waves = |parts: &[Part<'_>]| {
            let part = parts.iter().find(|part| part.title == title);
            part.map(|part| part.waves().to_string()).unwrap_or_default()
        };
        table.rows.push(Row::new(vec![
            title.into(),
            time(&before).into(),
            time(&after).into(),
            waves(&before).into(),
            waves(&after).into(),
        ]));
    }
    for (title, of) in
        [("In all", elapsed as fn(&[&Step]) -> Duration), ("In a slow case", slowest)]
    {
        let time = |plan: &Plan| words::about(of(&plan.steps.iter().collect::<Vec<_>>()));
        table.rows.push(Row::new(vec![
            Text::of(Label::Strong, title),
            time(now).into(),
            time(then).into(),
            Text::default(),
            Text::default(),
        ]));
    }
    table
}

fn fits(window: Duration, fit: &Fit<'_>) -> Text {
    let takes = format!(
        "Stage 2 takes about {}, and {} when every step is slow; the window has {}.",
        words::about(fit.takes),
        words::about(fit.slow),
        words::about(window)
    );
    if fit.not_begun.is_empty() {
        return Text::of(Label::Good, "It fits: ")
            .plain("each step is begun, with room for a slow case of it and of its way back. ")
            .plain(takes);
    }
    Text::of(Label::Warning, "It does not fit. ").plain(takes)
}
