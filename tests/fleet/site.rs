//! The folder of one scenario: a manifest, a release, and all that they refer to.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::hosts::Fleet;
use crate::journal::Journal;
use crate::release::Release;
use crate::said::{Running, Said};

/// The fleet's Workers are those of release B in every scenario (see `Release::moving`). Debian has no
/// RabbitMQ between 3.8.9 and 3.10.8.
const WAIVER: &str = "
[[waivers]]
check = \"preflight::older-than\"
reason = \"the Workers of the fleet are ahead of the rest\"
until = \"2999-12-31\"

[[waivers]]
check = \"preflight::jump\"
reason = \"Debian has no RabbitMQ 3.9\"
until = \"2999-12-31\"

[[waivers]]
check = \"preflight::below-minimum\"
reason = \"Debian has no RabbitMQ 3.13\"
until = \"2999-12-31\"
";

pub(crate) struct Site {
    folder: TempDir,
}

impl Site {
    /// The fleet's manifest with `release`.
    pub(crate) fn new(fleet: &Fleet, release: &Release) -> Self {
        Self::with_manifest(fleet, release, |manifest| manifest)
    }

    /// The fleet's manifest, changed, with `release`.
    pub(crate) fn with_manifest(
        fleet: &Fleet,
        release: &Release,
        change: impl Fn(String) -> String,
    ) -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        for name in ["packages", "id", "known_hosts", "id_certified", "id_certified-cert.pub"] {
            symlink(fleet.site.join(name), site.path(name)).unwrap();
        }
        let manifest = fs::read_to_string(fleet.site.join("mdc.toml")).unwrap();
        fs::write(site.path("mdc.toml"), change(manifest) + WAIVER).unwrap();
        site.release(release);
        site
    }

    /// Has the manifest follow another release.
    pub(crate) fn release(&self, release: &Release) {
        fs::write(self.path("release-b.toml"), release.to_text()).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `mdc` in this folder.
    pub(crate) fn mdc(&self, arguments: &[&str]) -> Said {
        self.begin(arguments).end()
    }

    /// Runs `mdc` in another folder.
    pub(crate) fn mdc_in(folder: &Path, arguments: &[&str]) -> Said {
        Running::start(program().args(arguments).current_dir(folder)).end()
    }

    /// Starts `mdc` in this folder.
    pub(crate) fn begin(&self, arguments: &[&str]) -> Running {
        Running::start(program().args(arguments).current_dir(self.folder.path()))
    }

    /// Fails unless hosts and manifest agree.
    pub(crate) fn is_as_desired(&self) {
        self.mdc(&["plan", "--detailed-exitcode"]).ends(0).tells(&["Nothing to do:"]);
    }

    /// The journal of the only run.
    pub(crate) fn journal(&self) -> Journal {
        Journal::parse(&self.record("journal.jsonl"))
    }

    /// The journal of the newest run; runs sort by when they began.
    pub(crate) fn newest_journal(&self) -> Journal {
        let runs = fs::read_dir(self.path(".mdc/runs")).unwrap();
        let newest = runs.map(|run| run.unwrap().path()).max().unwrap();
        Journal::parse(&fs::read_to_string(newest.join("journal.jsonl")).unwrap())
    }

    /// A file of the only run's record.
    pub(crate) fn record(&self, name: &str) -> String {
        fs::read_to_string(self.path(".mdc/runs").join(self.run()).join(name)).unwrap()
    }

    /// The id of the only run.
    pub(crate) fn run(&self) -> String {
        let runs = fs::read_dir(self.path(".mdc/runs")).unwrap();
        let runs: Vec<PathBuf> = runs.map(|run| run.unwrap().path()).collect();
        let [run] = runs.as_slice() else { panic!("there are {} runs, not one", runs.len()) };
        run.file_name().unwrap().to_str().unwrap().to_owned()
    }
}

/// `mdc` with nothing of its user's own SSH set-up.
fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_mdc"));
    program.env_remove("SSH_AUTH_SOCK").env("HOME", "/nonexistent");
    program
}
