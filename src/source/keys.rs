//! Checks the keys of a table: each is known, none is missing.

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeString, DeTable};

use super::check::{Checker, Schema};
use super::path::Path;
use super::{Span, closest, did_you_mean, listed};
use crate::diagnostic::{Code, Diagnostic};

impl<'a> Checker<'a> {
    pub(super) fn table(
        &mut self,
        path: Path<'_>,
        schema: &Schema<'a>,
        span: Span,
        table: &DeTable,
    ) {
        let empty = Map::new();
        let node = schema.node;
        let properties = node["properties"].as_object().unwrap_or(&empty);
        let named = node["patternProperties"].as_object().and_then(|p| p.values().next());
        let any = Some(&node["additionalProperties"]).filter(|node| node.is_object());
        let mut meant = Vec::new();
        for (key, value) in table {
            let path = path.join(key.get_ref());
            if let Some(node) = node["properties"].get(key.get_ref().as_ref()) {
                self.value(path, (node, schema.about), value);
            } else if let Some(node) = named.or(any) {
                if named.is_some() {
                    self.word(&path, "Name", key.span(), key.get_ref());
                }
                self.value(path, (node, schema.about), value);
            } else {
                let known =
                    properties.keys().map(String::as_str).filter(|k| !table.contains_key(*k));
                meant.extend(closest(key.get_ref(), known));
                self.unknown_key(path, properties.keys().map(String::as_str), key);
            }
        }
        self.missing_keys(path, schema, span, |key| {
            table.contains_key(key) || meant.contains(&key)
        });
    }

    pub(super) fn unknown_key<'k>(
        &mut self,
        path: Path<'_>,
        known: impl Iterator<Item = &'k str> + Clone,
        key: &Spanned<DeString<'_>>,
    ) {
        let table = path.parent().table();
        let help = did_you_mean(key.get_ref(), known, "the keys here are");
        self.report(
            Diagnostic::new(Code::UnknownKey, format!("{table} has no key `{}`", key.get_ref())),
            key.span(),
            "unknown key",
            help,
        );
    }

    fn missing_keys(
        &mut self,
        path: Path<'_>,
        schema: &Schema<'a>,
        span: Span,
        has: impl Fn(&str) -> bool,
    ) {
        let required = schema.node["required"].as_array().into_iter().flatten();
        let missing: Vec<&str> =
            required.filter_map(Value::as_str).filter(|key| !has(key)).collect();
        if missing.is_empty() {
            return;
        }
        let about: Vec<String> = missing
            .iter()
            .map(|key| {
                let about = schema.node.pointer(&format!("/properties/{key}/description"));
                format!("`{key}`: {}", about.and_then(Value::as_str).unwrap_or("add it"))
            })
            .collect();
        let message = format!("{} lacks {}", path.table(), listed(missing));
        self.report(Diagnostic::new(Code::MissingKey, message), span, "here", about.join("\n"));
    }
}
