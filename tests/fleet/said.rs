//! A run of the `mdc` program, and what it said.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// No command of a scenario takes that long.
const LONGEST: Duration = Duration::from_secs(900);

/// `mdc` while it runs.
pub(crate) struct Running {
    child: Child,
    out: JoinHandle<String>,
    /// Its talk, line by line.
    talk: Receiver<String>,
    heard: String,
    until: Instant,
}

/// What `mdc` said, and how it ended.
pub(crate) struct Said {
    /// None when a signal ended it.
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) talk: String,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("mdc starts");
        let mut out = child.stdout.take().unwrap();
        let talk = BufReader::new(child.stderr.take().unwrap());
        let (sender, receiver) = channel();
        thread::spawn(move || {
            for line in talk.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let out = thread::spawn(move || {
            let mut text = String::new();
            out.read_to_string(&mut text).unwrap();
            text
        });
        let until = Instant::now() + LONGEST;
        Self { child, out, talk: receiver, heard: String::new(), until }
    }

    /// Returns when it says a line in which all `words` stand.
    pub(crate) fn says(&mut self, words: &[&str]) {
        while let Some(line) = self.next_line() {
            if words.iter().all(|word| line.contains(word)) {
                return;
            }
        }
        panic!("it ended without saying {words:?}:\n{}", self.heard);
    }

    pub(crate) fn send(&self, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Said {
        while self.next_line().is_some() {}
        let out = self.out.join().unwrap();
        let status = self.child.wait().unwrap();
        Said { status: status.code(), out, talk: self.heard }
    }

    fn next_line(&mut self) -> Option<String> {
        let left = self.until.saturating_duration_since(Instant::now());
        match self.talk.recv_timeout(left) {
            Ok(line) => {
                self.heard.push_str(&line);
                self.heard.push('\n');
                Some(line)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                let _ = self.child.kill();
                panic!("mdc did not end within {LONGEST:?}:\n{}", self.heard);
            }
        }
    }
}

impl Said {
    /// The exit status; none after a signal.
    pub(crate) const fn status(&self) -> Option<i32> {
        self.status
    }

    /// Fails with all that was said when the exit status is another one.
    pub(crate) fn ends(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{}\n{}", self.talk, self.out);
        self
    }

    /// Fails with all that was said when one of `texts` is not in it. Lines may be broken anywhere
    /// between words.
    pub(crate) fn tells(self, texts: &[&str]) -> Self {
        let all = format!("{}\n{}", self.talk, self.out);
        let flat = all.split_whitespace().collect::<Vec<_>>().join(" ");
        for text in texts {
            assert!(flat.contains(text), "`{text}` is not said in:\n{all}");
        }
        self
    }
}
