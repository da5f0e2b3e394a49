//! Problems as data, for programs: an editor, or a bot that marks lines of a pull request.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Diagnostic, Label, Severity};

/// A problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Found {
    /// Which kind of problem: `mdc explain CODE` says more.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What happened.
    pub message: String,
    /// Where; the first is the place to look at first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Place {
    /// The file, as the user named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What stands there, in a few words.
    pub label: String,
}

impl From<&Diagnostic> for Found {
    fn from(problem: &Diagnostic) -> Self {
        Self {
            code: problem.code.as_str(),
            severity: problem.code.severity(),
            message: problem.message.clone(),
            places: problem.labels.iter().map(Place::from).collect(),
            help: problem.help.clone(),
        }
    }
}

impl From<&Label> for Place {
    fn from(label: &Label) -> Self {
        let text = &label.source.text;
        let before = text.get(..label.span.start).unwrap_or(text);
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let line = before.matches('\n').count() + 1;
        Self { file: label.source.name.clone(), line, column, label: label.text.clone() }
    }
}
