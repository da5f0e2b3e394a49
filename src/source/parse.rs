//! From text to a typed value, or to all of its problems.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::de::{DeTable, DeValue, Deserializer, Error};

use super::Span;
use super::check::check;
use super::syntax::problems;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};

/// The JSON schema (draft 2020-12) of the files that hold a `T`.
#[must_use]
pub fn schema<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value()
}

/// The same, made once for each type and kept: many files hold a component each.
pub(crate) fn known_schema<T: JsonSchema + 'static>() -> Arc<Value> {
    static KNOWN: Mutex<BTreeMap<TypeId, Arc<Value>>> = Mutex::new(BTreeMap::new());
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = known().get(&TypeId::of::<T>()).cloned();
    before.unwrap_or_else(|| {
        // Made while nobody waits: files of other types are read meanwhile.
        let made = Arc::new(schema::<T>());
        Arc::clone(known().entry(TypeId::of::<T>()).or_insert(made))
    })
}

/// The value that `source` holds, or all the problems of its form. Warnings don't exist at this
/// level: with problems there is no value.
#[must_use]
pub fn parse<T: JsonSchema + DeserializeOwned + 'static>(
    source: &Arc<SourceText>,
) -> (Option<T>, Diagnostics) {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    if !errors.is_empty() {
        return (None, problems(source, table.get_ref(), &errors));
    }
    let found = check(source, &known_schema::<T>(), &table);
    if !found.is_empty() {
        return (None, found);
    }
    match T::deserialize(Deserializer::from(table)) {
        Ok(value) => (Some(value), found),
        Err(error) => (None, std::iter::once(refused(source, &error)).collect()),
    }
}

/// A type may refuse what its schema allows: a key and its alias together.
fn refused(source: &Arc<SourceText>, error: &Error) -> Diagnostic {
    let (code, message) = match error.message().strip_prefix("duplicate field ") {
        Some(key) => (Code::DuplicateKey, format!("{key} is written under two names")),
        None => (Code::WrongType, error.message().to_owned()),
    };
    Diagnostic::new(code, message)
        .at(Label::new(source, error.span().unwrap_or_default(), "in this table"))
        .help("keep one of them")
}

/// Where the last key of `path`, which leads to it from the top, is written in `source`, if it is.
#[must_use]
pub fn key_span(source: &SourceText, path: &[&str]) -> Option<Span> {
    let (table, _) = DeTable::parse_recoverable(&source.text);
    let (last, tables) = path.split_last()?;
    let into = |table, key: &&str| match DeTable::get(table, *key)?.get_ref() {
        DeValue::Table(table) => Some(table),
        _ => None,
    };
    let table = tables.iter().try_fold(table.get_ref(), into)?;
    table.get_key_value(*last).map(|(key, _)| key.span())
}
