//! The values that templates of requests are filled in with.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::source::template::{Fault, check, render};

/// Values, by variable.
#[derive(Debug, Clone, Default)]
pub struct RouteValues {
    known: BTreeMap<&'static str, String>,
    /// Those that an answer will tell.
    saved: Vec<String>,
}

impl RouteValues {
    /// What is known when a plan is made.
    pub const NAMES: [&'static str; 7] =
        ["address", "component", "digest", "host", "os", "package", "version"];
    /// Those of them that only a package file has.
    pub const OF_FILE: [&'static str; 2] = ["digest", "package"];

    /// Whether `template` uses what only a package file has.
    #[must_use]
    pub fn of_file(template: &str) -> bool {
        let mut names = Vec::new();
        while let Err(Fault::Unknown(name)) = check(template, &names) {
            if Self::OF_FILE.contains(&name.as_str()) {
                return true;
            }
            names.push(name);
        }
        false
    }

    /// With these values.
    #[must_use]
    pub fn new(known: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self { known: known.into_iter().collect(), saved: Vec::new() }
    }

    /// Takes note of a variable that an answer will tell: until then `{{name}}` stands for it.
    pub fn save(&mut self, name: &str) {
        self.saved.push(name.to_owned());
    }

    /// All names.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.known.keys().map(|name| (*name).to_owned()).chain(self.saved.clone()).collect()
    }

    /// The text of a body, filled in; `{{json NAME}}` writes a value as JSON.
    ///
    /// # Errors
    /// What is wrong with the template, in words.
    pub fn body(&self, template: &str) -> Result<String, String> {
        self.fill(template, &str::to_owned)
    }

    /// A path, filled in.
    ///
    /// # Errors
    /// What is wrong with the template, in words.
    pub fn path(&self, template: &str) -> Result<String, String> {
        self.fill(template, &encoded)
    }

    /// A pointer into an answer, filled in.
    ///
    /// # Errors
    /// What is wrong with the template, in words.
    pub fn pointer(&self, template: &str) -> Result<String, String> {
        self.fill(template, &pointed)
    }

    fn fill(&self, template: &str, write: &dyn Fn(&str) -> String) -> Result<String, String> {
        let known = self.known.iter().map(|(name, value)| ((*name).to_owned(), write(value)));
        let saved = self.saved.iter().map(|name| (name.clone(), format!("{{{{{name}}}}}")));
        let values: Map<String, Value> =
            known.chain(saved).map(|(name, value)| (name, Value::String(value))).collect();
        render(template, &Value::Object(values))
    }
}

/// A value in a path: UTF-8, percent-encoded (RFC 3986, section 2.1).
#[must_use]
pub fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// A value in a JSON pointer (RFC 6901, section 3).
#[must_use]
pub fn pointed(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}
