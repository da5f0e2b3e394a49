//! What keeps a text from being TOML.

use std::sync::Arc;

use toml::de::{DeTable, DeValue, Error};

use super::Span;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};

/// Errors after these are consequences, and each costs a look through the text.
const MOST: usize = 1000;

/// The parser's errors, each as a problem. `table` is what could be read all the same.
pub(super) fn problems(source: &Arc<SourceText>, table: &DeTable, errors: &[Error]) -> Diagnostics {
    let mut found = Vec::new();
    // All keys under a second header are duplicates too: the header is the cause.
    let mut second_header: Option<Span> = None;
    for error in errors.iter().take(MOST) {
        let span = error.span().unwrap_or_default();
        if error.message() != "duplicate key" {
            found.push(syntax(source, error.message(), span));
            continue;
        }
        if second_header.as_ref().is_some_and(|under| under.contains(&span.start)) {
            continue;
        }
        second_header = table_under_header(&source.text, &span);
        found.push(duplicate(source, table, span, second_header.is_some()));
    }
    Diagnostics::from_iter(found)
}

fn syntax(source: &Arc<SourceText>, message: &str, span: Span) -> Diagnostic {
    // The parser names the rule of the grammar that it tried last; these say what is missing.
    let words = match message {
        "string values must be quoted, expected literal string" => "text must be in quotes",
        "key with no value, expected `=`" => "`=` is missing after the key",
        "unclosed array, expected `]`" => "`]` is missing at the end of the list",
        "unclosed table, expected `]`" => "`]` is missing at the end of the header",
        "unclosed inline table, expected `}`" => "`}` is missing at the end of the table",
        "invalid basic string, expected `\"`" => "`\"` is missing at the end of the text",
        "invalid literal string, expected `'`" => "`'` is missing at the end of the text",
        other => other,
    };
    Diagnostic::new(Code::Syntax, format!("this is not TOML: {words}"))
        .at(Label::new(source, visible(&source.text, span), "here"))
        .help("mend this first: keys and values are checked once the file is TOML")
}

fn duplicate(source: &Arc<SourceText>, table: &DeTable, span: Span, is_header: bool) -> Diagnostic {
    let key = source.text.get(span.clone()).unwrap_or_default().trim_matches(['"', '\'']);
    let (first, message, help) = if is_header {
        let message = format!("the table `{key}` is written twice");
        (same_line(&source.text, &span), message, "put its keys under one header, or rename one")
    } else {
        (only_key(key, table, &span), format!("`{key}` is written twice"), "keep one of them")
    };
    let diagnostic = Diagnostic::new(Code::DuplicateKey, message)
        .at(Label::new(source, span, "the second time"))
        .help(help);
    match first {
        Some(first) => diagnostic.at(Label::new(source, first, "the first time")),
        None => diagnostic,
    }
}

/// The first line that reads like the one with `span`, if it comes before that.
fn same_line(text: &str, span: &Span) -> Option<Span> {
    let start = text.get(..span.start)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(start..)?.lines().next()?;
    let mut at = 0;
    for earlier in text.get(..start)?.split_inclusive('\n') {
        if earlier.trim() == line.trim() {
            return Some(at..at + earlier.trim_end().len());
        }
        at += earlier.len();
    }
    None
}

/// Where the key is written before `span`. The parser doesn't tell which table it was in: with
/// several such keys there is doubt, and no answer.
fn only_key(key: &str, table: &DeTable, span: &Span) -> Option<Span> {
    let mut found = Vec::new();
    keys_called(key, table, &mut found);
    found.retain(|earlier| earlier.start < span.start);
    match found.as_slice() {
        [first] => Some(first.clone()),
        _ => None,
    }
}

/// If `span` is in a table's header, the text up to the next header.
fn table_under_header(text: &str, span: &Span) -> Option<Span> {
    let line = text.get(..span.start)?.rfind('\n').map_or(0, |end| end + 1);
    text.get(line..)?.trim_start().strip_prefix('[')?;
    let next = text.get(span.end..)?.find("\n[").map_or(text.len(), |next| span.end + next);
    Some(span.end..next)
}

fn keys_called(name: &str, table: &DeTable, found: &mut Vec<Span>) {
    for (key, value) in table {
        if key.get_ref() == name {
            found.push(key.span());
        }
        if let DeValue::Table(table) = value.get_ref() {
            keys_called(name, table, found);
        }
    }
}

/// An empty place is moved onto the character before it, so that there is something to point at.
fn visible(text: &str, span: Span) -> Span {
    if !span.is_empty() {
        return span;
    }
    let before = text.get(..span.start).unwrap_or_default().trim_end();
    before.char_indices().next_back().map_or(span, |(start, c)| start..start + c.len_utf8())
}
