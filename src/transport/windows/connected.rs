//! A Windows host that command lines can be started on, as a [`Connection`].

use std::io::Read;
use std::time::{Duration, Instant};

use crate::address::HostName;

use super::super::dialogue::Talk;
use super::super::failure::{Failure, Problem, Trouble};
use super::super::job::{self, Order, Tenure, Verdict};
use super::super::process::{Process, Shell};
use super::super::pump::{Feed, Halt, await_start, drop_rest, pump};
use super::super::questions::Questions;
use super::super::token::Token;
use super::super::{Command, Connection, End, Output, Target, Task};
use super::dialogue::Dialogue;
use super::letter::{Letter, Lines};
use super::{BOOTSTRAP, COMMAND, HOST, LENGTH, PULL, Puller, STOP, pull, quote};

/// How much of each stream of a command is kept.
const KEEP: usize = 256 * 1024;
/// The longest answer to questions.
const ANSWER: usize = 4 * 1024 * 1024;
/// How long ending a command may take, and its streams to close.
const ENDING: Duration = Duration::from_secs(15);
/// How long it may take to see how much of a file is there.
const LOOK: Duration = Duration::from_mins(1);
/// Where what comes over standard input waits for the command that takes it.
const RECEIVED: &str = r"C:\ProgramData\mdc\received";

/// Runs scripts with the help of a shell. Whoever logs in has to be an administrator: there is no way
/// to become one.
pub(in crate::transport) struct WindowsConnected<S> {
    host: HostName,
    shell: S,
    /// How the host fetches package files; none where they are sent, or it could not.
    puller: Option<Puller>,
}

/// How a package file comes to the host.
enum Way {
    /// The host has fetched it.
    Fetched,
    /// It is sent; why that is, where it should have been fetched.
    Sent(Option<String>),
}

/// A script to be run.
struct Errand<'a> {
    during: &'static str,
    letter: Letter<'a>,
    within: Duration,
    keep: usize,
}

impl<S: Shell> WindowsConnected<S> {
    pub(in crate::transport) fn new(target: &Target<'_>, shell: S, puller: Option<Puller>) -> Self {
        Self { host: target.host.clone(), shell, puller }
    }

    /// Runs it; what it left, and whether standard output had to be cut.
    fn run_script(
        &mut self,
        errand: &Errand<'_>,
        input: Option<&mut dyn Read>,
    ) -> Result<(Output, bool), Failure> {
        let host = self.host.clone();
        run(&mut self.shell, errand, input).map_err(|trouble| trouble.of(&host))
    }

    /// Runs it; the answer, when it is whole.
    fn answer(&mut self, errand: &Errand<'_>) -> Result<Vec<u8>, Failure> {
        let (output, is_cut) = self.run_script(errand, None)?;
        let problem = match output.end {
            End::Exit(0) if !is_cut => return Ok(output.stdout),
            End::Exit(0) => format!("it is longer than {} bytes", errand.keep),
            End::Exit(_) | End::Signal(_) => {
                super::super::excerpt::excerpt(&output.stderr, "the script gave no reason")
            }
        };
        Err(unusable(errand.during, &problem).of(&self.host))
    }

    /// How much of the file at `path` is there.
    fn length(&mut self, path: &str) -> Result<u64, Failure> {
        let words = [path.to_owned()];
        let letter = Letter { script: LENGTH, words: &words, file: None };
        let during = "see how much of the file is there";
        let said = self.answer(&Errand { during, letter, within: LOOK, keep: 4096 })?;
        let said = String::from_utf8_lossy(&said);
        said.trim().parse().map_err(|_| unusable(during, "it is no number").of(&self.host))
    }
}

impl<S: Shell + Send> WindowsConnected<S> {
    /// Lets the host fetch the file to `path`, where that is wanted. When it can't begin to, that is told, and
    /// not tried again by this connection; when nothing can be offered here, the next file tries again.
    fn fetch(
        &mut self,
        (path, size): (&str, u64),
        within: Duration,
        input: &mut dyn Read,
    ) -> Result<Way, Failure> {
        let during = "let the host fetch the file";
        let Some(puller) = &self.puller else { return Ok(Way::Sent(None)) };
        let offer = match puller.offer(self.shell.own_address()) {
            Ok(offer) => offer,
            Err(problem) => return Ok(Way::Sent(Some(problem.to_string()))),
        };
        let words = offer.words(path, size);
        let letter = Letter { script: PULL, words: &words, file: None };
        let errand = Errand { during, letter, within, keep: 4096 };
        let (until, shell) = (Instant::now() + within, &mut self.shell);
        let (done, given) =
            pull::beside(&offer, (input, size), until, || run(shell, &errand, None));
        if let Some(why) = given.broken {
            let trouble =
                Trouble::new(during, Problem::Here(why), "nothing is lost: it goes on there");
            return Err(trouble.of(&self.host));
        }
        let (output, _) = done.map_err(|trouble| trouble.of(&self.host))?;
        let is_fetched = output.end.is_success();
        let why = || super::super::excerpt::excerpt(&output.stderr, "the script gave no reason");
        if is_fetched {
            return Ok(Way::Fetched);
        }
        if given.read == 0 {
            self.puller = None;
            return Ok(Way::Sent(Some(why())));
        }
        let hint = "what it has stays there, and is gone on with";
        Err(Trouble::new(during, Problem::Lost(why()), hint).of(&self.host))
    }
}

