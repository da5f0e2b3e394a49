//! Renders a document as one HTML page that needs nothing else: no script, no other file, no network.
//! It follows the reader's choice of light or dark.

pub(in crate::view) mod escape;

use super::document::{Block, Document, Field, Row, Side, Table, Text};
use escape::{escaped, text};

const STYLE: &str = include_str!("style.css");

/// The document as a page.
///
/// No text of the document can form markup; should one, the page's own policy (Content Security
/// Policy, level 3) lets nothing run and nothing be fetched.
#[must_use]
pub fn render(document: &Document) -> String {
    let title = document.blocks.iter().find_map(|block| match block {
        Block::Heading { text, .. } => Some(text),
        _ => None,
    });
    let title = title.map(Text::said).unwrap_or_default();
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        escaped(&title)
    );
    blocks(&mut out, &document.blocks);
    out.push_str("</body>\n</html>\n");
    out
}

/// Blocks without a page around them.
pub(in crate::view) fn blocks(out: &mut String, all: &[Block]) {
    for block in all {
        write(out, block);
    }
}

fn write(out: &mut String, block: &Block) {
    match block {
        Block::Heading { level, text: title } => {
            let level = level.to_string();
            line(out, &["<h", &level, ">", &text(title), "</h", &level, ">"]);
        }
        Block::Paragraph(content) => line(out, &["<p>", &text(content), "</p>"]),
        Block::List(items) => {
            line(out, &["<ul>"]);
            for item in items {
                line(out, &["<li>", &text(item), "</li>"]);
            }
            line(out, &["</ul>"]);
        }
        Block::Fields(all) => line(out, &[&fields(all)]),
        Block::Table(content) => table(out, content),
        Block::Code(lines) => {
            let lines: Vec<String> = lines.iter().map(|code| escaped(code)).collect();
            line(out, &["<pre><code>", &lines.join("\n"), "</code></pre>"]);
        }
        Block::Details { summary, body } => details(out, summary, body),
    }
}

fn line(out: &mut String, parts: &[&str]) {
    out.extend(parts.iter().copied());
    out.push('\n');
}

fn fields(all: &[Field]) -> String {
    let field = |it: &Field| format!("<dt>{}</dt><dd>{}</dd>", escaped(it.key), text(&it.text));
    format!("<dl>{}</dl>", all.iter().map(field).collect::<String>())
}

const fn side(side: Side) -> &'static str {
    match side {
        Side::Left => "",
        Side::Right => " class=\"right\"",
    }
}

fn table(out: &mut String, table: &Table) {
    line(out, &["<div class=\"scroll\"><table>\n<thead><tr>"]);
    for column in &table.columns {
        let title = escaped(column.title);
        line(out, &["<th scope=\"col\"", side(column.side), ">", &title, "</th>"]);
    }
    line(out, &["</tr></thead>\n<tbody>"]);
    for row in &table.rows {
        cells(out, table, row);
    }
    line(out, &["</tbody>\n</table></div>"]);
}

/// A row, and below it a second one across the table with its notes.
fn cells(out: &mut String, table: &Table, row: &Row) {
    line(out, &[if row.apart { "<tr class=\"apart\">" } else { "<tr>" }]);
    for (cell, column) in row.cells.iter().zip(&table.columns) {
        line(out, &["<td", side(column.side), ">", &text(cell), "</td>"]);
    }
    line(out, &["</tr>"]);
    if !row.notes.is_empty() {
        let width = table.columns.len().to_string();
        let notes = fields(&row.notes);
        line(out, &["<tr><td colspan=\"", &width, "\">", &notes, "</td></tr>"]);
    }
}

/// Open from the beginning: what is folded is missing on paper.
fn details(out: &mut String, summary: &Text, body: &[Block]) {
    line(out, &["<details open><summary>", &text(summary), "</summary>"]);
    blocks(out, body);
    line(out, &["</details>"]);
}

#[cfg(test)]
mod tests;
