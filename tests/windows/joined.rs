//! Both halves together: the whole program, over sealed WinRM, against a host of wine with an emulation in the place
//! of PowerShell. cmd, the registry and Windows Installer are wine's; SEMANTICS OF THE SCRIPTS ARE NOT
//! VERIFIED. The Linux hosts are simulated here; `tests/fleet` has the same with a real one. Left out, loudly,
//! where `tests/winrm/up` has not made what it needs; `MDC_WINRM=require` makes that a failure.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use mdc::value::Digest;
use rustix::process::{Pid, Signal, kill_process};

use crate::examples;
use crate::wine_host::{WineHost, package, users};

/// It has a list of the scripts that it was written after.
const EMULATION: &str = include_str!("../winrm/emulated.py");
const INSTALL: &str = "upgrade worker on win-01";

/// The example of a cluster of both, with one more Windows host, which is wine's and has the Worker of A.
struct Both {
    host: WineHost,
    folder: tempfile::TempDir,
}

impl Both {
    fn new(password: &str) -> Option<Self> {
        let host = WineHost::start("127.0.0.1")?;
        let folder = tempfile::tempdir().unwrap();
        for example in ["production", "quickstart"] {
            examples::copy(&examples::folder().join(example), &folder.path().join(example));
        }
        let both = Self { host, folder };
        let manifest = both.path("mdc.toml");
        examples::hurry(&manifest);
        let text = fs::read_to_string(&manifest).unwrap();
        fs::write(&manifest, text + &both.host.in_manifest(password)).unwrap();
        for (release, version) in [("release-a.toml", "2.8.0"), ("release-b.toml", "2.9.0")] {
            let package = package(&both.path("packages"), version);
            let digest = Digest::of(&fs::read(&package).unwrap());
            let text = fs::read_to_string(both.path(release)).unwrap();
            let (before, after) = text.split_once("[components.worker.packages.msi]\n").unwrap();
            let rest = after.splitn(3, '\n').nth(2).unwrap();
            let text = format!(
                "{before}[components.worker.packages.msi]\nfile = \"packages/worker-{version}.msi\"\n\
                 sha256 = \"{digest}\"\n{rest}"
            );
            fs::write(both.path(release), text).unwrap();
        }
        both.host.install(&both.path("packages/worker-2.8.0.msi"));
        assert_eq!(both.host.versions(), ["2.8.0"]);
        Some(both)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("production").join(name)
    }