impl<S: Shell + Send> Connection for WindowsConnected<S> {
    fn run(&mut self, command: &Command, input: Option<&mut dyn Read>) -> Result<Output, Failure> {
        let during = "run the command";
        let mut words = vec![command.run.clone()];
        let (mut from, mut is_fetched, mut not_fetched) = (0, false, None);
        let mut source = input;
        if let Some(input) = source.as_mut() {
            let (path, stays) = place(&command.task).map_err(|problem| {
                Trouble::new(during, problem, "mend this machine").of(&self.host)
            })?;
            if let Task::ReceiveFile { size, .. } = &command.task {
                let within = command.within.duration();
                match self.fetch((&path, *size), within, *input)? {
                    Way::Fetched => (from, is_fetched) = (*size, true),
                    Way::Sent(why) => {
                        not_fetched = why;
                        from = self.length(&path)?;
                        // A longer one is not a beginning of it.
                        from = if from > *size { 0 } else { from };
                        skip(input, from).map_err(|problem| {
                            Trouble::new(during, problem, "nothing was sent").of(&self.host)
                        })?;
                    }
                }
            }
            words.push(path);
            words.extend(stays.then(|| "stays".to_owned()));
        }
        let file = words.get(1).map(|path| (from, path.as_str()));
        let letter = Letter { script: COMMAND, words: &words, file };
        let errand = Errand { during, letter, within: command.within.duration(), keep: KEEP };
        let source = source.filter(|_| !is_fetched);
        let (mut output, _) = self.run_script(&errand, source)?;
        if let Some(why) = not_fetched {
            let told = format!("the host could not fetch it, and it was sent instead: {why}\n");
            output.stderr.splice(0..0, told.into_bytes());
        }
        Ok(output)
    }

    fn ask(&mut self, questions: &Questions, within: Duration) -> Result<Vec<u8>, Failure> {
        let (script, words) = (questions.script.as_str(), questions.words.as_slice());
        let letter = Letter { script, words, file: None };
        self.answer(&Errand { during: "ask for its state", letter, within, keep: ANSWER })
    }

    fn order(&mut self, tenure: &Tenure, order: &Order<'_>) -> Result<Verdict, Failure> {
        let (during, words) = (order.in_words(), order.words(tenure));
        let letter = Letter { script: HOST, words: &words, file: None };
        let errand = Errand { during, letter, within: order.within(), keep: job::ANSWER };
        let answer = self.answer(&errand)?;
        Verdict::read_windows(&answer).map_err(|problem| unusable(during, &problem).of(&self.host))
    }
}

/// Where what is sent for `task` goes, and whether it stays there when the command has ended: a part
/// of a package is gone on with, anything else may hold secrets.
fn place(task: &Task) -> Result<(String, bool), Problem> {
    if let Task::ReceiveFile { path, .. } = task {
        return Ok((format!("{path}.part"), true));
    }
    let word =
        Token::random().map_err(|error| Problem::Here(format!("no random numbers: {error}")));
    word.map(|word| (format!(r"{RECEIVED}\{word}"), false))
}

/// Reads past what is there already.
fn skip(input: &mut dyn Read, count: u64) -> Result<(), Problem> {
    let skipped = std::io::copy(&mut input.take(count), &mut std::io::sink());
    match skipped {
        Ok(skipped) if skipped == count => Ok(()),
        Ok(_) => Err(Problem::Here("the file has become shorter".to_owned())),
        Err(error) => Err(Problem::Here(format!("the file can't be read: {error}"))),
    }
}

