//! The stand-in for WinRM (`host.py`) while it runs, and what `tests/winrm/up` has made. For the tests of the
//! transport and for those of the whole program.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};

use serde_json::Value;

/// A file of the tests of WinRM.
pub(crate) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/winrm").join(name)
}

/// What `tests/winrm/up` has put there; none, said loudly, when it isn't there.
pub(crate) fn made(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/winrm").join(name);
    is_there(&path).then_some(path)
}

/// Whether `what` is there; says so loudly when it isn't, and fails where it has to be.
pub(crate) fn is_there(what: &Path) -> bool {
    if what.exists() {
        return true;
    }
    let required = std::env::var_os("MDC_WINRM").is_some_and(|value| value == "require");
    assert!(!required, "{} is not there: run tests/winrm/up", what.display());
    let why = "tests/winrm/up makes it";
    // Not by `eprintln!`, whose words the harness keeps to itself while a test goes well.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {} is not there; {why}", what.display());
    false
}

/// One that runs.
pub(crate) struct StandIn {
    child: Child,
    stdin: Option<ChildStdin>,
    /// What it has told, and word of each.
    pub(crate) heard: Arc<(Mutex<Vec<Value>>, Condvar)>,
    listener: Option<std::thread::JoinHandle<()>>,
    /// Where it listens.
    pub(crate) port: u16,
}

impl StandIn {
    /// Starts it by `command`, to which all but the environment and the arguments is added.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        lines.read_line(&mut first).unwrap();
        let first: Value = serde_json::from_str(&first).unwrap();
        let port = u16::try_from(first["port"].as_u64().unwrap()).unwrap();
        let heard = Arc::<(Mutex<Vec<Value>>, Condvar)>::default();
        let listener = std::thread::spawn({
            let heard = Arc::clone(&heard);
            move || {
                for line in lines.lines().map_while(Result::ok) {
                    heard.0.lock().unwrap().push(serde_json::from_str(&line).unwrap());
                    heard.1.notify_all();
                }
            }
        });
        Self { child, stdin, heard, listener: Some(listener), port }
    }

    /// Everything that it has told until now.
    pub(crate) fn said(&self) -> Vec<Value> {
        self.heard.0.lock().unwrap().clone()
    }

    /// Lets it end; then it has told everything.
    pub(crate) fn end(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.wait();
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        if self.listener.is_some() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
