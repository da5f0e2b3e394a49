//! The fleet: taken up and down by its scripts, asked by OpenSSH's own client.

use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use rustix::fs::{FlockOperation, flock};

pub(crate) const ALL: [&str; 8] = [
    "infra-01",
    "identity-01",
    "control-01",
    "storage-01",
    "exec-01",
    "exec-02",
    "infra-02",
    "infra-03",
];
/// The hosts of OPSWAT's own products.
pub(crate) const PRODUCTS: [&str; 5] =
    ["identity-01", "control-01", "storage-01", "exec-01", "exec-02"];

/// Eight hosts that are up, for one test at a time.
pub(crate) struct Fleet {
    scripts: PathBuf,
    /// What a user of `mdc` has.
    pub(crate) site: PathBuf,
    inventory: Vec<Vec<String>>,
    _alone: File,
}

impl Fleet {
    /// The fleet, or why it can't be had here. A fleet that could be had but doesn't come up is a
    /// failure.
    pub(crate) fn have(skip: bool) -> Result<Self, String> {
        if skip {
            return Err("MDC_FLEET=skip".to_owned());
        }
        possible()?;
        let folder = env::var_os("MDC_FLEET_DIR")
            .map_or_else(|| env::temp_dir().join("mdc-fleet"), PathBuf::from);
        fs::create_dir_all(&folder).unwrap();
        let alone = File::create(folder.join("test.lock")).unwrap();
        flock(&alone, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| format!("another test is at work on the fleet in {}", folder.display()))?;
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fleet");
        let run =
            |name: &str| Command::new(scripts.join(name)).stdin(Stdio::null()).output().unwrap();
        let mut up = run("up");
        if !up.status.success() {
            // A fleet that an earlier test left broken.
            run("down");
            up = run("up");
        }
        assert!(up.status.success(), "tests/fleet/up: {}", text(&up.stderr));
        let line = |line: &str| line.split('\t').map(str::to_owned).collect();
        let inventory = text(&up.stdout).lines().map(line).collect();
        Ok(Self { scripts, site: folder.join("site"), inventory, _alone: alone })
    }

    pub(crate) fn address(&self, host: &str) -> &str {
        &self.line(host)[1]
    }

    /// The password of `opspw` on identity-01.
    pub(crate) fn password(&self) -> &str {
        self.line("identity-01")[3].strip_prefix("opspw-password=").unwrap()
    }

    fn line(&self, host: &str) -> &[String] {
        self.inventory.iter().find(|line| line[0] == host).expect("the inventory has the host")
    }

    /// Puts hosts back into the A state, and waits until they run.
    pub(crate) fn reset(&self, hosts: &[&str]) {
        thread::scope(|scope| {
            for host in hosts {
                scope.spawn(|| {
                    self.host("reset", host);
                    self.host("wait", host);
                });
            }
        });
    }

    /// Does something to a host that no one could do over SSH, and returns what it prints: see
    /// `tests/fleet/host`.
    pub(crate) fn host(&self, verb: &str, host: &str) -> String {
        self.does(&[verb, host])
    }

    /// Runs a command as root inside a host, whatever its network is like.
    pub(crate) fn inside(&self, host: &str, command: &str) -> String {
        self.does(&["exec", host, "sh", "-c", command])
    }

    fn does(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(self.scripts.join("host"));
        let done = command.args(arguments).stdin(Stdio::null()).output().unwrap();
        assert!(done.status.success(), "host {arguments:?}: {}", text(&done.stderr));
        text(&done.stdout)
    }

    /// What a command on a host prints, without white space at the ends; it has to succeed. This
    /// is OpenSSH's client, with nothing of `mdc` in it.
    pub(crate) fn ask(&self, host: &str, command: &str) -> String {
        let known_hosts = format!("UserKnownHostsFile={}", self.site.join("known_hosts").display());
        let mut ssh = Command::new("ssh");
        ssh.args(["-F", "/dev/null", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"])
            .args(["-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=yes"])
            .args(["-o", &known_hosts, "-o", "GlobalKnownHostsFile=/dev/null", "-i"])
            .arg(self.site.join("id"))
            .arg(format!("ops@{}", self.address(host)))
            .arg("timeout 60 sh -c 'eval \"$(cat)\"'");
        let streams = ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = streams.spawn().unwrap();
        child.stdin.take().unwrap().write_all(command.as_bytes()).unwrap();
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        assert!(status.success(), "{host}: {command}: {status}: {}", text(&stderr));
        text(&stdout).trim().to_owned()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        if env::var_os("MDC_FLEET_KEEP").is_none() {
            let down = Command::new(self.scripts.join("down")).stdin(Stdio::null()).output();
            if !down.is_ok_and(|down| down.status.success()) {
                crate::say("fleet: tests/fleet/down failed: run it by hand");
            }
        }
    }
}

/// Whether this machine can have a fleet at all.
fn possible() -> Result<(), String> {
    let can = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let conditions: [(bool, &str); 4] = [
        (rustix::process::geteuid().is_root(), "it needs root"),
        (Path::new("/etc/debian_version").exists(), "it needs Debian 12 or newer"),
        (
            can("unshare", &["--mount", "--net", "--pid", "--fork", "true"]),
            "it needs namespaces, which this machine doesn't give",
        ),
        (
            can("systemd-nspawn", &["--version"])
                || can("apt-get", &["install", "--simulate", "systemd-container"]),
            "systemd-nspawn is not there and can't be installed from here",
        ),
    ];
    match conditions.into_iter().find(|(met, _)| !met) {
        Some((_, why)) => Err(why.to_owned()),
        None => Ok(()),
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
