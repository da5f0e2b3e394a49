//! From text to a typed value, or to all of its problems.

use std::sync::Arc;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer, Error};

use super::Span;
use super::check::check;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};

/// The JSON schema (draft 2020-12) of the files that hold a `T`.
pub fn schema<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value()
}

/// The value that `source` holds, or all the problems of its form. Warnings don't exist at this
/// level: with problems there is no value.
pub fn parse<T: JsonSchema + DeserializeOwned>(
    source: &Arc<SourceText>,
) -> (Option<T>, Diagnostics) {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    if !errors.is_empty() {
        let found = errors.iter().map(|error| syntax(source, &table, error)).collect();
        return (None, found);
    }
    let found = check(source, &schema::<T>(), &table);
    if !found.is_empty() {
        return (None, found);
    }
    match T::deserialize(Deserializer::from(table)) {
        Ok(value) => (Some(value), found),
        Err(error) => (None, std::iter::once(refused(source, &error)).collect()),
    }
}

fn syntax(source: &Arc<SourceText>, table: &Spanned<DeTable>, error: &Error) -> Diagnostic {
    let span = error.span().unwrap_or_default();
    if error.message() == "duplicate key" {
        return duplicate(source, table, span);
    }
    Diagnostic::new(Code::Syntax, "this is not TOML")
        .at(Label::new(source, visible(&source.text, span), error.message()))
        .help("mend what the mark points at; what comes after it was read as far as possible")
}

fn duplicate(source: &Arc<SourceText>, table: &Spanned<DeTable>, span: Span) -> Diagnostic {
    let key = source.text.get(span.clone()).unwrap_or_default().trim_matches(['"', '\'']);
    let mut earlier = Vec::new();
    keys_called(key, table.get_ref(), &mut earlier);
    earlier.retain(|found| found.start < span.start);
    let diagnostic = Diagnostic::new(Code::DuplicateKey, format!("`{key}` is written twice"))
        .at(Label::new(source, span, "the second time"))
        .help("keep one of them; what belongs to the same table goes under one header");
    // The parser doesn't tell where the first one is: show it only when there is no doubt.
    match earlier.as_slice() {
        [first] => diagnostic.at(Label::new(source, first.clone(), "the first time")),
        _ => diagnostic,
    }
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

/// A type may refuse what its schema allows (a key and its alias together).
fn refused(source: &Arc<SourceText>, error: &Error) -> Diagnostic {
    Diagnostic::new(Code::WrongType, "these keys don't go together")
        .at(Label::new(source, error.span().unwrap_or_default(), error.message()))
        .help("keep one of them")
}

/// Where the top-level key `key` is written in `source`, if it is.
#[must_use]
pub fn key_span(source: &SourceText, key: &str) -> Option<Span> {
    let (table, _) = DeTable::parse_recoverable(&source.text);
    table.get_ref().get_key_value(key).map(|(key, _)| key.span())
}

/// An empty place is moved onto the character before it, so that there is something to point at.
fn visible(text: &str, span: Span) -> Span {
    if !span.is_empty() {
        return span;
    }
    let before = text.get(..span.start).unwrap_or_default().trim_end();
    before.char_indices().next_back().map_or(span, |(start, c)| start..start + c.len_utf8())
}
