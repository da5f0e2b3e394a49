//! What is said between us and a shell on a host while one command runs.
//!
//! The command runs inside a small frame that writes two lines to standard error: one with its
//! process id before anything else, and one with the exit status after everything else. The first
//! tells that sudo let us in (so that input can't be taken for a password), and what to stop when
//! time is up. The second proves the end: libssh2 reports exit status 0 also for a command whose
//! status never arrived. One more line on standard output parts the command's own words from what
//! the login shell's start-up files print. All of them begin with a random word, so that no output
//! can pass for them.

use super::End;
use super::Output;
use super::excerpt::excerpt;
use super::failure::{Problem, Trouble};
use super::gate;
use super::quote::quote;
use super::stop;
use super::sudo::{Rights, prompt};
use super::tail::Tail;
use super::token::Token;

/// The most bytes that are looked through for the frame's first line.
const LEAD: usize = 64 * 1024;

/// What is run inside the frame.
#[derive(Debug, Clone, Copy)]
pub(super) enum Work<'a> {
    /// A command.
    Command(&'a str),
    /// A script, as part of the command line: one program less on the host than `ScriptFromInput`.
    Script(&'a str),
    /// The script that comes over standard input. It is read as a whole first: shells may read a
    /// script from a pipe byte by byte, and its commands could eat the rest of it.
    ScriptFromInput,
    /// An order, whose script comes over standard input like that one; where there is a gate, only
    /// its words do.
    Order,
    /// Ending the process group of another errand's process.
    Stop(u32),
}

/// How the way to the host says that a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ending {
    /// The exit status; 0 also when there was none.
    pub(super) status: i64,
    /// The signal, without `SIG`.
    pub(super) signal: Option<String>,
}

/// What may be written to the command now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing: sudo has not said yet whether it asks.
    Wait,
    /// The password and a line end, once.
    Password,
    /// Nothing more ever: the password is wrong.
    GiveUp,
    /// The command's own input.
    Input,
}

/// What is said while a command runs, as the pump sees it.
pub(super) trait Talk {
    /// Takes standard output in.
    fn hear_stdout(&mut self, bytes: &[u8]);

    /// Takes standard error in.
    fn hear_stderr(&mut self, bytes: &[u8]);

    /// What may be written now.
    fn turn(&self) -> Turn;

    /// Remembers that the password was sent.
    fn answered(&mut self);

    /// The command's process id on the host, once it has started.
    fn pid(&self) -> Option<u32>;
}

/// One command's dialogue.
#[derive(Debug)]
pub(super) struct Dialogue<'a> {
    token: Token,
    rights: Rights<'a>,
    prompts: usize,
    answered: bool,
    pid: Option<u32>,
    lead: Vec<u8>,
    stdout_lead: Option<Vec<u8>>,
    stdout: Tail,
    stderr: Tail,
}

impl<'a> Dialogue<'a> {
    /// A dialogue with a command that runs with `rights`; at most the last `keep` bytes of each
    /// stream are kept.
    pub(super) fn new(token: Token, rights: Rights<'a>, keep: usize) -> Self {
        let (stdout, stderr) = (Tail::of(keep), Tail::of(keep));
        Self {
            token,
            rights,
            prompts: 0,
            answered: false,
            pid: None,
            lead: Vec::new(),
            stdout_lead: Some(Vec::new()),
            stdout,
            stderr,
        }
    }

    /// The text for the login shell. `exec` keeps the process id of the session's leader.
    pub(super) fn text(&self, work: Work<'_>) -> String {
        let token = &self.token;
        if let Rights::Gate(gate) = self.rights {
            // The gate is the frame.
            let prefix = self.rights.prefix(token);
            return format!("exec {prefix}{} {token} {}", quote(gate.as_str()), for_gate(work));
        }
        let body = match work {
            Work::Command(command) => format!("sh -c {}", quote(command)),
            Work::Script(script) => format!("({script}\n)"),
            Work::ScriptFromInput | Work::Order => "(eval \"$(cat)\")".to_owned(),
            Work::Stop(pid) => format!("sh -c {}", quote(&stop::script(&pid.to_string()))),
        };
        let frame = format!(
            "echo '{token}'; printf '{token} start %s\\n' \"$$\" >&2; {body}; s=$?; \
             printf '\\n{token} end %s\\n' \"$s\" >&2; exit \"$s\""
        );
        format!("exec {}sh -c {}", self.rights.prefix(token), quote(&frame))
    }

    /// The exit status when the command is known to have ended, for the case that something which
    /// it left behind keeps its output open.
    pub(super) fn status(self) -> Option<i64> {
        split_end(&self.stderr.into_bytes(), &self.token).map(|(_, status)| status)
    }

