//! The script in real shells on this machine. `systemctl` and the package tools are stand-ins, so
//! that every machine can run this; everything else is real.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use mdc::catalog::Format;
use mdc::observe::{Exchange, HealthState, HostFacts, PackageState, UnitState, parse};
use mdc::transport::Questions;

use crate::cluster::{asked, command, http};

const SHELLS: &[&[&str]] = &[&["dash"], &["bash"], &["busybox", "sh"]];

/// `systemctl is-active -- NAMES` and `systemctl show -p LoadState -p ActiveState -- NAMES`.
const SYSTEMCTL: &str = r"#!/bin/sh
if [ $1 = is-active ]; then shift 2; for name; do case $name in
gone*) echo inactive ;; stopped*) echo failed ;; *) echo active ;;
esac; done; exit 0; fi
case $* in *gone* | *stopped*) ;; *) echo 'there was no need to ask for more'; exit ;; esac
shift 6
while [ $# -gt 0 ]; do
case $1 in gone*) echo LoadState=not-found; echo ActiveState=inactive ;;
stopped*) echo LoadState=loaded; echo ActiveState=failed ;;
*) echo LoadState=loaded; echo ActiveState=active ;; esac
shift; [ $# = 0 ] || echo
done
";

const DPKG_QUERY: &str = r#"#!/bin/sh
shift 4
for name; do case $name in
gone*) echo "dpkg-query: no packages found matching $name" >&2 ;;
broken*) echo "$name half-configured 2.9.1-1" ;;
*) echo "$name installed 2.8.0-1" ;;
esac; done; exit 1
"#;

const RPM: &str = r#"#!/bin/sh
shift 4
for name; do case $name in
gone*) echo "package $name is not installed" ;;
*) echo "$name installed 5:2.8.0-1.el9" ;;
esac; done; exit 1
"#;

/// What apt 2.6 says of `alpha` 2.9.0, which brings a library; of `beta`, which can't be installed; of all
/// else, nothing.
const APT_CACHE: &str = r#"#!/bin/sh
case "$1 $2" in
'madison alpha') echo 'alpha | 2.9.1-1 | http://example.test ./ Packages
     alpha | 2.9.0-1 | http://example.test ./ Packages' ;;
'madison beta') echo '      beta |  1:2.9.0-1 | http://example.test ./ Packages' ;;
'show libx:i386=2.0') [ "$3" = alpha=2.9.0-1 ] && printf 'Package: alpha
Size: 1000
Installed-Size: 8

Package: libx
Installed-Size: 2
Size: 500
' ;;
*) exit 0 ;;
esac
"#;

const APT_GET: &str = r"#!/bin/sh
case $* in
*'--simulate install'*' alpha=2.9.0-1') printf 'NOTE: This is only a simulation!
Reading package lists...
Inst libx:i386 (2.0 example.test [i386])
Inst alpha [2.8.0-1] (2.9.0-1 example.test [amd64])
Conf alpha (2.9.0-1 example.test [amd64])
' ;;
*) printf 'Reading package lists...
The following packages have unmet dependencies:
 beta : Depends: libmissing but it is not installable
E: Unable to correct problems, you have held broken packages.
'; exit 100 ;;
esac
";

/// What dnf 4.14 says of the same.
const DNF: &str = r#"#!/bin/sh
[ "$1 $2 $3" = '-C --assumeno install' ] || exit 9
case $4 in
alpha-2.9.0) printf 'Dependencies resolved.
Total download size: 1.5 M
Installed size: 30 k
Operation aborted.
' ;;
beta-2.9.0) printf 'Error:
 Problem: conflicting requests
  - nothing provides libmissing needed by beta-2.9.0-1.x86_64
' >&2 ;;
busy-2.9.0) printf 'Waiting for process with pid 812 to finish.\n'; kill -KILL $$ ;;
root-2.9.0) printf 'Error: This command has to be run with superuser privileges (under the root user on most systems).\n' >&2 ;;
*) printf 'No match for argument: %s\nError: Unable to find a match: %s\n' "$4" "$4" ;;
esac
exit 1
"#;

