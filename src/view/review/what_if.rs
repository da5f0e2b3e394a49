//! What would be otherwise.

use std::time::Duration;

use crate::plan::{Plan, Step, elapsed, slowest};
use crate::review::Fit;
use crate::view::document::{Block, Document, Label, Row, Side, Table, Text};
use crate::view::plan::times;
use crate::view::words;

/// The plan as it is beside the plan as it would be, and how that one fits into `window`.
#[must_use]
pub fn document(
    (now, then): (&Plan, &Plan),
    asked: &str,
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
    let mut titles: Vec<&'static str> = times(now).into_iter().map(|part| part.0).collect();
    let more = times(then).into_iter().map(|part| part.0);
    for title in more {
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    for title in titles {
        let of = |plan: &Plan| times(plan).into_iter().find(|part| part.0 == title);
        let (before, after) = (of(now), of(then));
        let time = |it: Option<(&str, Duration, usize)>| {
            it.map(|it| words::about(it.1)).unwrap_or_default()
        };
        let waves =
            |it: Option<(&str, Duration, usize)>| it.map(|it| it.2.to_string()).unwrap_or_default();
        table.rows.push(Row::new(vec![
            title.into(),
            time(before).into(),
            time(after).into(),
            waves(before).into(),
            waves(after).into(),
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
