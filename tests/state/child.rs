//! Another process that works on a store: this test program again, told what to do on its standard
//! input.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child as Process, ChildStdin, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::bed::{self, Place};

const STORE: &str = "MDC_TEST_STORE";

pub(crate) struct Child {
    process: Process,
    stdin: Option<ChildStdin>,
    stdout: Lines<BufReader<ChildStdout>>,
}

impl Child {
    pub(crate) fn start(place: &Place) -> Self {
        Self::start_as(Command::new(std::env::current_exe().unwrap()), place)
    }

    /// With a umask of its own.
    pub(crate) fn start_with_umask(place: &Place, umask: &str) -> Self {
        let mut command = Command::new("sh");
        let script = format!("umask {umask}; exec \"$0\" \"$@\"");
        command.arg("-c").arg(script).arg(std::env::current_exe().unwrap());
        Self::start_as(command, place)
    }

    fn start_as(mut command: Command, place: &Place) -> Self {
        let mut process = command
            .args(["--exact", "child::works_on_a_store", "--nocapture", "--test-threads=1"])
            .env(STORE, place.words())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = process.stdin.take();
        let stdout = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, stdin, stdout }
    }

    pub(crate) fn tell(&mut self, order: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{order}").unwrap();
    }

    pub(crate) fn answer(&mut self) -> String {
        loop {
            let line = self.stdout.next().expect("the child answers").unwrap();
            // The test harness writes on the same line.
            if let Some((_, answer)) = line.split_once("@ ") {
                return answer.to_owned();
            }
        }
    }

    pub(crate) fn ask(&mut self, order: &str) -> String {
        self.tell(order);
        self.answer()
    }

    pub(crate) fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    pub(crate) fn kill(mut self) {
        self.send(Signal::KILL);
        self.process.wait().unwrap();
    }

    pub(crate) fn end(mut self) {
        drop(self.stdin.take());
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The other process itself; as a test of this one it does nothing.
#[test]
fn works_on_a_store() {
    #[expect(clippy::disallowed_methods, reason = "set by the parent")]
    let Ok(words) = std::env::var(STORE) else { return };
    let store = Place::parse(&words).store();
    let (mut lease, mut run) = (None, None);
    for order in std::io::stdin().lines() {
        let order = order.unwrap();
        let answer = match order.split(' ').collect::<Vec<_>>()[..] {
            ["hold"] => match store.acquire(&bed::claim(), None) {
                Ok(taken) => format!("held {}", lease.insert(taken).fence()),
                Err(error) => format!("refused: {error}"),
            },
            ["begin"] => {
                let begun = bed::begin(&*store, lease.as_ref().unwrap());
                format!("run {}", run.insert(begun).id)
            }
            ["append", step] => match run.as_mut().unwrap().journal.append(bed::intent(step, 1)) {
                Ok(()) => "kept".to_owned(),
                Err(error) => format!("refused: {error}"),
            },
            ["beat"] => format!("{:?}", lease.as_ref().unwrap().beat()),
            _ => panic!("{order}"),
        };
        println!("@ {answer}");
    }
}