fn run(
    shell: &mut dyn Shell,
    errand: &Errand<'_>,
    input: Option<&mut dyn Read>,
) -> Result<(Output, bool), Trouble> {
    let until = Instant::now() + errand.within;
    let during = errand.during;
    let token = Token::random().map_err(|error| {
        let problem = Problem::Here(format!("/dev/urandom can't be read: {error}"));
        Trouble::new(during, problem, "mend this machine: every Linux system has that file")
    })?;
    let mut lines = Lines::new(&token.to_string(), errand.letter, input);
    let mut dialogue = Dialogue::new(token, errand.keep);
    let mut process = shell.start(&quote::encoded(BOOTSTRAP), until).map_err(|problem| {
        if problem.may_pass() {
            shell.give_up(problem.to_string());
        }
        trouble(shell, during, problem)
    })?;
    let password = || Err(Problem::Secret("nobody asks for a password on Windows".to_owned()));
    let mut feed = Feed::new(Some(&mut lines), &password);
    match pump(process.as_mut(), &mut dialogue, &mut feed, until) {
        Ok(ending) => {
            let is_cut = dialogue.is_cut();
            Ok((dialogue.finish(&ending)?, is_cut))
        }
        Err(Halt::Broken(problem)) => {
            shell.give_up(problem.to_string());
            Err(trouble(shell, during, problem))
        }
        Err(Halt::Here(problem)) => {
            let left = stop(shell, process.as_mut(), &mut dialogue, &mut feed);
            Err(Trouble::new(during, problem, left))
        }
        Err(Halt::OutOfTime) => {
            let left = stop(shell, process.as_mut(), &mut dialogue, &mut feed);
            let problem =
                Problem::TimedOut { limit: "the command".to_owned(), after: errand.within };
            Err(Trouble::new(during, problem, left))
        }
    }
}

/// Ends what runs on the host and tells what is left of it.
fn stop(
    shell: &mut dyn Shell,
    process: &mut dyn Process,
    dialogue: &mut Dialogue,
    feed: &mut Feed<'_, '_>,
) -> String {
    let until = Instant::now() + ENDING;
    let can_be_told = feed.finish_write(process, until).is_ok();
    let pid = await_start(process, dialogue, until).or_else(|| dialogue.pid());
    let words = [pid.unwrap_or_default().to_string()];
    let letter = Letter { script: STOP, words: &words, file: None };
    let errand = Errand { during: "end the command", letter, within: ENDING, keep: 4096 };
    let ended = can_be_told && pid.is_some() && {
        let done = end_other(shell, &errand);
        done && drop_rest(process, Instant::now() + ENDING).is_ok()
    };
    if ended {
        return "its processes on the host were ended; what it changed until then stays; look at the \
                host, then run it again or give it more time"
            .to_owned();
    }
    shell.give_up("a command on it could not be stopped".to_owned());
    format!(
        "its processes on the host could not be ended; it may still run there: look at process {} and \
         what it has started (`Get-CimInstance Win32_Process`)",
        pid.map_or_else(|| "powershell.exe".to_owned(), |pid| pid.to_string())
    )
}

/// Runs an errand that isn't ended in turn.
fn end_other(shell: &mut dyn Shell, errand: &Errand<'_>) -> bool {
    let until = Instant::now() + errand.within;
    let Ok(token) = Token::random() else { return false };
    let mut lines = Lines::new(&token.to_string(), errand.letter, None);
    let mut dialogue = Dialogue::new(token, errand.keep);
    let Ok(mut process) = shell.start(&quote::encoded(BOOTSTRAP), until) else { return false };
    let password = || Err(Problem::Secret("nobody asks for a password on Windows".to_owned()));
    let mut feed = Feed::new(Some(&mut lines), &password);
    let ending = pump(process.as_mut(), &mut dialogue, &mut feed, until);
    let output = ending.ok().and_then(|ending| dialogue.finish(&ending).ok());
    output.is_some_and(|output| output.end.is_success())
}

fn trouble(shell: &dyn Shell, during: &'static str, problem: Problem) -> Trouble {
    let lost = "it is not known what the command did; look on the host before it is run again";
    let hint = match (shell.advice(), matches!(problem, Problem::Lost(_))) {
        (Some(advice), true) => format!("{lost}; {advice}"),
        (Some(advice), false) => advice,
        (None, true) => lost.to_owned(),
        (None, false) => "look at the host and at the network, then try again".to_owned(),
    };
    Trouble::new(during, problem, hint)
}

fn unusable(during: &'static str, problem: &str) -> Trouble {
    Trouble::new(
        during,
        Problem::Answer(format!("the answer can't be used: {problem}")),
        "look on the host at what PowerShell and the event log say, then try again",
    )
}

#[cfg(test)]
mod tests;
