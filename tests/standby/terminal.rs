//! `mdc` on a terminal of its own, as somebody uses it who is asked.

use std::io::{BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::site::{Ran, Site};

pub(crate) struct Terminal {
    child: Child,
    keys: ChildStdin,
    screen: BufReader<ChildStdout>,
    shown: String,
}

impl Terminal {
    pub(crate) fn start(site: &Site, arguments: &[&str]) -> Self {
        let line = format!("exec {} {}", env!("CARGO_BIN_EXE_mdc"), arguments.join(" "));
        let mut command = Command::new("script");
        command.args(["-qefc", &line, "/dev/null"]).current_dir(site.path(""));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("script of bsdutils is there");
        let keys = child.stdin.take().unwrap();
        let screen = BufReader::new(child.stdout.take().unwrap());
        Self { child, keys, screen, shown: String::new() }
    }

    /// Returns when the terminal shows `words`.
    pub(crate) fn shows(&mut self, words: &str) {
        while !self.shown.contains(words) {
            assert!(self.read(), "it ended without {words:?}:\n{}", self.shown);
        }
    }

    pub(crate) fn types(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ran {
        while self.read() {}
        let status = self.child.wait().unwrap().code();
        Ran { status, said: self.shown }
    }

    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let read = self.screen.read(&mut bytes).unwrap_or(0);
        self.shown.push_str(&String::from_utf8_lossy(&bytes[..read]).replace('\r', ""));
        read > 0
    }
}
