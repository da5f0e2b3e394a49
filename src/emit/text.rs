//! Texts as they stand in a runbook.

use crate::view::document::{Block, Document, Label, Text};
use crate::view::markdown;

/// A text as Markdown.
pub(super) fn plain(text: &str) -> String {
    markdown::inline(&text.into())
}

/// A text to be typed or compared as it is.
pub(super) fn code(text: &str) -> String {
    markdown::inline(&Text::of(Label::Code, text))
}

/// Lines to be read exactly as they are.
pub(super) fn block(text: &str) -> String {
    let lines = text.lines().map(str::to_owned).collect();
    let document = Document { marker: None, blocks: vec![Block::Code(lines)] };
    markdown::render(&document).trim_end().to_owned()
}
