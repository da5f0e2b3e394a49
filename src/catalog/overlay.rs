//! Part of a component: what a file or a manifest says about it, laid over what was said before.

use std::borrow::Cow;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use toml::{Table, Value};

use super::{Component, Durations, Limits};
use crate::address::ComponentName;
use crate::source;

/// Any of a component's keys.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Override(Table);

/// The component's own schema, with nothing required.
impl JsonSchema for Override {
    fn schema_name() -> Cow<'static, str> {
        "Override".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Component::json_schema(generator);
        schema.remove("required");
        let Some(serde_json::Value::Object(properties)) = schema.get_mut("properties") else {
            return schema;
        };
        for (key, part) in &*PARTS {
            let mut part = part.clone();
            part.remove("required");
            properties.insert((*key).to_owned(), part.to_value());
        }
        schema
    }
}

/// The tables whose keys can be overridden one by one although all of them are needed.
static PARTS: LazyLock<[(&str, Schema); 2]> = LazyLock::new(|| {
    let generator = &mut SchemaGenerator::default();
    [("limits", Limits::json_schema(generator)), ("durations", Durations::json_schema(generator))]
});

/// The required keys that `table` lacks, with `before` in front of each.
fn lacking(schema: &serde_json::Value, table: &Table, before: &str) -> Vec<String> {
    let required = schema["required"].as_array().into_iter().flatten().filter_map(|k| k.as_str());
    required.filter(|key| !table.contains_key(*key)).map(|key| format!("{before}{key}")).collect()
}

/// What is said of files, laid over what was said before: each has either `content` or `template`, and
/// the newer one counts.
fn over_files(old: &mut Table, new: &Table) {
    for (name, file) in new {
        match (old.get_mut(name), file) {
            (Some(Value::Table(before)), Value::Table(file)) => {
                if file.contains_key("content") || file.contains_key("template") {
                    before.remove("content");
                    before.remove("template");
                }
                before.extend(file.clone());
            }
            _ => drop(old.insert(name.clone(), file.clone())),
        }
    }
}

impl Override {
    /// Whether it says how many stay healthy.
    #[must_use]
    pub fn promises(&self) -> bool {
        let rolling = self.0.get("rolling").and_then(Value::as_table);
        rolling.is_some_and(|rolling| rolling.contains_key("min-healthy"))
    }

    /// This, with `over` laid over it: keys of a table one by one, of files each file's one by one,
    /// anything else as a whole.
    pub(super) fn with(&self, over: &Self) -> Self {
        let mut merged = self.0.clone();
        for (key, value) in &over.0 {
            match (merged.get_mut(key), value) {
                // These are one of several ways, not a table of facts: a new way replaces the old.
                (Some(Value::Table(old)), Value::Table(new))
                    if !["health", "way-back"].contains(&key.as_str()) =>
                {
                    if key == "files" {
                        over_files(old, new);
                    } else {
                        old.extend(new.clone());
                    }
                }
                _ => drop(merged.insert(key.clone(), value.clone())),
            }
        }
        Self(merged)
    }

    /// The component that these keys make.
    ///
    /// # Errors
    /// The keys that are missing.
    pub(super) fn complete(&self, name: &ComponentName) -> Result<Component, Vec<String>> {
        let mut missing = lacking(&source::known_schema::<Component>(), &self.0, "");
        for (key, part) in &*PARTS {
            if let Some(Value::Table(table)) = self.0.get(*key) {
                missing.extend(lacking(part.as_value(), table, &format!("{key}.")));
            }
        }
        if !missing.is_empty() {
            return Err(missing);
        }
        let mut table = self.0.clone();
        table.insert("name".to_owned(), Value::String(name.to_string()));
        // All keys and types were checked against the schema when the text was read.
        Component::deserialize(table).map_err(|error| vec![error.to_string()])
    }

    /// The keys that are set.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
