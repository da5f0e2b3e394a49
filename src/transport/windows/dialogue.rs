//! What the bootstrap on a Windows host says around what a script prints: a line with the token and the
//! process id before anything else, and one with the exit status after everything else, both on
//! standard output. Nothing counts that came without them.

use super::super::clixml::Decoder;
use super::super::dialogue::{Ending, Talk, Turn};
use super::super::excerpt::excerpt;
use super::super::failure::{Problem, Trouble};
use super::super::tail::Tail;
use super::super::token::Token;
use super::super::{End, Output};

/// The most bytes that are looked through for the first line.
const LEAD: usize = 64 * 1024;

/// One script's dialogue.
pub(super) struct Dialogue {
    token: Token,
    pid: Option<u32>,
    lead: Vec<u8>,
    stdout: Tail,
    /// PowerShell's own words come as XML.
    decoder: Decoder,
    stderr: Tail,
}

impl Dialogue {
    /// At most the last `keep` bytes of each stream are kept.
    pub(super) fn new(token: Token, keep: usize) -> Self {
        let (stdout, stderr) = (Tail::of(keep), Tail::of(keep));
        Self { token, pid: None, lead: Vec::new(), stdout, decoder: Decoder::default(), stderr }
    }

    /// Whether standard output is not whole.
    pub(super) const fn is_cut(&self) -> bool {
        self.stdout.is_cut() || self.pid.is_none()
    }

    /// What the script left, when its end is proven.
    pub(super) fn finish(mut self, ending: &Ending) -> Result<Output, Trouble> {
        self.stderr.push(&self.decoder.finish());
        let (mut stdout, stderr) = (self.stdout.into_bytes(), self.stderr.into_bytes());
        if self.pid.is_none() {
            let printed = excerpt(&[self.lead, stderr].concat(), "it printed nothing");
            return Err(unstarted(ending, &printed));
        }
        let Some((at, status)) = end(&stdout, &self.token) else {
            return Err(unproven(ending, &excerpt(&stderr, "it gave no reason")));
        };
        stdout.truncate(at);
        Ok(Output { end: End::Exit(status), stdout, stderr })
    }
}

impl Talk for Dialogue {
    fn hear_stdout(&mut self, bytes: &[u8]) {
        if self.pid.is_some() {
            return self.stdout.push(bytes);
        }
        self.lead.extend_from_slice(bytes);
        let begin = format!("{} begin ", self.token);
        let Some(at) = find(&self.lead, begin.as_bytes()) else {
            let over = self.lead.len().saturating_sub(LEAD);
            self.lead.drain(..over);
            return;
        };
        let told = self.lead.get(at + begin.len()..).unwrap_or_default();
        let Some(length) = told.iter().position(|&byte| byte == b'\n') else { return };
        let number = std::str::from_utf8(told.get(..length).unwrap_or_default());
        self.pid = number.ok().and_then(|number| number.trim().parse().ok());
        self.stdout.push(told.get(length + 1..).unwrap_or_default());
        self.lead.clear();
    }

    fn hear_stderr(&mut self, bytes: &[u8]) {
        self.stderr.push(&self.decoder.hear(bytes));
    }

    fn turn(&self) -> Turn {
        Turn::Input
    }

    fn answered(&mut self) {}

    fn pid(&self) -> Option<u32> {
        self.pid
    }
}

/// Where the last line begins, and the status in it. Windows has statuses of 32 bits, which some tell
/// without their sign.
fn end(stdout: &[u8], token: &Token) -> Option<(usize, i64)> {
    let begin = format!("\n{token} end ");
    let at = stdout.windows(begin.len()).rposition(|window| window == begin.as_bytes())?;
    let told = stdout.get(at + begin.len()..)?;
    let length = told.iter().position(|&byte| byte == b'\n')?;
    let status = std::str::from_utf8(told.get(..length)?).ok()?.trim().parse().ok()?;
    Some((at, status))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn unstarted(ending: &Ending, printed: &str) -> Trouble {
    Trouble::new(
        "run the command",
        Problem::Answer(format!(
            "PowerShell did not start it (status {}): {printed}",
            ending.status
        )),
        "log in by hand and run `powershell.exe -NoProfile -Command $PSVersionTable`: it has to be \
         Windows PowerShell 5.1, with full language (no Constrained Language Mode)",
    )
}

fn unproven(ending: &Ending, printed: &str) -> Trouble {
    Trouble::new(
        "see the command's end",
        Problem::Lost(format!(
            "PowerShell ended with status {} without telling how the command did: {printed}",
            ending.status
        )),
        "look on the host at what the command did before it is run again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_STATUS: Ending = Ending { status: 0, signal: None };

    fn dialogue(stdout: &[u8]) -> Dialogue {
        let mut dialogue = Dialogue::new(Token::fixed(), 1000);
        // Byte by byte: a way may cut anywhere.
        for byte in stdout {
            dialogue.hear_stdout(std::slice::from_ref(byte));
        }
        dialogue
    }

    #[test]
    fn what_stands_between_the_tokens_is_the_output() {
        for (status, told) in [(0, "0"), (3010, "3010"), (-2_147_024_891, "-2147024891")] {
            let said =
                format!("Welcome\nTOKEN begin 77\r\na\n\nTOKEN end x\nb\n\nTOKEN end {told}\n");
            let dialogue = dialogue(said.as_bytes());
            assert_eq!(dialogue.pid(), Some(77));
            let output = dialogue.finish(&NO_STATUS).unwrap();
            assert_eq!(output.end, End::Exit(status));
            assert_eq!(output.stdout, b"a\n\nTOKEN end x\nb\n");
        }
    }

    #[test]
    fn an_end_that_was_not_told_is_not_known() {
        for said in ["TOKEN begin 1\nall well\n", "TOKEN begin 1\nx\n\nTOKEN end 0"] {
            let trouble = dialogue(said.as_bytes()).finish(&NO_STATUS).unwrap_err();
            assert!(matches!(trouble.problem, Problem::Lost(_)), "{said}");
        }
        let trouble = dialogue(b"'powershell.exe' is not recognized\n").finish(&NO_STATUS);
        let problem = trouble.unwrap_err().problem.to_string();
        assert!(problem.contains("did not start") && problem.contains("not recognized"));
    }
}