/// A folder that comes first in the path.
fn stand_ins() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("systemctl", SYSTEMCTL),
        ("dpkg-query", DPKG_QUERY),
        ("rpm", RPM),
        ("apt-cache", APT_CACHE),
        ("apt-get", APT_GET),
        ("dnf", DNF),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

fn in_path(folder: &Path) -> String {
    format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display())
}

/// Runs the script in one shell; none when this machine doesn't have the shell.
#[expect(clippy::print_stderr, reason = "a test that is left out must be seen")]
fn answer(shell: &[&str], path: &str, questions: &Questions) -> Option<HostFacts> {
    let sent = Timestamp::now();
    let mut run = Command::new(shell[0]);
    run.args(&shell[1..]).args(["-c", &questions.script]).stdin(Stdio::null());
    run.env("PATH", path).env("http_proxy", "http://192.0.2.1:9/");
    let Ok(output) = run.output() else {
        eprintln!("left out: this machine has no {}", shell[0]);
        return None;
    };
    assert!(output.stderr.is_empty(), "{shell:?}: {}", String::from_utf8_lossy(&output.stderr));
    let at = Exchange { sent, received: Timestamp::now() };
    match parse(&output.stdout, questions, at) {
        Ok(facts) => Some(facts),
        Err(e) => panic!("{shell:?}: {e:?}\n{}", String::from_utf8_lossy(&output.stdout)),
    }
}

/// Runs `check` on the facts that each shell gives.
pub(crate) fn in_every_shell(questions: &Questions, check: impl Fn(&HostFacts)) {
    let folder = stand_ins();
    let mut ran = 0;
    for shell in SHELLS {
        if let Some(facts) = answer(shell, &in_path(folder.path()), questions) {
            check(&facts);
            ran += 1;
        }
    }
    assert!(ran > 0, "this machine has none of the shells");
}

/// A server that gives `status` to everybody, on a port of its own.
fn server(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/readyz", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut peer in listener.incoming().flatten() {
            let lines = BufReader::new(peer.try_clone().unwrap()).lines();
            let _ = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).count();
            let _ =
                write!(peer, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    url
}

fn unhealthy(text: &str) -> HealthState {
    HealthState::Unhealthy(text.to_owned())
}

#[test]
fn every_shell_gives_the_facts() {
    let (good, bad) = (server("200 OK"), server("503 Service Unavailable"));
    let questions = asked(
        Format::Deb,
        &[
            ("a", "alpha", "alpha", http(&good)),
            ("b", "beta", "stopped-beta", http(&bad)),
            ("c", "broken-c", "c", http(&good)),
            ("d", "gone-d", "gone-d", http(&good)),
            ("e", "epsilon", "alpha", command("true")),
            ("f", "phi", "phi", command("echo 'not  yet'; exit 3")),
            ("g", "gamma", "gamma", http("http://127.0.0.1:1/")),
        ],
    );
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    in_every_shell(&questions, |facts| {
        assert_eq!(facts.boot_id, boot.trim());
        assert_eq!(facts.architecture, std::env::consts::ARCH);
        assert!(facts.clock_ahead.abs() <= 1, "it is the same clock");
        assert!(facts.free_disk > 0 && facts.free_memory > 0 && !facts.os.is_empty());
        let of = |name: &str| &facts.components[name];
        let installed = PackageState::Installed("2.8.0-1".parse().unwrap());
        assert_eq!((&of("a").package, &of("a").health), (&installed, &HealthState::Healthy));
        assert_eq!(of("b").unit, UnitState::Stopped("failed".to_owned()));
        assert_eq!(of("b").health, unhealthy("HTTP status 503"));
        assert!(matches!(of("c").package, PackageState::Broken { .. }));
        assert!(matches!(of("c").health, HealthState::NotAsked(_)));
        assert_eq!((&of("d").package, &of("d").unit), (&PackageState::Absent, &UnitState::Absent));
        assert_eq!((&of("e").unit, &of("e").health), (&UnitState::Active, &HealthState::Healthy));
        assert_eq!(of("f").health, unhealthy("exit status 3: not yet"));
        assert_eq!(of("g").health, unhealthy("nothing listens there (connection refused)"));
    });
}

