//! Where output goes: data to standard output, talk to standard error.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use console::Term;

use super::Colour;
use super::problem::Problem;
use crate::diagnostic::{Code, Diagnostic};
use crate::view::terminal::{self, Style};
use crate::view::{Document, diagnostic};

/// The width of output that isn't read on a terminal, and the widest that is used on one: longer
/// lines are hard to read.
const WIDTH: usize = 100;
const WIDEST: usize = 120;

/// Whether programs still await their document. Held by whoever writes to standard output.
static AWAITED: Mutex<bool> = Mutex::new(false);

fn awaited() -> MutexGuard<'static, bool> {
    AWAITED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells programs that still await their document why there is none. Nobody else writes to standard output
/// while what this returns is kept.
pub(super) fn ends_with(problem: &Problem) -> Option<MutexGuard<'static, bool>> {
    // Of a document that is being written, programs have the beginning.
    let mut is_awaited = AWAITED.try_lock().ok()?;
    if *is_awaited && let Ok(answer) = problem.answer() {
        *is_awaited = false;
        let mut out = io::stdout().lock();
        // Nobody is left to be told that this failed as well.
        let _ = out.write_all(answer.as_bytes()).and_then(|()| out.flush());
    }
    Some(is_awaited)
}

/// The two streams, and what can be shown on them.
pub(super) struct Console {
    is_for_programs: bool,
    stdout: io::Stdout,
    stderr: io::Stderr,
    out: Style,
    err: Style,
}

impl Console {
    /// `is_for_programs`: one JSON document goes to standard output, and whatever people read to
    /// standard error.
    pub(super) fn new(colour: Colour, is_for_programs: bool) -> Self {
        *awaited() = is_for_programs;
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
            is_for_programs,
            stdout: io::stdout(),
            stderr: io::stderr(),
            out: style(&Term::stdout(), console::colors_enabled()),
            err: style(&Term::stderr(), console::colors_enabled_stderr()),
        }
    }

    /// Writes data. Whoever reads it may leave early, such as `head`: that holds nothing up.
    pub(super) fn data(&self, text: &str) -> Result<(), Problem> {
        let mut is_awaited = awaited();
        *is_awaited = false;
        let mut out = self.stdout.lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Problem::new(
                Code::Output,
                format!("standard output can't be written: {error}"),
                "nothing was changed by that; write to a file that has room",
            )),
            _ => Ok(()),
        }
    }

    /// Shows a document to people.
    pub(super) fn show(&self, document: &Document) -> Result<(), Problem> {
        if self.is_for_programs {
            self.tell(document);
            return Ok(());
        }
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

    /// Says what holds nothing up and should be looked at.
    pub(super) fn warns(&self, code: Code, what: impl Display) {
        self.say(&format!("warning[{}]: {what}", code.as_str()));
    }

    /// Shows diagnostics as talk.
    pub(super) fn diagnostics(&self, diagnostics: &[Diagnostic]) {
        if !diagnostics.is_empty() {
            self.talk(&diagnostic::render(diagnostics, self.err.width, self.err.colour));
        }
    }

    /// Says why the command failed, to programs too unless they have their answer.
    pub(super) fn fails(&self, problem: &Problem) {
        self.problem(problem);
        drop(ends_with(problem));
    }

    /// Says why a call is none.
    pub(super) fn refuses(&self, error: &clap::Error) {
        let _ = error.print();
        let code = Code::Usage.as_str();
        self.say(&format!("`mdc explain {code}` says more ({code})."));
        if self.is_for_programs {
            let text = error.render().to_string();
            let what = text.trim_start_matches("error: ").split("\n\n").next().unwrap_or_default();
            let problem = Problem::new(Code::Usage, what.trim(), "see `mdc help`, or --help");
            let _ = problem.answer().and_then(|answer| self.data(&answer));
        }
    }

    /// Says why something failed.
    pub(super) fn problem(&self, problem: &Problem) {
        match problem {
            Problem::Diagnostics(diagnostics) => self.diagnostics(diagnostics),
            Problem::Told { code, what, hint } => {
                self.say(&format!("error[{}]: {what}", code.as_str()));
                self.say(&format!("  next: {hint}"));
            }
        }
    }

    /// Asks a question whose only yes is the word `yes`.
    pub(super) fn agrees(&self, question: &str) -> Result<bool, Problem> {
        if !io::stdin().is_terminal() {
            return Err(Problem::new(
                Code::NoTerminal,
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
