//! A manifest of one host in a folder of its own, and what `mdc` prints and writes there.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use mdc::value::steers;

const MDC: &str = env!("CARGO_BIN_EXE_mdc");

pub(crate) struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    /// `connection`: the table of the connection `c`; `more`: further tables.
    pub(crate) fn new(connection: &str, more: &str) -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        let manifest = format!(
            "format-version = 1\n[cluster]\nname = \"c\"\nenvironment = \"test\"\n\
             release = \"r.toml\"\n{connection}\n[hosts.web-1]\nos = \"debian-12\"\n\
             connection = \"c\"\ncomponents = [\"redis\"]\n{more}\n"
        );
        fs::write(site.path("mdc.toml"), manifest).unwrap();
        let release = "format-version = 1\nname = \"A\"\n[components.redis]\n\
                       version = \"7.2.10\"\npackages.deb = { repository = \"redis-server\" }\n";
        fs::write(site.path("r.toml"), release).unwrap();
        site
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts stand-ins for the package database and the service manager into the folder `tools`, by
    /// which everything is installed and runs; gives a PATH that begins there.
    pub(crate) fn tools(&self) -> String {
        let folder = self.path("tools");
        fs::create_dir_all(&folder).unwrap();
        let dpkg = "#!/bin/sh\nshift 4\nfor name; do echo \"$name installed 7.2.10-1\"; done\n";
        let systemctl = "#!/bin/sh\nshift 2\nfor name; do echo active; done\n";
        for (name, text) in [("dpkg-query", dpkg), ("systemctl", systemctl)] {
            fs::write(folder.join(name), text).unwrap();
            fs::set_permissions(folder.join(name), Permissions::from_mode(0o755)).unwrap();
        }
        let path = std::env::vars().find_map(|(name, value)| (name == "PATH").then_some(value));
        format!("{}:{}", folder.display(), path.unwrap())
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(MDC);
        command.args(words).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs `mdc`, and sees that nothing that it prints steers a terminal.
    pub(crate) fn mdc(&self, words: &[&str]) -> String {
        harmless(words, &self.command(words).output().unwrap())
    }

    /// Every file here but those that are left out, by name.
    pub(crate) fn files(&self, without: &str) -> Vec<(PathBuf, String)> {
        let mut open = vec![self.folder.path().to_owned()];
        let mut found = Vec::new();
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else if !is_in(&path, without) {
                    let text = String::from_utf8(fs::read(&path).unwrap()).unwrap();
                    found.push((path, text));
                }
            }
        }
        found
    }
}

fn is_in(path: &Path, folder: &str) -> bool {
    path.components().any(|part| part.as_os_str() == folder)
}

/// What was printed, after the check that nothing of it steers.
#[track_caller]
pub(crate) fn harmless(what: &[&str], output: &Output) -> String {
    let text = String::from_utf8([&output.stdout[..], &output.stderr].concat());
    let text = text.unwrap_or_else(|error| panic!("{what:?}: not text: {error}"));
    let bad = text.chars().find(|&c| c != '\n' && steers(c));
    assert_eq!(bad, None, "{what:?}: {text:?}");
    text
}
