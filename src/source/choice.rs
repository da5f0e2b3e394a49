//! Checks a value that is one of several: a word (`"passwordless"`), or a table with one key that
//! says which (`{ password = … }`).

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::check::{Checker, Schema};
use super::path::Path;
use super::{Span, did_you_mean, listed};
use crate::diagnostic::{Code, Diagnostic};

/// The schema's definition of a reference to a secret, which nobody may replace by the secret.
const SECRET: &str = "SecretReference";

impl<'a> Checker<'a> {
    pub(super) fn choice(
        &mut self,
        path: Path<'_>,
        schema: &Schema<'a>,
        variants: &'a [Value],
        value: &Spanned<DeValue>,
    ) {
        let words: Vec<&str> = variants.iter().filter_map(|v| v["const"].as_str()).collect();
        let tables = tags(variants);
        match value.get_ref() {
            DeValue::Table(table) if !tables.is_empty() => {
                self.tagged(path, variants, value.span(), table);
            }
            _ if schema.name == SECRET => self.plain_secret(path, value.span()),
            DeValue::String(text) if words.contains(&text.as_ref()) => {}
            DeValue::String(text) if !words.is_empty() => {
                let help = did_you_mean(text, words.iter().copied(), "the words here are");
                let message = format!("`{path}` can't be `{text}`");
                self.report(
                    Diagnostic::new(Code::UnknownWord, message),
                    value.span(),
                    "unknown word",
                    help,
                );
            }
            _ if tables.is_empty() => {
                let expected = format!("one of {}", listed(words));
                self.wrong_type(path, schema, &expected, value);
            }
            _ => {
                let expected =
                    format!("a table with one of {}", listed(tables.iter().map(|(name, _)| *name)));
                self.wrong_type(path, schema, &expected, value);
            }
        }
    }

    /// A table that must have exactly one of the keys.
    fn tagged(&mut self, path: Path<'_>, variants: &'a [Value], span: Span, table: &DeTable) {
        let all = tags(variants);
        let names = || all.iter().map(|(name, _)| *name);
        let mut known = 0;
        for (key, value) in table {
            match all.iter().find(|(tag, _)| tag == key.get_ref()) {
                Some((_, node)) => {
                    known += 1;
                    self.value(path.join(key.get_ref()), *node, value);
                }
                None => self.unknown_key(path.join(key.get_ref()), names(), key),
            }
        }
        let (has, help) = match known {
            0 if table.is_empty() => ("has none of them".to_owned(), "write one of them"),
            0 | 1 => return,
            _ => (
                format!("has {known} of them"),
                "keep the one that you mean: they exclude each other",
            ),
        };
        let message = format!("`{path}` needs exactly one of {}, but {has}", listed(names()));
        self.report(Diagnostic::new(Code::ChooseOne, message), span, &has, help);
    }

    fn plain_secret(&mut self, path: Path<'_>, span: Span) {
        self.secrets.push(span.clone());
        let message = format!("`{path}` holds a secret in plain text");
        let help = "name the place that the secret is read from when it is needed: \
                    { env = \"NAME\" }, { file = \"path\" } or { command = [\"program\", \"argument\"] }; \
                    then change the secret, since this file has held it";
        self.report(Diagnostic::new(Code::PlainSecret, message), span, "hidden here", help);
    }
}

/// The keys that say which one it is, each with its schema and what it is for.
fn tags(variants: &[Value]) -> Vec<(&str, (&Value, &str))> {
    let mut tags = Vec::new();
    for variant in variants {
        let about = variant["description"].as_str().unwrap_or_default();
        let keys = variant["properties"].as_object().into_iter().flatten();
        tags.extend(keys.map(|(key, node)| (key.as_str(), (node, about))));
    }
    tags
}
