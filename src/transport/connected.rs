//! A host that commands can be started on, as a [`Connection`].

use std::io::Read;
use std::time::Duration;

use camino::Utf8PathBuf;

use crate::address::HostName;
use crate::manifest::Sudo;

use super::command::{Account, Command};
use super::dialogue::Work;
use super::errand::{Done, Errand};
use super::failure::{Failure, Problem, Trouble};
use super::gate;
use super::job::{self, Order, Tenure, Verdict};
use super::process::Shell;
use super::questions::Questions;
use super::sudo::Rights;
use super::{Connection, Output, Target};

/// How much of each stream of a command is kept.
const KEEP: usize = 256 * 1024;
/// The longest script on a command line; Linux takes 128 KiB in one word (execve(2)), and quoting
/// adds to it.
const COMMAND_LINE: usize = 32 * 1024;
/// The longest answer to questions.
const ANSWER: usize = 4 * 1024 * 1024;

/// Runs errands with the help of a shell.
pub(super) struct Connected<S> {
    host: HostName,
    sudo: Sudo,
    folder: Utf8PathBuf,
    shell: S,
}

impl<S: Shell> Connected<S> {
    pub(super) fn new(target: &Target<'_>, sudo: Sudo, shell: S) -> Self {
        Self { host: target.host.clone(), sudo, folder: target.folder.to_owned(), shell }
    }
}

impl<S: Shell + Send> Connection for Connected<S> {
    fn run(&mut self, command: &Command, input: Option<&mut dyn Read>) -> Result<Output, Failure> {
        let errand = Errand {
            during: "run the command",
            work: Work::Command(&command.run),
            rights: Rights::of(command.account, &self.sudo),
            within: command.within.duration(),
            keep: KEEP,
            folder: &self.folder,
            is_stop: false,
        };
        let done = errand.run(&mut self.shell, input);
        done.map(|done| done.output).map_err(|trouble| trouble.of(&self.host))
    }

    /// Asks as root where the connection has sudo: a health probe may need it.
    fn ask(&mut self, questions: &Questions, within: Duration) -> Result<Vec<u8>, Failure> {
        let rights = Rights::of(Account::Root, &self.sudo);
        let mut input = questions.script.as_bytes();
        // sudo writes command lines to the host's log (sudoers(5)): the script is none of it.
        let fits = matches!(rights, Rights::Login) && questions.script.len() <= COMMAND_LINE;
        let (work, input): (_, Option<&mut dyn Read>) = if fits {
            (Work::Script(&questions.script), None)
        } else {
            (Work::ScriptFromInput, Some(&mut input))
        };
        let errand = Errand {
            during: "ask for its state",
            work,
            rights,
            within,
            keep: ANSWER,
            folder: &self.folder,
            is_stop: false,
        };
        let done = errand.run(&mut self.shell, input);
        done.and_then(|done| whole(done, &errand)).map_err(|trouble| trouble.of(&self.host))
    }

    fn order(&mut self, tenure: &Tenure, order: &Order<'_>) -> Result<Verdict, Failure> {
        let rights = Rights::of(Account::Root, &self.sudo);
        let script = match rights {
            Rights::Gate(_) => gate::encoded(&order.words(tenure)),
            _ => order.script(tenure),
        };
        let errand = Errand {
            during: order.in_words(),
            work: Work::Order,
            rights,
            within: order.within(),
            keep: job::ANSWER,
            folder: &self.folder,
            is_stop: false,
        };
        let done = errand.run(&mut self.shell, Some(&mut script.as_bytes()));
        let answer = done.and_then(|done| whole(done, &errand));
        let verdict = answer.and_then(|answer| {
            Verdict::read(&answer).map_err(|problem| unusable(errand.during, &problem))
        });
        verdict.map_err(|trouble| trouble.of(&self.host))
    }

    fn host_key(&self) -> Option<String> {
        self.shell.host_key()
    }
}

/// An answer counts only when the script came to its own end and nothing of it is missing.
fn whole(done: Done, errand: &Errand<'_>) -> Result<Vec<u8>, Trouble> {
    let Done { output, is_cut } = done;
    let problem = match output.end {
        super::End::Exit(0) if !is_cut => return Ok(output.stdout),
        super::End::Exit(0) => format!("it is longer than {} bytes", errand.keep),
        super::End::Exit(status) => format!(
            "the script ended with status {status}: {}",
            super::excerpt::excerpt(&output.stderr, "it printed no reason")
        ),
        super::End::Signal(signal) => format!("the script was killed by signal {signal}"),
    };
    Err(unusable(errand.during, &problem))
}

fn unusable(during: &'static str, problem: &str) -> Trouble {
    Trouble::new(
        during,
        Problem::Answer(format!("the answer can't be used: {problem}")),
        "look on the host at what its shell and its logs say, then try again",
    )
}