    /// The files that the host of wine has fetched from mdc.
    fn pulled(&self) -> Vec<String> {
        let text = fs::read_to_string(self.host.drive("../model/pulled")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Whether its boot is another one than at first.
    fn has_rebooted(&self) -> bool {
        self.host.drive("../model/boot").exists()
    }

    /// Says in the manifest how the host of wine gets its files.
    fn transfers(&self, how: &str) {
        let text = fs::read_to_string(self.path("mdc.toml")).unwrap();
        let text =
            text.replace("[connections.wine.winrm]\n", &format!("[connections.wine.winrm]\n{how}"));
        fs::write(self.path("mdc.toml"), text).unwrap();
    }

    /// The user of the host of wine has this password from now on.
    fn set_password(&self, password: &str) {
        fs::write(self.host.drive("../../users"), users(password)).unwrap();
    }

    fn begin(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mdc"));
        command.args(arguments).current_dir(self.folder.path().join("production"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// All that `mdc` says, as one line; it has to end with `status`.
    fn mdc(&self, arguments: &[&str], status: i32) -> String {
        let Output { status: ended, stdout, stderr } =
            self.begin(arguments).wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&[stderr, stdout].concat()).into_owned();
        assert_eq!(ended.code(), Some(status), "{arguments:?}: {said}");
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn journal(&self) -> String {
        let runs = fs::read_dir(self.path(".mdc/runs")).unwrap();
        let runs: Vec<PathBuf> = runs.map(|run| run.unwrap().path()).collect();
        assert_eq!(runs.len(), 1, "{runs:?}");
        fs::read_to_string(runs[0].join("journal.jsonl")).unwrap()
    }
}

/// Waits until the host has the file, which an installation in wine writes; `controller` has to live on.
fn awaits(path: &std::path::Path, mut controller: Child) -> Child {
    let until = Instant::now() + Duration::from_secs(180);
    while !path.exists() {
        let is_over = Instant::now() > until || controller.try_wait().unwrap().is_some();
        if is_over {
            let _ = controller.kill();
            let said = controller.wait_with_output().unwrap();
            panic!("{} does not come: {}", path.display(), String::from_utf8_lossy(&said.stderr));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    controller
}

#[test]
fn the_emulation_was_written_after_these_scripts() {
    let facts = ("facts", mdc::observe::WINDOWS_FACTS);
    for (name, script) in mdc::transport::windows_scripts().into_iter().chain([facts]) {
        let line = format!("\"{name}\": \"{}\"", Digest::of(script.as_bytes()));
        assert!(
            EMULATION.contains(&line),
            "`{name}` has changed: see whether tests/winrm/emulated.py still does what it says, \
             then write there: {line}"
        );
    }
}

#[test]
fn a_cluster_of_both_goes_from_a_to_b_in_one_plan() {
    let Some(both) = Both::new(WineHost::password()) else { return };
    let text = fs::read_to_string(both.path("mdc.toml")).unwrap();
    let reboot = "\n[components.worker]\nreboot = { when = \"after\" }\n";
    fs::write(both.path("mdc.toml"), text + reboot).unwrap();
    both.transfers("transfer = \"pull\"\n");
    both.mdc(&["plan", "--detailed-exitcode", "-o", "plan.json"], 2);
    assert!(!both.has_rebooted());
    let said = both.mdc(&["apply", "plan.json", "--yes", "--confirm", "api-gateway"], 0);
    assert!(both.has_rebooted());
    assert!(!said.contains("could not fetch"), "{said}");
    let pulled = both.pulled();
    assert!(pulled.iter().any(|path| path.ends_with(r"worker-2.9.0.msi.part")), "{pulled:?}");
    assert_eq!(both.host.versions(), ["2.9.0"]);
    let installed = both.host.drive("Program Files/Worker/version.txt");
    assert_eq!(fs::read_to_string(installed).unwrap(), "2.9.0");
    let said = both.mdc(&["plan", "--detailed-exitcode"], 0);
    assert!(said.contains("Nothing to do"), "{said}");
    // Windows Installer does not go back by itself: the way back removes, then installs.
    // What else has no way back stays, and is told.
    both.mdc(&["rollback", "--yes"], 1);
    assert_eq!(both.host.versions(), ["2.8.0"]);
    both.host.is_left_clean();
}

#[test]
fn a_killed_controller_finds_its_installation_again() {
    let Some(both) = Both::new(WineHost::password()) else { return };
    let (hold, began) = (both.host.drive("hold"), both.host.drive("began"));
    fs::remove_file(&began).unwrap();
    fs::write(&hold, "").unwrap();
    let controller = both.begin(&["apply", "--yes"]);
    let mut controller = awaits(&began, controller);
    controller.kill().unwrap();
    controller.wait().unwrap();
    assert_eq!(both.host.tasks().len(), 1, "the installation goes on without its controller");
    // It has not closed its shell: that goes away by itself.
    both.host
        .awaits("the end of the idle shell", |heard| heard.iter().any(|it| it["idle"] == true));
    assert_eq!(both.host.versions(), ["2.8.0"]);
    fs::remove_file(&hold).unwrap();
    let said = both.mdc(&["resume", "--yes", "--confirm", "api-gateway"], 0);
    assert!(said.contains(INSTALL), "{said}");
    assert_eq!(both.host.versions(), ["2.9.0"]);
    assert_eq!(fs::read_to_string(began).unwrap().lines().count(), 1, "{}", both.journal());
    both.host.is_left_clean();
}

#[test]
fn an_interrupted_controller_sees_its_installation_through() {
    let Some(both) = Both::new(WineHost::password()) else { return };
    // Nor does a way that doesn't work hold it up, and it is told.
    both.transfers("transfer = \"pull\"\npull-address = \"host.invalid\"\n");
    let hold = both.host.drive("hold");
    let began = both.host.drive("began");
    fs::remove_file(&began).unwrap();
    fs::write(&hold, "").unwrap();
    let controller = awaits(&began, both.begin(&["apply", "--yes"]));
    let id = Pid::from_raw(i32::try_from(controller.id()).unwrap()).unwrap();
    kill_process(id, Signal::INT).unwrap();
    fs::remove_file(&hold).unwrap();
    let ended = controller.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("could not fetch it, and it was sent instead"), "{said}");
    assert_eq!(both.pulled(), [""; 0]);
    assert_eq!(both.host.versions(), ["2.9.0"]);
    both.host.is_left_clean();
}

#[test]
fn a_wrong_password_is_one_attempt() {
    // The last one asks all hosts for leases before it reads them.
    let taken_over = &["apply", "--yes", "--take-over", "the other one is gone"];
    for (command, status) in [(&["plan"] as &[&str], 0), (&["apply", "--yes"], 1), (taken_over, 1)]
    {
        let Some(both) = Both::new("wrong") else { return };
        let said = both.mdc(command, status);
        assert!(said.contains("win-01") && said.contains("user alice was refused"), "{said}");
        let attempts = |it: &serde_json::Value| it["event"] == "attempt" && it["kind"] == "last";
        assert_eq!(both.host.count(attempts), 1, "{command:?}: {said}");
        assert_eq!(both.host.versions(), ["2.8.0"]);
        both.host.is_left_clean();
    }
}

/// Whoever is locked out meanwhile finds the installation again, and does not begin a second one.
#[test]
fn a_password_that_changes_while_a_job_runs_is_one_attempt_and_leaves_the_job_alone() {
    let Some(both) = Both::new(WineHost::password()) else { return };
    let (hold, began) = (both.host.drive("hold"), both.host.drive("began"));
    // While it is there, whoever asks for output is cut off.
    let cut = both.host.drive("../../cut");
    fs::remove_file(&began).unwrap();
    fs::write(&hold, "").unwrap();
    let refused = || both.host.count(|it| it["event"] == "refused");
    let controller = awaits(&began, both.begin(&["apply", "--yes"]));
    both.set_password("another");
    fs::write(&cut, "").unwrap();
    let ended = controller.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&[ended.stderr, ended.stdout].concat()).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("is found again when the run is resumed"), "{said}");
    assert_eq!(refused(), 1, "{said}");
    fs::remove_file(&cut).unwrap();
    both.host
        .awaits("the end of the idle shell", |heard| heard.iter().any(|it| it["idle"] == true));
    // Nor does it help to go on with a password that is still refused.
    both.mdc(&["resume", "--yes", "--confirm", "api-gateway"], 1);
    assert_eq!(refused(), 2);
    let journal = both.journal();
    assert!(
        journal.contains(r#""kind":"way""#) && !journal.contains(r#""kind":"here""#),
        "{journal}"
    );
    both.set_password(WineHost::password());
    fs::remove_file(&hold).unwrap();
    both.mdc(&["resume", "--yes", "--confirm", "api-gateway"], 0);
    assert_eq!(both.host.versions(), ["2.9.0"]);
    assert_eq!(fs::read_to_string(began).unwrap().lines().count(), 1, "{}", both.journal());
    both.host.is_left_clean();
}

/// Reading is not a run, which hears signals in its own way.
#[test]
fn interrupted_reading_leaves_no_shell() {
    let Some(both) = Both::new(WineHost::password()) else { return };
    let controller = both.begin(&["observe"]);
    both.host.awaits("a command", |heard| heard.iter().any(|it| it["action"] == "Command"));
    let id = Pid::from_raw(i32::try_from(controller.id()).unwrap()).unwrap();
    kill_process(id, Signal::INT).unwrap();
    let ended = controller.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(both.host.count(|it| it["action"] == "Delete"), 1);
    both.host.is_left_clean();
    assert_eq!(both.host.count(|it| it["idle"] == true), 0);
}