    /// Whether standard output is not whole.
    pub(super) const fn is_cut(&self) -> bool {
        self.stdout.is_cut() || self.stdout_lead.is_some()
    }

    /// What the command left, when its end is proven.
    pub(super) fn finish(self, ending: Ending) -> Result<Output, Trouble> {
        let Some(_) = self.pid else {
            let printed = [self.stdout_lead.unwrap_or_default(), self.lead].concat();
            let printed = excerpt(&printed, "it printed nothing");
            return Err(self.rights.refusal(&printed, self.prompts > 1));
        };
        let mut stderr = self.stderr.into_bytes();
        let told = split_end(&stderr, &self.token);
        if let Some((whole, _)) = &told {
            stderr.drain(whole.clone());
        }
        let end = match (ending.signal, told) {
            (Some(signal), _) => End::Signal(signal),
            (None, Some((_, status))) => End::of_shell(status),
            (None, None) if ending.status != 0 => End::of_shell(ending.status),
            (None, None) => return Err(unproven()),
        };
        Ok(Output { end, stdout: self.stdout.into_bytes(), stderr })
    }

    /// Looks for sudo's prompt and for the frame's first line.
    fn read_lead(&mut self) {
        let prompt = prompt(&self.token);
        while let Some(at) = find(&self.lead, prompt.as_bytes()) {
            self.lead.drain(at..at + prompt.len());
            self.prompts += 1;
        }
        let Some((line, pid)) = numbered_line(&self.lead, &format!("{} start ", self.token)) else {
            let over = self.lead.len().saturating_sub(LEAD);
            self.lead.drain(..over);
            return;
        };
        self.pid = u32::try_from(pid).ok();
        self.lead.drain(line);
        let lead = std::mem::take(&mut self.lead);
        self.stderr.push(&lead);
    }
}

impl Talk for Dialogue<'_> {
    fn hear_stdout(&mut self, bytes: &[u8]) {
        let Some(lead) = &mut self.stdout_lead else { return self.stdout.push(bytes) };
        lead.extend_from_slice(bytes);
        let line = format!("{}\n", self.token);
        if let Some(at) = find(lead, line.as_bytes()) {
            self.stdout.push(lead.get(at + line.len()..).unwrap_or_default());
            self.stdout_lead = None;
        } else {
            lead.drain(..lead.len().saturating_sub(LEAD));
        }
    }

    fn hear_stderr(&mut self, bytes: &[u8]) {
        if self.pid.is_some() {
            self.stderr.push(bytes);
        } else {
            self.lead.extend_from_slice(bytes);
            self.read_lead();
        }
    }

    fn turn(&self) -> Turn {
        let asks = matches!(self.rights, Rights::SudoWithPassword(_));
        match (asks && self.pid.is_none(), self.prompts, self.answered) {
            (false, ..) => Turn::Input,
            (true, 1, false) => Turn::Password,
            (true, 0 | 1, _) => Turn::Wait,
            (true, ..) => Turn::GiveUp,
        }
    }

    fn answered(&mut self) {
        self.answered = true;
    }

    fn pid(&self) -> Option<u32> {
        self.pid
    }
}

/// What the gate is asked for (`gate.sh`).
fn for_gate(work: Work<'_>) -> String {
    match work {
        Work::Command(command) | Work::Script(command) => format!("command {}", quote(command)),
        Work::ScriptFromInput => "script".to_owned(),
        Work::Order => format!("order {}", gate::host_digest()),
        Work::Stop(pid) => format!("stop {pid}"),
    }
}

fn unproven() -> Trouble {
    Trouble::new(
        "see the command's end",
        Problem::Lost("the host closed the channel without telling how it ended".to_owned()),
        "look on the host at what the command did before it is run again",
    )
}

/// Where the frame's last line is, and the status in it. The last one counts.
fn split_end(stderr: &[u8], token: &Token) -> Option<(std::ops::Range<usize>, i64)> {
    let begin = format!("\n{token} end ");
    let at = stderr.windows(begin.len()).rposition(|window| window == begin.as_bytes())?;
    let (line, status) = numbered_line(stderr.get(at..)?, &begin)?;
    Some((at + line.start..at + line.end, status))
}

/// The first line that begins with `begin` and goes on with a number.
fn numbered_line(bytes: &[u8], begin: &str) -> Option<(std::ops::Range<usize>, i64)> {
    let start = find(bytes, begin.as_bytes())?;
    let rest = bytes.get(start + begin.len()..)?;
    let digits = rest.iter().position(|&byte| byte == b'\n')?;
    let number = std::str::from_utf8(rest.get(..digits)?).ok()?.parse().ok()?;
    Some((start..start + begin.len() + digits + 1, number))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests;
