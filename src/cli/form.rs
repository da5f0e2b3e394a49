//! The form of an answer: for people or for programs.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::console::Console;
use super::history::json;
use super::problem::Problem;
use crate::view::{Document, markdown};

/// The name of a file to write. Elsewhere `--output` says in which form: a form is not taken for a name.
pub(super) fn file(text: &str) -> Result<Utf8PathBuf, String> {
    if ["text", "markdown", "json", "html"].contains(&text) {
        return Err(format!(
            "this names the file to write; for the form say `--format {text}`, and `./{text}` for a file of \
             that name"
        ));
    }
    Ok(text.into())
}

/// In which form an answer is given.
#[derive(Debug, Args)]
pub(super) struct Form {
    /// In which form
    #[arg(long, visible_alias = "output", default_value = "text")]
    format: Format,
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
