//! Renders a document as GitHub-flavoured Markdown (the GFM specification, version 0.29), also read
//! by GitLab.

mod comments;
mod escape;

use super::document::{Block, Document, Field, Row, Side, Table, Text};
use super::harmless::visible;
pub use comments::comments;
use escape::{html, marker, text};

/// The most that GitHub takes as one comment, in characters.
pub const LONGEST_COMMENT: usize = 65_536;

/// The document as Markdown.
///
/// No text of the document can form markup, a link, a mention or HTML, or end a table's cell or a
/// block of code.
#[must_use]
pub fn render(document: &Document) -> String {
    render_whole(document, usize::MAX).unwrap_or_default()
}

/// A text as Markdown on one line, fit for a table's cell too; no word of it can form markup.
#[must_use]
pub fn inline(content: &Text) -> String {
    text(content)
}

/// As [`render`], if that is not longer than `longest` bytes; what is longer is not written to its end.
#[must_use]
pub fn render_whole(document: &Document, longest: usize) -> Option<String> {
    let mut out = document.marker.as_deref().map(marker).unwrap_or_default();
    for block in &document.blocks {
        write(&mut out, block);
        if out.len() > longest {
            return None;
        }
    }
    Some(out)
}

/// As [`render`], but not longer than `longest` bytes (and so not longer in characters either):
/// blocks that don't fit are left out from the end, and a last line says so.
#[must_use]
pub fn render_within(document: &Document, longest: usize) -> String {
    let mut out = document.marker.as_deref().map(marker).unwrap_or_default();
    for (place, block) in document.blocks.iter().enumerate() {
        let before = out.len();
        write(&mut out, block);
        // Room for the line below is kept until the last block has found its place.
        if out.len() + 100 > longest {
            out.truncate(before);
            let left = document.blocks.len() - place;
            let note = format!("_The last {left} parts are left out: too long._");
            line(&mut out, &["\n", &note]);
            return out;
        }
    }
    out
}

fn write(out: &mut String, block: &Block) {
    if !out.is_empty() {
        out.push('\n');
    }
    match block {
        Block::Heading { level, text: title } => {
            let signs = "#".repeat(usize::from(*level));
            line(out, &[&signs, " ", &text(title)]);
        }
        Block::Paragraph(content) => line(out, &[&text(content)]),
        Block::List(items) => items.iter().for_each(|item| line(out, &["- ", &text(item)])),
        Block::Fields(fields) => fields.iter().for_each(|it| line(out, &["- ", &field(it)])),
        Block::Table(content) => table(out, content),
        Block::Code(lines) => code(out, lines),
        Block::Details { summary, body } => details(out, summary, body),
    }
}

fn line(out: &mut String, parts: &[&str]) {
    out.extend(parts.iter().copied());
    out.push('\n');
}

fn field(field: &Field) -> String {
    format!("**{}** {}", field.key, text(&field.text))
}

/// A table; notes become a last column, since a row has one line in Markdown.
fn table(out: &mut String, table: &Table) {
    let notes = table.rows.iter().any(|row| !row.notes.is_empty());
    let extra = if notes { " |" } else { "" };
    let titles: Vec<&str> = table.columns.iter().map(|column| column.title).collect();
    let sides = table.columns.iter().map(|column| match column.side {
        Side::Left => "---",
        Side::Right => "--:",
    });
    let rule = if notes { " --- |" } else { "" };
    line(out, &["| ", &titles.join(" | "), " |", extra]);
    line(out, &["| ", &sides.collect::<Vec<_>>().join(" | "), " |", rule]);
    for row in &table.rows {
        line(out, &["| ", &cells(row, notes).join(" | "), " |"]);
    }
}

fn cells(row: &Row, notes: bool) -> Vec<String> {
    let mut cells: Vec<String> = row.cells.iter().map(text).collect();
    if notes {
        cells.push(row.notes.iter().map(field).collect::<Vec<_>>().join("<br>"));
    }
    cells
}

/// A fence that is longer than any run of backticks inside can't be closed by the content (GFM,
/// section 4.5).
fn code(out: &mut String, lines: &[String]) {
    let fence =
        "`".repeat(lines.iter().map(|line| escape::ticks(line) + 1).max().unwrap_or(0).max(3));
    line(out, &[&fence, "sh"]);
    for content in lines {
        line(out, &[&visible(content)]);
    }
    line(out, &[&fence]);
}

fn details(out: &mut String, summary: &Text, body: &[Block]) {
    line(out, &["<details><summary>", &html(summary), "</summary>"]);
    for block in body {
        write(out, block);
    }
    line(out, &["\n</details>"]);
}

#[cfg(test)]
mod tests;
