//! Checks a parsed text against a schema: unknown and missing keys, types, words, numbers. Goes on
//! after each problem, so that one reading finds all of them.

use std::sync::Arc;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::flaw::Flaw;
use super::path::Path;
use super::{Span, database, web, word};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};

/// All the ways in which `table` differs from `schema`.
pub(super) fn check(
    source: &Arc<SourceText>,
    schema: &Value,
    table: &Spanned<DeTable>,
) -> Diagnostics {
    let mut checker =
        Checker { source, definitions: &schema["$defs"], found: Vec::new(), secrets: Vec::new() };
    checker.table(
        Path::default(),
        &Schema { node: schema, name: "", about: "" },
        table.span(),
        table.get_ref(),
    );
    // Of a format that this program doesn't know, nothing else can be said.
    if let Some(unknown) = checker.found.iter().position(|d| d.code == Code::FormatVersion) {
        checker.found = vec![checker.found.swap_remove(unknown)];
    }
    Diagnostics::from_iter(checker.found).hiding(source, &checker.secrets)
}

pub(super) struct Checker<'a> {
    pub(super) source: &'a Arc<SourceText>,
    definitions: &'a Value,
    pub(super) found: Vec<Diagnostic>,
    /// Secrets in plain text: no message may show them.
    pub(super) secrets: Vec<Span>,
}

/// One node of the schema, with what is known about it from the way to it.
pub(super) struct Schema<'a> {
    pub(super) node: &'a Value,
    /// The definition's name, if it has one.
    pub(super) name: &'a str,
    /// What it is for, in words.
    pub(super) about: &'a str,
}

impl<'a> Checker<'a> {
    pub(super) fn value(
        &mut self,
        path: Path<'_>,
        (node, about): (&'a Value, &'a str),
        value: &Spanned<DeValue>,
    ) {
        let schema = self.resolve((node, about), value.get_ref());
        if let Some(variants) = schema.node["oneOf"].as_array() {
            return self.choice(path, &schema, variants, value);
        }
        match (kind(schema.node), value.get_ref()) {
            (Some("object"), DeValue::Table(table)) => {
                self.table(path, &schema, value.span(), table);
            }
            (Some("array"), DeValue::Array(items)) => {
                if items.is_empty() && schema.node["minItems"].as_u64() > Some(0) {
                    self.empty(path, &schema, value.span());
                }
                for item in items {
                    self.value(path, (&schema.node["items"], schema.about), item);
                }
            }
            (Some("string"), DeValue::String(text)) => self.text(path, &schema, value.span(), text),
            (Some("integer"), DeValue::Integer(number)) => {
                self.integer(path, &schema, value.span(), number);
            }
            (Some("boolean"), DeValue::Boolean(_)) | (None, _) => {}
            (Some(expected), _) => {
                self.wrong_type(path, &schema, type_words(expected), value);
            }
        }
    }

