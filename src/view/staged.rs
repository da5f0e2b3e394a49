//! Package files that lie on hosts.

use super::document::{Block, Document, Field, Label, Row, Side, Table, Text};
use super::group::group;
use super::words;
use crate::report::{StagedFile, StagedFiles};

/// What lies on hosts, as a document: a row for each file, whichever hosts have it.
#[must_use]
pub fn document(staged: &StagedFiles) -> Document {
    let files = words::count(staged.files.len(), "package file");
    let mut document = Document::titled(Text::of(Label::Strong, files).plain(" on hosts"));
    if staged.files.is_empty() {
        return document;
    }
    let mut table = Table::new(&[
        ("file", Side::Left),
        ("hosts", Side::Left),
        ("size", Side::Right),
        ("needed", Side::Left),
    ]);
    let rows = group(&staged.files, |file| (&file.path, file.size, file.needed));
    table.rows.extend(rows.into_iter().map(|((path, size, needed), files)| {
        let needed = if needed {
            Text::of(Label::Good, "by a plan")
        } else {
            Text::of(Label::Warning, "by no plan")
        };
        let content = files.first().map_or_else(String::new, |file| file.content.short());
        let hosts = words::hosts(files.iter().map(|file: &&StagedFile| file.host.as_str()));
        let file =
            Text::of(Label::Strong, path.file_name()).and(Label::Dim, format!(" ({content})"));
        Row::new(vec![file, hosts.into(), Text::from(words::bytes(size)).unbroken(), needed])
    }));
    document.push(Block::Table(table));
    let of = |needed: bool| {
        let files = staged.files.iter().filter(|file| file.needed == needed);
        words::bytes(files.map(|file| file.size).fold(0, u64::saturating_add))
    };
    document.push(Block::Fields(vec![
        Field::new("needed", of(true)),
        Field::new("not needed", of(false)),
    ]));
    document
}
