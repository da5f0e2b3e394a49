//! A copy of the quickstart with people who have keys.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::examples;

/// Those who have a key; `alice-2` is another one of alice.
const PEOPLE: [&str; 5] = ["alice", "alice-2", "bob", "carol", "mallory"];

/// What makes a manifest ask for approvals.
const RULE: &str = "\n[approvals]\nsigners = \"allowed_signers\"\nlive = 1\ncritical = 2\n";

pub(crate) struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    /// A site that asks for nothing.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        examples::copy(&examples::folder().join("quickstart"), folder.path());
        examples::hurry(&folder.path().join("mdc.toml"));
        let site = Self { folder };
        for name in PEOPLE {
            site.run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", name]);
        }
        let line = |name: &str| format!("{} {}\n", name.trim_end_matches("-2"), site.key(name));
        let allowed: String = PEOPLE[..4].iter().map(|name| line(name)).collect();
        fs::write(site.path("allowed_signers"), allowed).unwrap();
        site
    }

    /// Another site with the same people, whose hosts nobody has read yet.
    pub(crate) fn another(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        examples::copy(self.folder.path(), folder.path());
        Self { folder }
    }

    /// A site that asks for approvals.
    pub(crate) fn with_rule() -> Self {
        let site = Self::new();
        site.append("mdc.toml", RULE);
        site
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the .pub file of somebody holds.
    pub(crate) fn key(&self, name: &str) -> String {
        fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap().trim().to_owned()
    }

    pub(crate) fn append(&self, file: &str, text: &str) {
        let old = fs::read_to_string(self.path(file)).unwrap();
        fs::write(self.path(file), old + text).unwrap();
    }

    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{file} has no {from:?}");
        fs::write(self.path(file), text.replace(from, to)).unwrap();
    }

    /// Sets something of a simulated host, which must have been read before.
    pub(crate) fn set(&self, host: &str, what: &str, value: &Value) {
        let path = self.path(&format!(".mdc/fleet/{host}.json"));
        let mut file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        file[what] = value.clone();
        fs::write(path, file.to_string()).unwrap();
    }

    /// Runs another program, which has to succeed.
    #[track_caller]
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {said}");
    }

    pub(crate) fn mdc(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mdc"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        Ran(command.output().unwrap())
    }

    /// Approves `plan.json` with the key of `name`.
    pub(crate) fn approve(&self, name: &str, more: &[&str]) -> Ran {
        self.mdc(&[&["approve", "plan.json", "--yes", "--key", name], more].concat())
    }

    /// The entries of the newest run's journal.
    pub(crate) fn journal(&self) -> Vec<Value> {
        let mut runs: Vec<PathBuf> =
            fs::read_dir(self.path(".mdc/runs")).unwrap().map(|run| run.unwrap().path()).collect();
        runs.sort();
        let text = fs::read_to_string(runs.last().unwrap().join("journal.jsonl")).unwrap();
        let entry = |line: &str| serde_json::from_str::<Value>(line).unwrap()["entry"].clone();
        text.lines().map(entry).collect()
    }
}

pub(crate) struct Ran(Output);

impl Ran {
    #[track_caller]
    pub(crate) fn exits(self, status: i32) -> Self {
        assert_eq!(self.0.status.code(), Some(status), "{}\n{}", self.out(), self.err());
        self
    }

    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        let all = self.out() + &self.err();
        // Lines are broken, and diagnostics have a bar before them.
        let folded = all.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(folded.contains(words), "{words:?} is not in:\n{all}");
        self
    }

    pub(crate) fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }
}
