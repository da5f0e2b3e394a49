//! Breaks lines. Every character counts as one column: names, versions and our own words are of
//! that kind, and a wider one in a foreign text costs a ragged edge, no more.

use crate::view::document::Label;

/// A printable character with its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Glyph {
    pub(super) character: char,
    pub(super) label: Label,
}

/// Characters in a row.
pub(super) type Line = Vec<Glyph>;

impl Glyph {
    pub(super) const fn dim(character: char) -> Self {
        Self { character, label: Label::Dim }
    }

    pub(super) const fn key(character: char) -> Self {
        Self { character, label: Label::Key }
    }

    pub(super) const fn blank() -> Self {
        Self { character: ' ', label: Label::Plain }
    }
}

/// The line broken at its spaces into lines of at most `width` columns, of which all but the first
/// leave `hanging` columns free. A word that is longer than a line is broken inside. Always at
/// least one line.
pub(super) fn wrap(line: &[Glyph], width: usize, hanging: usize) -> Vec<Line> {
    let later = width.saturating_sub(hanging).max(1);
    let mut lines = Vec::new();
    let mut current = Line::new();
    let mut room = width.max(1);
    for (place, word) in line.split(|glyph| glyph.character == ' ').enumerate() {
        let mut rest = word;
        if place > 0 && current.len() + 1 + rest.len().min(later) > room {
            lines.push(std::mem::take(&mut current));
            room = later;
        } else if place > 0 {
            current.push(joint(&current, rest));
        }
        while current.len() + rest.len() > room {
            let (head, tail) = rest.split_at(break_in(rest, room.saturating_sub(current.len())));
            current.extend(head);
            lines.push(std::mem::take(&mut current));
            (rest, room) = (tail, later);
        }
        current.extend(rest);
    }
    lines.push(current);
    lines
}

/// The space between two words: part of a label that goes on over it.
fn joint(before: &[Glyph], after: &[Glyph]) -> Glyph {
    match (before.last(), after.first()) {
        (Some(left), Some(right)) if left.label == right.label => {
            Glyph { character: ' ', label: left.label }
        }
        _ => Glyph::blank(),
    }
}

/// Where to break a word that has more than `room` characters: behind the last `-`, `/` or `,` that
/// leaves no stub, or else at the edge. At least one character, or the loop would not end.
fn break_in(word: &[Glyph], room: usize) -> usize {
    let fitting = word.get(..room).unwrap_or(word);
    let sign = fitting.iter().rposition(|glyph| matches!(glyph.character, '-' | '/' | ','));
    sign.map(|place| place + 1).filter(|end| end * 3 > room).unwrap_or(room).max(1)
}
