//! The form of an answer: for people or for programs.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::Serialize;

use super::console::Console;
use super::problem::Problem;
use crate::diagnostic::Code;
use crate::view::{Document, markdown};

/// Words that stand for a form wherever they follow `--output` or `-o` (see `call`). A file of such a name
/// is `./json`.
pub(super) const FORMS: [&str; 4] = ["text", "markdown", "json", "html"];

/// The name of a file to write; none of [`FORMS`], which `-ojson` would otherwise be taken for.
pub(super) fn file(text: &str) -> Result<Utf8PathBuf, String> {
    if FORMS.contains(&text) {
        return Err(format!(
            "this is a form: say `--format {text}`, or `./{text}` for a file of that name"
        ));
    }
    place(text)
}

/// Where something is written: what programs often take for standard output is a mere name here.
pub(super) fn place(text: &str) -> Result<Utf8PathBuf, String> {
    if text == "-" {
        return Err(
            "this would be a name, not standard output: say another one, or `./-`".to_owned()
        );
    }
    Ok(text.into())
}

/// In which form an answer is given.
#[derive(Debug, Args)]
pub(super) struct Form {
    /// In which form
    #[arg(long, default_value = "text")]
    format: Format,
}

/// An answer with the name and the version of its format first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Answer<T> {
    /// The format's name.
    format: String,
    /// The version of the format.
    version: u32,
    #[serde(flatten)]
    content: T,
}

impl<T> Answer<T> {
    /// `content` in the format that is called `name`.
    pub(super) fn of(name: &str, content: T) -> Self {
        Self { format: format!("mdc/{name}"), version: 1, content }
    }
}

/// The form of an answer that is no page, as an option.
#[derive(Debug, Args)]
pub(super) struct PlainForm {
    /// In which form
    #[arg(long, default_value = "text")]
    pub(super) format: Plain,
}

/// The form of an answer that is no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Plain {
    /// For people
    Text,
    /// For programs
    Json,
}

impl Plain {
    /// Gives `answer` to programs; people were told on the way.
    pub(super) fn answer(self, answer: &impl Serialize, console: &Console) -> Result<(), Problem> {
        match self {
            Self::Text => Ok(()),
            Self::Json => console.data(&json(answer)?),
        }
    }

    /// Shows `answer`, of which `document` is what people read.
    pub(super) fn show(
        self,
        answer: &impl Serialize,
        document: impl FnOnce() -> Document,
        console: &Console,
    ) -> Result<(), Problem> {
        match self {
            Self::Text => console.show(&document()),
            Self::Json => console.data(&json(answer)?),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A page for a terminal
    Text,
    /// A comment for a pull request
    Markdown,
    /// For programs
    Json,
}

impl Form {
    /// Whether programs read it.
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Shows `answer`, of which `document` is what people read.
    pub(super) fn show(
        &self,
        answer: &impl Serialize,
        document: impl FnOnce() -> Document,
        console: &Console,
    ) -> Result<(), Problem> {
        match self.format {
            Format::Text => console.show(&document()),
            Format::Markdown => {
                console.data(&markdown::render_within(&document(), markdown::LONGEST_COMMENT))
            }
            Format::Json => console.data(&json(answer)?),
        }
    }
}

/// A value's text as JSON.
pub(super) fn json(value: &impl Serialize) -> Result<String, Problem> {
    let text = serde_json::to_string_pretty(value);
    text.map(|text| text + "\n").map_err(|error| {
        Problem::new(Code::Defect, format!("it can't be written as JSON: {error}"), "report this")
    })
}
