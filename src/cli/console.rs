//! Where output goes: data to standard output, talk to standard error.

use std::io::{self, IsTerminal, Write};

use console::Term;

use super::Colour;
use super::problem::Problem;
use crate::diagnostic::Diagnostic;
use crate::view::terminal::{self, Style};
use crate::view::{Document, diagnostic};

/// The width of output that isn't read on a terminal, and the widest that is used on one: longer
/// lines are hard to read.
const WIDTH: usize = 100;
const WIDEST: usize = 120;

/// The two streams, and what can be shown on them.
pub(super) struct Console {
    stdout: io::Stdout,
    stderr: io::Stderr,
    out: Style,
    err: Style,
}

impl Console {
    pub(super) fn new(colour: Colour) -> Self {
        let style = |term: &Term, colours: bool| Style {
            width: term
                .size_checked()
                .map_or(WIDTH, |(_, columns)| usize::from(columns).min(WIDEST)),
            colour: match colour {
                Colour::Auto => term.is_term() && colours,
                Colour::Always => true,
                Colour::Never => false,
            },
            unicode: true,
        };
        Self {
            stdout: io::stdout(),
            stderr: io::stderr(),
            out: style(&Term::stdout(), console::colors_enabled()),
            err: style(&Term::stderr(), console::colors_enabled_stderr()),
        }
    }

    /// Writes data.
    pub(super) fn data(&self, text: &str) -> Result<(), Problem> {
        let mut out = self.stdout.lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| {
            Problem::new(
                format!("standard output can't be written: {error}"),
                "nothing was changed by that; write to a file or a pager that reads to the end",
            )
        })
    }

    /// Shows a document as data.
    pub(super) fn show(&self, document: &Document) -> Result<(), Problem> {
        self.data(&terminal::render(document, &self.out))
    }

    /// Shows a document as talk.
    pub(super) fn tell(&self, document: &Document) {
        self.talk(&terminal::render(document, &self.err));
    }

    /// A document as text for a file.
    #[expect(clippy::unused_self, reason = "how a document becomes text is known here alone")]
    pub(super) fn plain(&self, document: &Document) -> String {
        terminal::render(document, &Style { width: WIDTH, colour: false, unicode: true })
    }

    /// Says a sentence.
    pub(super) fn say(&self, sentence: &str) {
        self.talk(&format!("{}\n", crate::view::harmless::visible(sentence)));
    }

    /// Shows diagnostics as talk.
    pub(super) fn diagnostics(&self, diagnostics: &[Diagnostic]) {
        if !diagnostics.is_empty() {
            self.talk(&diagnostic::render(diagnostics, self.err.width, self.err.colour));
        }
    }

    /// Says why the command failed.
    pub(super) fn problem(&self, problem: &Problem) {
        match problem {
            Problem::Diagnostics(diagnostics) => self.diagnostics(diagnostics),
            Problem::Told { what, hint } => {
                self.say(&format!("error: {what}"));
                self.say(&format!("  next: {hint}"));
            }
        }
    }

    /// Asks a question whose only yes is the word `yes`.
    pub(super) fn agrees(&self, question: &str) -> Result<bool, Problem> {
        if !io::stdin().is_terminal() {
            return Err(Problem::new(
                "there is no terminal to ask on whether this plan may be carried out",
                "read the plan, then give --yes",
            ));
        }
        self.talk(&format!("{question} Only the word yes is taken as agreement: "));
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer);
        Ok(read.is_ok() && answer.trim() == "yes")
    }

    /// Asks a question and gives the answer; none when there is no terminal to ask on.
    pub(super) fn answer(&self, question: &str) -> Option<String> {
        if !io::stdin().is_terminal() {
            return None;
        }
        self.talk(&crate::view::harmless::visible(question));
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).ok()?;
        Some(answer.trim().to_owned())
    }

    /// What standard error can show, for progress.
    pub(super) const fn talk_style(&self) -> Style {
        self.err
    }

    /// A closed standard error must not stop the work.
    fn talk(&self, text: &str) {
        let _ = self.stderr.lock().write_all(text.as_bytes());
    }
}
