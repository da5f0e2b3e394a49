//! Renders a document for a terminal, or for a file that is read like one.

mod style;
mod table;
mod wrap;

use super::document::{Block, Document, Field, Text};
use style::glyphs;
use wrap::{Glyph, Line, wrap};

/// How far blocks stand in from the left, below the headings.
const INDENT: usize = 2;

/// What the terminal can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns. Lines are broken to fit; only code is left as it is.
    pub width: usize,
    /// Whether labels may be coloured (ISO 6429, "select graphic rendition").
    pub colour: bool,
    /// Whether characters outside ASCII may be written; without, ours are replaced and those of
    /// others shown as escapes.
    pub unicode: bool,
}

/// The document as text, each line ended by a newline. The marker is not shown.
///
/// Every character of the document's texts is made harmless: with `colour` off, the result holds no
/// control character but `\n`.
#[must_use]
pub fn render(document: &Document, style: &Style) -> String {
    let mut page = Page { style, out: String::new(), gap: Gap::None };
    for block in &document.blocks {
        page.block(block, 0);
    }
    page.out
}

/// One line without its end, for output that goes on for a long time.
#[must_use]
pub fn line(text: &Text, style: &Style) -> String {
    let mut out = String::new();
    style::paint(&mut out, &glyphs(text, style), style);
    out
}

/// What to leave before the next block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    None,
    Line,
}

struct Page<'a> {
    style: &'a Style,
    out: String,
    gap: Gap,
}

impl Page<'_> {
    fn block(&mut self, block: &Block, indent: usize) {
        if self.gap == Gap::Line {
            self.out.push('\n');
        }
        self.gap = Gap::Line;
        let inside = indent + INDENT;
        match block {
            Block::Heading { level, text } => self.heading(*level, text, indent),
            Block::Paragraph(text) => self.text(text, inside),
            Block::List(items) => items.iter().for_each(|item| self.item(item, inside)),
            Block::Fields(fields) => {
                let widest = fields.iter().map(|field| field.key.len()).max();
                self.fields(fields, widest.unwrap_or(0), inside);
            }
            Block::Table(table) => table::write(self, table, inside),
            Block::Code(lines) => lines.iter().for_each(|line| self.code(line, inside + INDENT)),
            Block::Details { summary, body } => self.details(summary, body, indent),
        }
    }

    /// A part's heading is drawn across the page, so that parts are found without colour too.
    fn heading(&mut self, level: u8, text: &Text, indent: usize) {
        let mut glyphs = glyphs(text, self.style);
        if level == 2 {
            let rule = self.style.width.saturating_sub(indent + glyphs.len() + 1);
            glyphs.push(Glyph::blank());
            glyphs.extend(style::rule(rule, self.style));
        }
        self.lines(&glyphs, indent, indent);
        self.gap = Gap::None;
    }

    fn details(&mut self, summary: &Text, body: &[Block], indent: usize) {
        self.text(summary, indent + INDENT);
        self.gap = Gap::None;
        for block in body {
            self.block(block, indent + INDENT);
        }
    }

    fn text(&mut self, text: &Text, indent: usize) {
        let glyphs = glyphs(text, self.style);
        self.lines(&glyphs, indent, indent);
    }

    fn item(&mut self, item: &Text, indent: usize) {
        let bullet = Text::from("- ");
        let mut line = glyphs(&bullet, self.style);
        line.extend(glyphs(item, self.style));
        self.lines(&line, indent, indent + INDENT);
    }

    /// Fields, their texts flush behind a name of `widest` columns.
    fn fields(&mut self, fields: &[Field], widest: usize, indent: usize) {
        for field in fields {
            let mut line: Line = field.key.chars().map(Glyph::key).collect();
            line.resize(widest + 2, Glyph::blank());
            line.extend(glyphs(&field.text, self.style));
            self.lines(&line, indent, indent + widest + 2);
        }
    }

    /// Code is never broken: a broken command is another command.
    fn code(&mut self, line: &str, indent: usize) {
        let glyphs = style::exact(line, self.style);
        self.write(&glyphs, indent);
    }

    /// A broken line: the first part stands in by `first`, the others by `others`.
    fn lines(&mut self, glyphs: &[Glyph], first: usize, others: usize) {
        let hanging = others.saturating_sub(first);
        let width = self.style.width.saturating_sub(first);
        for (number, line) in wrap(glyphs, width, hanging).iter().enumerate() {
            self.write(line, if number == 0 { first } else { others });
        }
    }

    fn write(&mut self, glyphs: &[Glyph], indent: usize) {
        let end =
            glyphs.iter().rposition(|glyph| glyph.character != ' ').map_or(0, |last| last + 1);
        let glyphs = glyphs.get(..end).unwrap_or(glyphs);
        if !glyphs.is_empty() {
            self.out.extend(std::iter::repeat_n(' ', indent));
            style::paint(&mut self.out, glyphs, self.style);
        }
        self.out.push('\n');
    }
}

#[cfg(test)]
mod tests;
