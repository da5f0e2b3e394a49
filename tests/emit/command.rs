//! `mdc emit` as its users run it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::bench::Ran;
use crate::examples;

struct Site(tempfile::TempDir);

impl Site {
    /// The quickstart with its plan.
    fn new() -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        examples::copy(&examples::folder().join("quickstart"), site.0.path());
        fs::copy(root.join("plans/quickstart.json"), site.path("plan.json")).unwrap();
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn emit(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mdc"));
        command.arg("emit").args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        Ran::of(&command.output().unwrap())
    }

    fn sums(&self) -> Ran {
        let mut command = Command::new("sha256sum");
        command.args(["--check", "--quiet", "SHA256SUMS"]).current_dir(self.path("out"));
        Ran::of(&command.output().unwrap())
    }

    /// What lies in the site's folder besides what was put there.
    fn left_over(&self) -> Vec<String> {
        let names = fs::read_dir(self.0.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with('.')).collect()
    }
}

#[test]
fn a_plan_is_written_whole_with_its_packages_and_again() {
    let site = Site::new();
    for _ in 0..2 {
        let words =
            ["26 package files (41.7 kB) lie beside the scripts, checked", "out/RUNBOOK.md"];
        site.emit(&["plan.json", "-o", "out"]).ends(0).tells(&words);
        site.sums().ends(0);
    }
    let mode = |name: &str| fs::metadata(site.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("out"), 0o700);
    assert_eq!(mode("out/RUNBOOK.md"), 0o600);
    assert_eq!(mode("out/hosts/core-01/core-01.sh"), 0o700);
    let index: Value =
        serde_json::from_slice(&fs::read(site.path("out/index.json")).unwrap()).unwrap();
    assert_eq!(index["hosts"]["core-01"]["packages"].as_array().unwrap().len(), 4);
    assert_eq!(site.left_over(), Vec::<String>::new());
}

#[test]
fn what_is_not_its_own_is_left_alone() {
    let site = Site::new();
    fs::create_dir(site.path("out")).unwrap();
    fs::write(site.path("out/thesis.txt"), "years of work").unwrap();
    let words = ["is not empty, and was not written by `mdc emit`"];
    site.emit(&["plan.json", "-o", "out"]).ends(1).tells(&words);
    assert_eq!(fs::read_to_string(site.path("out/thesis.txt")).unwrap(), "years of work");
    fs::remove_file(site.path("out/thesis.txt")).unwrap();
    site.emit(&["plan.json", "-o", "out"]).ends(0);
    fs::write(site.path("plan.json"), "{}").unwrap();
    site.emit(&["plan.json", "-o", "out"]).ends(1);
    site.sums().ends(0);
}

#[test]
fn what_people_have_put_beside_its_own_is_left_alone() {
    let site = Site::new();
    let runbook = "out/RUNBOOK.md";
    let package = "out/hosts/core-01/packages/md-core_5.19.0-1_amd64.deb";
    site.emit(&["plan.json", "-o", "out", "--no-packages"]).ends(0);
    let again = || site.emit(&["plan.json", "-o", "out", "--no-packages"]);
    let written = fs::read_to_string(site.path(runbook)).unwrap();
    for (name, text, said) in [
        ("out/secrets/password", "x", "password was not written by `mdc emit`"),
        ("out/RUNBOOK-ticked.md", "x", "RUNBOOK-ticked.md was not written by `mdc emit`"),
        (runbook, "☑", "RUNBOOK.md was changed since `mdc emit` has written it"),
        (package, "another", "was changed since `mdc emit` has written it"),
    ] {
        fs::create_dir_all(site.path(name).parent().unwrap()).unwrap();
        fs::write(site.path(name), text).unwrap();
        again().ends(1).tells(&[said, "take what is yours out of this one first"]);
        assert_eq!(fs::read_to_string(site.path(name)).unwrap(), text);
        fs::remove_file(site.path(name)).unwrap();
        fs::write(site.path(runbook), &written).unwrap();
    }
    std::os::unix::fs::symlink("/dev/zero", site.path("out/link")).unwrap();
    again().ends(1).tells(&["out/link was not written by `mdc emit`"]);
    fs::remove_file(site.path("out/link")).unwrap();
    // By hand: the very file that the plan names.
    fs::copy(site.path("packages/md-core_5.19.0-1_amd64.deb"), site.path(package)).unwrap();
    again().ends(1).tells(&["would be gone: --no-packages writes none"]);
    assert!(site.path(package).exists());
    site.emit(&["plan.json", "-o", "out"]).ends(0);
    site.sums().ends(0);
    site.emit(&["plan.json", "-o", "out"]).ends(0);
    assert_eq!(site.left_over(), Vec::<String>::new());
}

