//! One errand on a host, from its text to its proven end; the same over SSH and on this machine.

use std::io::Read;
use std::time::{Duration, Instant};

use camino::Utf8Path;

use super::Output;
use super::dialogue::{Dialogue, Talk as _, Turn, Work};
use super::failure::{Problem, Trouble};
use super::process::{Process, Shell};
use super::pump::{Feed, Halt, Password, await_start, drop_rest, pump};
use super::secret;
use super::stop;
use super::sudo::Rights;
use super::token::Token;

/// How long a stopped command's streams may take to close.
const CLOSING: Duration = Duration::from_secs(5);

/// What is to be done.
pub(super) struct Errand<'a> {
    /// In words: `run the command`.
    pub(super) during: &'static str,
    /// The command or script.
    pub(super) work: Work<'a>,
    /// With whose rights.
    pub(super) rights: Rights<'a>,
    /// How long it may take.
    pub(super) within: Duration,
    /// How many bytes of each stream are kept.
    pub(super) keep: usize,
    /// Where relative paths of secrets start.
    pub(super) folder: &'a Utf8Path,
    /// Whether it ends another one; nothing ends such an errand in turn.
    pub(super) is_stop: bool,
}

/// What an errand left, and whether standard output had to be cut.
pub(super) struct Done {
    pub(super) output: Output,
    pub(super) is_cut: bool,
}

impl Errand<'_> {
    /// Does it, with `input` as standard input.
    pub(super) fn run(
        &self,
        shell: &mut dyn Shell,
        input: Option<&mut dyn Read>,
    ) -> Result<Done, Trouble> {
        let until = Instant::now() + self.within;
        let token = Token::random().map_err(|error| self.no_token(&error))?;
        let mut dialogue = Dialogue::new(token, self.rights, self.keep);
        let text = dialogue.text(self.work);
        let mut process = shell.start(&text, until).map_err(|problem| {
            if problem.may_pass() {
                shell.give_up(problem.to_string());
            }
            self.trouble(problem)
        })?;
        let password = || self.password();
        let password: &Password<'_> = &password;
        let mut feed = Feed::new(input, password);
        match pump(process.as_mut(), &mut dialogue, &mut feed, until) {
            Ok(ending) => {
                let is_cut = dialogue.is_cut();
                Ok(Done { output: dialogue.finish(ending)?, is_cut })
            }
            Err(Halt::Broken(problem)) => {
                shell.give_up(problem.to_string());
                Err(self.trouble(problem))
            }
            Err(Halt::Here(problem)) => {
                let left = self.stop(shell, process.as_mut(), dialogue, &mut feed);
                Err(Trouble::new(self.during, problem, left))
            }
            Err(Halt::OutOfTime) => {
                let left = self.stop(shell, process.as_mut(), dialogue, &mut feed);
                let limit = "the command".to_owned();
                let problem = Problem::TimedOut { limit, after: self.within };
                Err(Trouble::new(self.during, problem, left))
            }
        }
    }

    /// Ends the command on the host and tells what is left of it.
    fn stop(
        &self,
        shell: &mut dyn Shell,
        process: &mut dyn Process,
        mut dialogue: Dialogue<'_>,
        feed: &mut Feed<'_, '_>,
    ) -> String {
        let until = Instant::now() + CLOSING;
        if dialogue.turn() == Turn::Password {
            // sudo gives up at the end of its input, and nothing has run.
            if process.end_input().is_err() || drop_rest(process, until).is_err() {
                shell.give_up("sudo waits for a password on it".to_owned());
            }
            return "nothing was run on the host; mend the reference to the secret, or give it its \
                    value"
                .to_owned();
        }
        if self.is_stop || feed.finish_write(process, until).is_err() {
            shell.give_up("a command on it could not be stopped".to_owned());
            return "the host takes nothing in, so that the command may still run; look at the \
                    host before it is run again"
                .to_owned();
        }
        let pid = await_start(process, &mut dialogue, until);
        if let Some(status) = dialogue.status() {
            shell.give_up("a command's output stayed open after its end".to_owned());
            return format!(
                "the command itself ended with status {status}, but something that it started in \
                 the background keeps its output open; look at it on the host",
            );
        }
        let (told, stopped) = stop::end_group(self, shell, pid);
        if !stopped || drop_rest(process, Instant::now() + CLOSING).is_err() {
            shell.give_up("a command on it could not be stopped in time".to_owned());
        }
        told
    }

    fn password(&self) -> Result<crate::value::Secret, Problem> {
        let Rights::SudoWithPassword(reference) = self.rights else {
            return Err(Problem::Secret("no password for sudo is named".to_owned()));
        };
        secret::resolve(reference, self.folder).map_err(|error| Problem::Secret(error.to_string()))
    }

    fn no_token(&self, error: &std::io::Error) -> Trouble {
        let problem = Problem::Here(format!("/dev/urandom can't be read: {error}"));
        Trouble::new(self.during, problem, "mend this machine: every Linux system has that file")
    }

    fn trouble(&self, problem: Problem) -> Trouble {
        let hint = if matches!(problem, Problem::Lost(_)) {
            "it is not known what the command did; look on the host before it is run again"
        } else {
            "look at the host and at the network, then try again"
        };
        Trouble::new(self.during, problem, hint)
    }
}