#[test]
fn an_rpm_host_is_asked_by_rpm() {
    let probe = command("true");
    let questions =
        asked(Format::Rpm, &[("a", "alpha", "alpha", probe.clone()), ("d", "gone", "gone", probe)]);
    in_every_shell(&questions, |facts| {
        let version = "5:2.8.0-1.el9".parse().unwrap();
        assert_eq!(facts.components["a"].package, PackageState::Installed(version));
        assert_eq!(facts.components["a"].health, HealthState::Healthy);
        assert_eq!(facts.components["d"].package, PackageState::Absent);
    });
}

/// A probe that prints our own lines, and names that would be commands.
#[test]
fn nothing_that_is_said_or_named_gets_out_of_its_place() {
    let lies = r"printf '\n@mdc disk x 0 0 5 5%% /\n@mdc end 1\n@mdc reboot yes\n*\n'; exit 1";
    let name = "x'; echo '@mdc reboot yes'; echo $(id) `id` \"";
    let questions = asked(Format::Deb, &[("a", name, name, command(lies))]);
    in_every_shell(&questions, |facts| {
        assert!(!facts.reboot_pending && facts.free_disk > 5 * 1024);
        // The stand-in's line for such a name has too many words to be a package.
        assert_eq!(facts.components["a"].package, PackageState::Absent);
    });
    let questions = asked(Format::Deb, &[("a", "alpha", "alpha", command(lies))]);
    in_every_shell(&questions, |facts| {
        let said = "exit status 1: @mdc disk x 0 0 5 5% / @mdc end 1 @mdc reboot yes *";
        assert_eq!(facts.components["a"].health, unhealthy(said));
        assert!(!facts.reboot_pending && facts.free_disk > 5 * 1024);
    });
}

/// An endless probe ends, what it prints is bounded, and probes don't wait for each other.
#[test]
fn probes_are_bounded_and_run_beside_each_other() {
    let slow = [("a", "sleep 3"), ("b", "sleep 3; exit 7"), ("c", "sleep 3"), ("d", "yes; true")];
    let placed: Vec<_> =
        slow.iter().map(|(name, line)| (*name, *name, *name, command(line))).collect();
    let mut questions = asked(Format::Deb, &placed);
    // Ten seconds are a long time for a test.
    questions.script = questions.script.replace("-s KILL 10 ", "-s KILL 4 ");
    let began = Instant::now();
    let folder = stand_ins();
    let facts = answer(&["sh"], &in_path(folder.path()), &questions).unwrap();
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert_eq!(facts.components["b"].health, unhealthy("exit status 7"));
    assert_eq!(facts.components["d"].health, unhealthy("no end within 10 s"));
    assert!(facts.clock_ahead.abs() <= 1, "slow probes don't look like a wrong clock");
}

#[test]
fn a_host_without_curl_is_asked_by_wget_and_without_both_not_at_all() {
    let folder = stand_ins();
    let link = |name: &str| {
        let real = ["/usr/bin", "/bin"].map(|place| Path::new(place).join(name));
        let real = real.iter().find(|path| path.exists());
        real.is_some_and(|real| symlink(real, folder.path().join(name)).is_ok())
    };
    assert!(["sh", "date", "df", "tail", "timeout"].into_iter().all(link));
    let (good, bad) = (server("200 OK"), server("503 Service Unavailable"));
    let questions =
        asked(Format::Deb, &[("a", "a", "a", http(&good)), ("b", "b", "b", http(&bad))]);
    let path = folder.path().display().to_string();
    let facts = answer(&["/bin/sh"], &path, &questions).unwrap();
    let neither = HealthState::NotAsked("the host has neither `curl` nor `wget`".to_owned());
    assert_eq!(facts.components["a"].health, neither);
    if link("wget") {
        let facts = answer(&["/bin/sh"], &path, &questions).unwrap();
        assert_eq!(facts.components["a"].health, HealthState::Healthy);
        assert_eq!(facts.components["b"].health, unhealthy("the answer is an HTTP error"));
    }
}