#[test]
fn a_package_file_without_an_end_is_not_copied() {
    let site = Site::new();
    let package = site.path("packages/md-core_5.19.0-1_amd64.deb");
    fs::remove_file(&package).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &package).unwrap();
    let emit = || site.emit(&["plan.json", "-o", "out", "--packages", "."]);
    emit().ends(1).tells(&["it is not a regular file"]);
    fs::remove_file(&package).unwrap();
    // Larger than any disk, and no byte of it is stored.
    fs::File::create(&package).unwrap().set_len(1 << 42).unwrap();
    emit().ends(1).tells(&["it is larger than the ", " bytes that the plan was made with"]);
    assert!(!site.path("out").exists());
    assert_eq!(site.left_over(), Vec::<String>::new());
}

#[test]
fn a_package_file_that_is_another_one_or_missing_is_told() {
    let site = Site::new();
    let package = "packages/md-core_5.19.0-1_amd64.deb";
    fs::write(site.path(package), "broken").unwrap();
    let words = ["its SHA-256 is", "and the plan was made with 28c9ba16"];
    site.emit(&["plan.json", "-o", "out", "--packages", "."]).ends(1).tells(&words);
    assert!(!site.path("out").exists());
    assert_eq!(site.left_over(), Vec::<String>::new());
    fs::remove_file(site.path(package)).unwrap();
    site.emit(&["plan.json", "-o", "out", "--packages", "."]).ends(1).tells(&[package]);
    let words =
        ["missing: out/hosts/core-01/packages/md-core_5.19.0-1_amd64.deb", "SHA-256 28c9ba16"];
    site.emit(&["plan.json", "-o", "out", "--no-packages"]).ends(0).tells(&words);
    assert!(!site.path("out/hosts/core-01/packages").exists());
    site.sums().ends(1).tells(&["No such file"]);
    fs::remove_file(site.path("mdc.toml")).unwrap();
    let words = ["can't be found", "--packages", "--no-packages"];
    site.emit(&["plan.json", "-o", "out"]).ends(1).tells(&words);
}

#[test]
fn templates_are_printed_and_replaced() {
    let site = Site::new();
    fs::create_dir(site.path("own")).unwrap();
    let words = ["there is no template in it"];
    site.emit(&["plan.json", "-o", "out", "--templates", "own"]).ends(1).tells(&words);
    let printed = site.emit(&["--print-template", "runbook.md.hbs"]).ends(0);
    assert!(printed.said.starts_with("# {{cluster}}"));
    fs::write(site.path("own/runbook.md.hbs"), "Call 555 first.\n\n".to_owned() + &printed.said)
        .unwrap();
    site.emit(&["plan.json", "-o", "out", "--templates", "own", "--no-packages"]).ends(0);
    let runbook = fs::read_to_string(site.path("out/RUNBOOK.md")).unwrap();
    assert!(
        runbook.starts_with("Call 555 first.\n\n# quickstart (staging), by hand: to release B\n")
    );
    fs::write(site.path("own/runbook.md.hbs"), "\n{{oops}}").unwrap();
    let words = ["runbook.md.hbs, line 2: it uses `oops`"];
    site.emit(&["plan.json", "-o", "out", "--templates", "own"]).ends(1).tells(&words);
    site.emit(&["--print-template", "x"]).ends(1).tells(&["there is no template \"x\""]);
}
