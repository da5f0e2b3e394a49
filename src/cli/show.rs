//! `mdc show`: a saved plan, for people.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use super::Exit;
use super::comments;
use super::console::Console;
use super::problem::Problem;
use crate::diagnostic::Code;
use crate::plan;
use crate::view;

/// Shows a saved plan.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The plan file
    plan: Utf8PathBuf,
    #[command(flatten)]
    how: How,
}

/// How a plan is shown.
#[derive(Debug, Args)]
pub(super) struct How {
    /// In which form
    #[arg(long, default_value = "text")]
    format: Format,
    /// How much of it, as text
    #[arg(long, default_value = "steps")]
    detail: Detail,
    /// Write it into this folder as comments of a pull request instead, `comment-01.md` and on: none is longer
    /// than GitHub takes, and the first line of each is a mark by which a bot finds it again
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["format", "detail"])]
    comments: Option<Utf8PathBuf>,
    /// The name in that mark instead of the cluster's and its environment's: one that the bot knows also when
    /// there is no plan to tell it
    #[arg(long, value_name = "NAME", requires = "comments", value_parser = comments::mark)]
    mark: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A page for a terminal
    Text,
    /// A comment for a pull request
    Markdown,
    /// One page for a browser, complete in itself
    Html,
    /// The order, for Graphviz
    Dot,
    /// The order, for Markdown that draws
    Mermaid,
    /// The plan file itself
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Detail {
    /// What it comes to
    Summary,
    /// Every step with its reasons
    Steps,
    /// Every step with its exact commands
    Commands,
}

impl How {
    /// What was made, if anything was. If not, the comments say so: none is left of a plan of before.
    pub(super) fn made<T>(
        &self,
        made: Result<T, Problem>,
        console: &Console,
    ) -> Result<T, Problem> {
        if let (Err(problem), Some(folder)) = (&made, &self.comments) {
            let why = problem.in_words();
            let comments = view::plan::no_comments(&why, self.mark.as_deref());
            comments::write(folder, &comments, console)?;
        }
        made
    }

    /// The plan in the form that was asked for. `next`: the command that carries it out.
    pub(super) fn show(
        &self,
        plan: &plan::Plan,
        next: &str,
        console: &Console,
    ) -> Result<(), Problem> {
        if let Some(folder) = &self.comments {
            let comments = view::plan::comments(plan, next, self.mark.as_deref());
            return comments::write(folder, &comments, console);
        }
        match self.format {
            Format::Text => console.show(&view::plan::document(plan, self.detail.into(), next)),
            Format::Markdown => console.data(&view::plan::comment(plan, next)),
            Format::Html => console.data(&view::plan::page(plan, next)),
            Format::Dot => console.data(&view::plan::dot(plan)),
            Format::Mermaid => console.data(&view::plan::mermaid(plan)),
            Format::Json => console.data(&json(plan)?),
        }
    }
}

impl From<Detail> for view::plan::Detail {
    fn from(detail: Detail) -> Self {
        match detail {
            Detail::Summary => Self::Summary,
            Detail::Steps => Self::Steps,
            Detail::Commands => Self::Commands,
        }
    }
}

/// The plan file's text.
pub(super) fn json(plan: &plan::Plan) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    let written = plan::write(plan, &mut bytes).ok().and_then(|()| String::from_utf8(bytes).ok());
    written.ok_or_else(|| {
        Problem::new(Code::Defect, "the plan can't be written as JSON", "report this")
    })
}

/// Reads a plan file.
pub(super) fn read(path: &camino::Utf8Path) -> Result<plan::Plan, Problem> {
    plan::read(path)
        .map_err(|error| Problem::file(path, &error, error.hint()).coded(Code::PlanUnusable))
}

impl Show {
    pub(super) fn run(&self, console: &Console) -> Result<Exit, Problem> {
        let plan = self.how.made(read(&self.plan), console)?;
        self.how.show(&plan, &format!("mdc apply {}", self.plan), console)?;
        Ok(Exit::Done)
    }
}