    /// Follows references, and takes the alternative that has the value's type.
    fn resolve(&self, (node, outer): (&'a Value, &'a str), value: &DeValue) -> Schema<'a> {
        let mut schema = Schema { node, name: "", about: "" };
        loop {
            if let Some(about) =
                schema.node["description"].as_str().filter(|_| schema.about.is_empty())
            {
                schema.about = about;
            }
            if let Some(name) =
                schema.node["$ref"].as_str().and_then(|r| r.strip_prefix("#/$defs/"))
            {
                (schema.name, schema.node) = (name, &self.definitions[name]);
            } else if let Some(alternatives) = schema.node["anyOf"].as_array() {
                let fits = |node: &&Value| kind(node) == Some(json_type(value));
                let Some(taken) = alternatives.iter().find(fits).or(alternatives.first()) else {
                    return schema;
                };
                schema.node = taken;
            } else {
                if schema.about.is_empty() {
                    schema.about = outer;
                }
                return schema;
            }
        }
    }

    fn text(&mut self, path: Path<'_>, schema: &Schema<'a>, span: Span, text: &str) {
        if text.is_empty() && schema.node["minLength"].as_u64() > Some(0) {
            self.empty(path, schema, span);
        } else if schema.name == database::NAME {
            self.flaw(&path, span, database::flaw(text));
        } else if schema.name == web::NAME {
            self.flaw(&path, span, web::flaw(text));
        } else {
            self.word(&path, schema.name, span, text);
        }
    }

    fn flaw(&mut self, path: &Path<'_>, span: Span, flaw: Option<Flaw>) {
        let Some(Flaw { code, is, help, is_secret }) = flaw else { return };
        let diagnostic = Diagnostic::new(code, format!("`{path}` {is}"));
        if is_secret {
            self.secrets.push(span.clone());
        }
        self.report(diagnostic, span, if is_secret { "hidden here" } else { "this address" }, help);
    }

    pub(super) fn word(&mut self, path: &Path<'_>, form: &str, span: Span, text: &str) {
        let Some(word) = word::by_name(form) else { return };
        if let Some(problem) = (word.problem)(text) {
            let message = format!("`{path}` is not {}", word.what);
            self.report(Diagnostic::new(word.code, message), span, "this", problem);
        }
    }

    fn integer(&mut self, path: Path<'_>, schema: &Schema<'a>, span: Span, number: &DeInteger) {
        let value = i64::from_str_radix(number.as_str(), number.radix()).ok();
        if let Some(only) = schema.node["const"].as_i64() {
            if value != Some(only) {
                let message = format!(
                    "this is written in format version {number}, but mdc reads only {only}"
                );
                let help = format!(
                    "use an mdc that knows format version {number}, or rewrite the file for {only}"
                );
                self.report(Diagnostic::new(Code::FormatVersion, message), span, "not known", help);
            }
            return;
        }
        let least = schema.node["minimum"].as_i64().unwrap_or(i64::MIN);
        let most = schema.node["maximum"].as_i64().unwrap_or(i64::MAX);
        let most = if schema.node["format"] == "uint32" { most.min(u32::MAX.into()) } else { most };
        if !value.is_some_and(|v| (least..=most).contains(&v)) {
            let message = if value.is_some_and(|v| v < least) {
                format!("`{path}` is {number}, but must be at least {least}")
            } else {
                format!("`{path}` is {number}, but must be at most {most}")
            };
            self.report(
                Diagnostic::new(Code::OutOfRange, message),
                span,
                "out of range",
                schema.about,
            );
        }
    }

    fn empty(&mut self, path: Path<'_>, schema: &Schema<'a>, span: Span) {
        let message = format!("`{path}` is empty");
        self.report(Diagnostic::new(Code::Empty, message), span, "nothing here", schema.about);
    }

    pub(super) fn wrong_type(
        &mut self,
        path: Path<'_>,
        schema: &Schema<'a>,
        expected: &str,
        value: &Spanned<DeValue>,
    ) {
        let is = type_words(json_type(value.get_ref()));
        let message = format!("`{path}` must be {expected}, but is {is}");
        self.report(Diagnostic::new(Code::WrongType, message), value.span(), is, schema.about);
    }

    pub(super) fn report(
        &mut self,
        diagnostic: Diagnostic,
        span: Span,
        label: &str,
        help: impl Into<String>,
    ) {
        let diagnostic = diagnostic.at(Label::new(self.source, span, label));
        let help = help.into();
        self.found.push(if help.is_empty() { diagnostic } else { diagnostic.help(help) });
    }
}

/// The node's type; of `["string", "null"]` the first one, since TOML has no null.
fn kind(node: &Value) -> Option<&str> {
    let node = &node["type"];
    node.as_str().or_else(|| node[0].as_str())
}

pub(super) fn json_type(value: &DeValue) -> &'static str {
    match value {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Datetime(_) => "date",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    }
}

pub(super) fn type_words(kind: &str) -> &'static str {
    match kind {
        "string" => "text in quotes",
        "integer" => "a whole number",
        "number" => "a number with a point",
        "boolean" => "`true` or `false`",
        "date" => "a date",
        "array" => "a list",
        _ => "a table",
    }
}
