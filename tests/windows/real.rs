//! A real Windows host, which somebody has to name: `README.md` beside this says how, and what is done there.
//! Left out, loudly, where none is named. That the suite itself goes through is seen on a simulated host,
//! which says nothing of Windows.

use std::env;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mdc::value::Digest;
use serde_json::Value;

use crate::wine_host::package;

/// A cluster of the one host.
struct Suite {
    folder: tempfile::TempDir,
}

/// The host, as somebody has named it.
struct Named {
    /// The table of the connection, under the name `windows`.
    connection: String,
    address: String,
    os: String,
    service: String,
    may_reboot: bool,
}

fn variable(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.into_string().unwrap())
}

impl Named {
    /// By the environment; none, said loudly, without it.
    fn of_environment() -> Option<Self> {
        let Some(connection) = env::var_os("MDC_WINDOWS_CONNECTION") else {
            // Not by `eprintln!`, whose words the harness keeps to itself while a test goes well.
            let _ = writeln!(std::io::stderr(), "SKIPPED: no real Windows host is named");
            return None;
        };
        let has = |name: &str| variable(name).unwrap_or_else(|| panic!("{name} is not set"));
        Some(Self {
            connection: fs::read_to_string(connection).unwrap(),
            address: has("MDC_WINDOWS_ADDRESS"),
            os: variable("MDC_WINDOWS_OS").unwrap_or_else(|| "windows-2022".to_owned()),
            service: has("MDC_WINDOWS_SERVICE"),
            may_reboot: env::var_os("MDC_WINDOWS_MAY_REBOOT").is_some(),
        })
    }

    fn simulated() -> Self {
        Self {
            connection: "[connections.windows.simulated]\nfolder = \".mdc/fleet\"\nspeed = 0\n"
                .to_owned(),
            address: "192.0.2.7".to_owned(),
            os: "windows-2022".to_owned(),
            service: "Spooler".to_owned(),
            may_reboot: true,
        }
    }
}

impl Suite {
    fn new(host: &Named) -> Self {
        let suite = Self { folder: tempfile::tempdir().unwrap() };
        for (name, version) in [("a", "2.8.0"), ("b", "2.9.0")] {
            let package = package(suite.folder.path(), version);
            let digest = Digest::of(&fs::read(&package).unwrap());
            let text = format!(
                "format-version = 1\nname = \"{name}\"\n\n[components.worker]\nversion = \"{version}\"\n\n\
                 [components.worker.packages.msi]\nfile = \"worker-{version}.msi\"\nsha256 = \"{digest}\"\n"
            );
            fs::write(suite.path(&format!("release-{name}.toml")), text).unwrap();
        }
        let Named { connection, address, os, service, may_reboot } = host;
        let reboot = if *may_reboot { "reboot = { when = \"after\" }\n" } else { "" };
        let text = format!(
            "format-version = 1\n\n[cluster]\nname = \"real\"\nenvironment = \"test\"\n\
             release = \"release-a.toml\"\nallow-downgrade = true\n\n{connection}\n\
             [hosts.win-01]\naddress = \"{address}\"\nos = \"{os}\"\nconnection = \"windows\"\n\
             components = [\"worker\"]\n\n[components.control-center]\noptional = true\n\n\
             [components.worker]\nunit = {{ msi = \"{service}\" }}\n{reboot}\
             windows = {{ health = {{ command = \"(Get-Service -Name '{service}').Status -eq 'Running'\" }} }}\n"
        );
        fs::write(suite.path("mdc.toml"), text).unwrap();
        suite
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.path("mdc.toml")).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(self.path("mdc.toml"), text.replace(from, to)).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mdc"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// What `mdc` gives; it has to end with `status`.
    fn mdc(&self, arguments: &[&str], status: i32) -> String {
        let output = self.command(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What the host tells of itself, with the version of the package.
    fn host(&self) -> (Value, Value) {
        let observed: Value = serde_json::from_str(&self.mdc(&["observe", "--json"], 0)).unwrap();
        let host = observed["observed"]["hosts"]["win-01"]["known"].clone();
        let version = host["components"]["worker"]["package"]["installed"].clone();
        (host, version)
    }

    /// Installs, upgrades, goes back, is killed and goes on, and removes.
    fn goes_through(&self, may_reboot: bool) {
        let (before, _) = self.host();
        assert!(before["free-disk"].as_u64() > Some(0), "{before}");
        self.mdc(&["apply", "--yes"], 0);
        let (host, version) = self.host();
        assert_eq!(version, "2.8.0", "{host}");
        assert_eq!(before["boot-id"] != host["boot-id"], may_reboot, "{host}");
        self.edit(
            "release = \"release-a.toml\"",
            "release = \"release-b.toml\"\nprevious-release = \"release-a.toml\"",
        );
        self.is_killed_and_goes_on();
        assert_eq!(self.host().1, "2.9.0");
        self.mdc(&["plan", "--detailed-exitcode"], 0);
        self.mdc(&["rollback", "--yes"], 0);
        assert_eq!(self.host().1, "2.8.0");
        self.edit("components = [\"worker\"]", "components = []\nremoved = [\"worker\"]");
        self.mdc(&["apply", "--yes"], 0);
        self.mdc(&["plan", "--detailed-exitcode"], 0);
    }

    /// The controller is killed as soon as it has begun the upgrade.
    fn is_killed_and_goes_on(&self) {
        let runs = || fs::read_dir(self.path(".mdc/runs")).map_or(0, Iterator::count);
        let earlier = runs();
        let mut controller = self.command(&["apply", "--yes"]);
        let mut controller =
            controller.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let until = Instant::now() + Duration::from_secs(600);
        let begun = || {
            let newest = fs::read_dir(self.path(".mdc/runs")).ok()?;
            let newest = newest.map(|run| run.unwrap().path()).max()?;
            let journal = fs::read_to_string(newest.join("journal.jsonl")).ok()?;
            (runs() > earlier && journal.contains("win-01/worker/upgrade")).then_some(())
        };
        while begun().is_none() && controller.try_wait().unwrap().is_none() {
            assert!(Instant::now() < until, "the upgrade does not begin");
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = controller.kill();
        // One that was faster than this has nothing left to do.
        let is_over = controller.wait().unwrap().success();
        self.mdc(if is_over { &["plan", "--detailed-exitcode"] } else { &["resume", "--yes"] }, 0);
    }
}

#[test]
fn a_real_windows_host_goes_through_it_all() {
    let Some(named) = Named::of_environment() else { return };
    let suite = Suite::new(&named);
    let record = variable("MDC_WINDOWS_RECORD");
    let mut doctor = vec!["doctor", "win-01"];
    doctor.extend(record.iter().flat_map(|path| ["--record", path.as_str()]));
    suite.mdc(&doctor, 0);
    suite.goes_through(named.may_reboot);
}

#[test]
fn the_suite_itself_goes_through_on_a_simulated_host() {
    let named = Named::simulated();
    Suite::new(&named).goes_through(named.may_reboot);
}
