//! A document as several comments: each short enough, each with a mark by which it is found again. What
//! is told first stays first, and what is cut is cut between rows, items or lines.

use super::super::document::{Block, Document, Label, Table, Text};
use super::{LONGEST_COMMENT, line, marker, text, write};

/// Left free in each comment, so that whoever sends it may say something of their own above it.
const FREE: usize = 2_048;
/// The most characters that a part's number and the number of parts take.
const MANY: usize = 9_999;

/// The document as Markdown comments of at most [`LONGEST_COMMENT`] bytes (and so of no more characters),
/// in the order of reading. The first line of each is its mark: the document's own, and which part of
/// how many it is.
#[must_use]
pub fn comments(document: &Document) -> Vec<String> {
    within(document, LONGEST_COMMENT - FREE)
}

pub(super) fn within(document: &Document, longest: usize) -> Vec<String> {
    let name = document.marker.as_deref().unwrap_or("mdc");
    let title = match document.blocks.first() {
        Some(Block::Heading { text, .. }) => text.clone(),
        _ => Text::default(),
    };
    let head = |part: usize, of: usize| {
        let mut head = marker(&format!("{name} part {part} of {of}"));
        match (part, of) {
            (_, 1) => {}
            (1, _) => line(
                &mut head,
                &[&format!("_Part 1 of {of}: it goes on in the comments that follow._\n")],
            ),
            _ => line(&mut head, &[&format!("_Part {part} of {of}:_ {}\n", text(&title))]),
        }
        head
    };
    let room = longest.saturating_sub(head(MANY, MANY).len()).max(1);
    let parts = packed(&document.blocks, room);
    let of = parts.len();
    parts.iter().enumerate().map(|(place, part)| head(place + 1, of) + part).collect()
}

/// The blocks as texts of at most `room` bytes. A heading stands with what it is of.
fn packed(blocks: &[Block], room: usize) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut headings = String::new();
    let mut put = |text: String| match parts.last_mut() {
        Some(part) if part.is_empty() => *part = text,
        Some(part) if part.len() + 1 + text.len() <= room => {
            part.push('\n');
            part.push_str(&text);
        }
        _ => parts.push(text),
    };
    for piece in blocks.iter().flat_map(|block| pieces(block, room)) {
        let text = written(&piece);
        let is_heading = matches!(piece, Block::Heading { .. });
        if headings.len() + 1 + text.len() > room && !headings.is_empty() {
            put(std::mem::take(&mut headings));
        }
        if is_heading {
            headings = if headings.is_empty() { text } else { format!("{headings}\n{text}") };
        } else if headings.is_empty() {
            put(text);
        } else {
            put(format!("{}\n{text}", std::mem::take(&mut headings)));
        }
    }
    if !headings.is_empty() {
        put(headings);
    }
    parts
}

fn written(block: &Block) -> String {
    let mut out = String::new();
    write(&mut out, block);
    out
}

/// The block in pieces that each fit into `room`.
fn pieces(block: &Block, room: usize) -> Vec<Block> {
    if written(block).len() <= room {
        return vec![block.clone()];
    }
    match block {
        Block::Heading { .. } | Block::Paragraph(_) => vec![too_long()],
        Block::List(items) => chunks(items, room, Block::List),
        Block::Fields(fields) => chunks(fields, room, Block::Fields),
        Block::Code(lines) => chunks(lines, room, Block::Code),
        Block::Table(table) => chunks(&table.rows, room, |rows| {
            Block::Table(Table { columns: table.columns.clone(), rows })
        }),
        Block::Details { summary, body } => folded(summary, body, room),
    }
}

/// What is folded, in several folds of the same name.
fn folded(summary: &Text, body: &[Block], room: usize) -> Vec<Block> {
    let named = |place: usize, of: usize| summary.clone().plain(format!(" ({place} of {of})"));
    let empty = Block::Details { summary: named(MANY, MANY), body: Vec::new() };
    let Some(inside) = room.checked_sub(written(&empty).len()).filter(|inside| *inside > 0) else {
        return vec![too_long()];
    };
    let mut bodies: Vec<Vec<Block>> = Vec::new();
    let mut used = 0;
    for piece in body.iter().flat_map(|block| pieces(block, inside.saturating_sub(1))) {
        let size = written(&piece).len() + 1;
        match bodies.last_mut() {
            Some(last) if used + size <= inside => {
                last.push(piece);
                used += size;
            }
            _ => {
                bodies.push(vec![piece]);
                used = size;
            }
        }
    }
    let of = bodies.len();
    let fold = |(place, body)| Block::Details { summary: named(place + 1, of), body };
    bodies.into_iter().enumerate().map(fold).collect()
}

/// The items in blocks of as many as fit into `room`; what does not fit alone is named as missing.
fn chunks<T: Clone>(items: &[T], room: usize, block: impl Fn(Vec<T>) -> Block) -> Vec<Block> {
    let empty = written(&block(Vec::new())).len();
    let mut blocks = Vec::new();
    let mut kept: Vec<T> = Vec::new();
    let mut used = empty;
    for item in items {
        // The last column of a table, and a longer fence, may come with one item for all.
        let size = written(&block(vec![item.clone()])).len().saturating_sub(empty) + 4;
        if used + size > room && !kept.is_empty() {
            blocks.push(block(std::mem::take(&mut kept)));
            used = empty;
        }
        if empty + size > room {
            blocks.push(too_long());
            continue;
        }
        kept.push(item.clone());
        used += size;
    }
    if !kept.is_empty() {
        blocks.push(block(kept));
    }
    blocks
}

fn too_long() -> Block {
    let note = "What stands here is too long for a comment. The file itself has it.";
    Block::Paragraph(Text::of(Label::Warning, note))
}
