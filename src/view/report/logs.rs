//! What came to logs while a run went on: told loudly, since nothing has failed by it.

use super::super::document::{Block, Label, Text};
use super::super::words;
use crate::report::LogReview;
use crate::state::LogFound;

/// What was found in logs, with the first lines of it; nothing when no log was read.
pub(super) fn found(reviews: &[LogReview]) -> Vec<Block> {
    if reviews.is_empty() {
        return Vec::new();
    }
    let silent = reviews.iter().filter(|it| it.read.found.is_empty()).count();
    let (mut migrations, mut errors) = (0_u64, 0_u64);
    let found = || reviews.iter().flat_map(|it| it.read.found.iter().map(move |one| (it, one)));
    for (_, one) in found() {
        migrations = migrations.saturating_add(one.failed_migrations);
        errors = errors.saturating_add(one.errors);
    }
    let read = words::count(reviews.len(), "component");
    if silent == reviews.len() {
        let text = format!("✓ Nothing was found in the logs of {read}.");
        return vec![Block::Paragraph(Text::of(Label::Good, text))];
    }
    let number =
        |number: u64, one| words::count(usize::try_from(number).unwrap_or(usize::MAX), one);
    let heading = Text::of(Label::Warning, "Logs since the run began").plain(format!(
        ": {}, {}",
        number(migrations, "failed migration"),
        number(errors, "error")
    ));
    let mut blocks = vec![Block::heading(heading)];
    for (review, one) in found() {
        blocks.push(Block::Paragraph(told(review, one)));
        if !one.lines.is_empty() {
            blocks.push(Block::Code(one.lines.clone()));
        }
    }
    blocks
}

fn told(review: &LogReview, one: &LogFound) -> Text {
    let label = if one.failed_migrations > 0 { Label::Error } else { Label::Warning };
    let text = Text::of(Label::Component, review.component.as_str())
        .plain(" on ")
        .and(label, one.in_words());
    match review.read.accepted.as_ref().filter(|_| one.unread.is_none()) {
        Some(by) => text.plain(format!(" (accepted by {by})")),
        None => text,
    }
}
