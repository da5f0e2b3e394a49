//! What happens to networks, hosts and controllers in the middle of an installation. Each ends with
//! everything installed, and each job begun as often as it has to be.

use std::collections::BTreeSet;
use std::process::Command;

use rustix::process::Signal;

use super::on;
use crate::hosts::{ALL, Fleet};
use crate::release::Release;
use crate::said::Running;
use crate::site::Site;

const HOST: &str = "exec-01";
const INSTALLING: [&str; 2] = ["running", "install md-cluster-worker"];

/// Holds dpkg's lock on the host until `release` is called, as another installation would: apt waits
/// for it (apt.conf(5), `DPkg::Lock::Timeout`), and so everything else can happen meanwhile.
struct DpkgLock<'a>(&'a Fleet);

impl<'a> DpkgLock<'a> {
    fn hold(fleet: &'a Fleet) -> Self {
        let script = "rm -f /tmp/go /tmp/held; sudo setsid perl -e '
            use Fcntl; open(F, \">>\", \"/var/lib/dpkg/lock-frontend\") or die;
            my $lock = pack(\"s s x4 q q i x4\", F_WRLCK, 0, 0, 0, 0);
            fcntl(F, F_SETLK, $lock) or die;
            open(H, \">\", \"/tmp/held\"); close H;
            select(undef, undef, undef, .1) until -e \"/tmp/go\"' </dev/null >/dev/null 2>&1 &
            until [ -e /tmp/held ]; do sleep 0.1; done";
        fleet.ask(HOST, script);
        Self(fleet)
    }

    fn release(self) {
        self.0.inside(HOST, "touch /tmp/go");
    }
}

/// A site that moves the Workers alone; the one of exec-02 is there already.
fn site(fleet: &Fleet) -> Site {
    Site::new(fleet, &Release::moving(&fleet.site, &[]))
}

/// The same, going on in spite of what a check finds.
fn waiving(fleet: &Fleet, check: &str) -> Site {
    let waiver = format!(
        "\n[[waivers]]\ncheck = \"{check}\"\nreason = \"tried here\"\nuntil = \"2999-12-31\"\n"
    );
    let release = Release::moving(&fleet.site, &[]);
    Site::with_manifest(fleet, &release, |manifest| manifest + &waiver)
}

/// Returns when the job that installs has begun on the host.
fn installing(fleet: &Fleet, site: &Site, options: &[&str]) -> Running {
    let mut running = site.begin(&[&["apply", "--yes"], options].concat());
    running.says(&INSTALLING);
    let begun = "sudo sh -c 'ls /var/lib/mdc/*/jobs/*/*/pid'";
    fleet.ask(HOST, &format!("until {begun} >/dev/null 2>&1; do sleep 0.1; done"));
    running
}

/// How many jobs of a run installed the package.
fn jobs(fleet: &Fleet, site: &Site) -> String {
    let run = site.run();
    let log = format!("sudo journalctl -o cat -t mdc | grep {run} | grep -c 'install.*worker[_-]'");
    fleet.ask(HOST, &log)
}

fn is_whole(fleet: &Fleet, site: &Site) {
    on(HOST, "worker").works(fleet, "2.9.0");
    site.is_as_desired();
    let left = fleet.ask(HOST, "sudo sh -c 'ls /var/lib/mdc/*/jobs /var/lib/mdc/*/runs'");
    assert!(!left.contains(&site.run()), "a run that is done leaves nothing: {left}");
}

/// The network of all hosts is away for longer than a silent connection is kept.
pub(crate) fn cut(fleet: &Fleet) {
    let site = site(fleet);
    let lock = DpkgLock::hold(fleet);
    let mut running = installing(fleet, &site, &[]);
    for host in ALL {
        fleet.host("cut", host);
    }
    running.says(&["cut off", HOST, "nothing was heard from the host", "it is tried again"]);
    for host in ALL {
        fleet.host("heal", host);
    }
    lock.release();
    running.says(&["back", HOST]);
    running.end().ends(0);
    assert_eq!(jobs(fleet, &site), "1");
    is_whole(fleet, &site);
}

/// What the host says does not arrive, though it hears everything, for longer than the run is patient:
/// nobody hears how the job ended until the run is resumed.
pub(crate) fn one_way(fleet: &Fleet) {
    let site = site(fleet);
    let lock = DpkgLock::hold(fleet);
    let mut running = installing(fleet, &site, &["--patience", "3s"]);
    fleet.host("mute", HOST);
    lock.release();
    running.says(&["cut off", HOST]);
    running.end().ends(1).tells(&[
        "Failed: upgrade worker on exec-01",
        "it was tried again for 3 s",
        "what was begun on the host goes on there",
        "go on mdc apply mdc.toml",
    ]);
    fleet.host("heal", HOST);
    site.mdc(&["resume", "--yes"]).ends(0).tells(&["Complete."]);
    assert_eq!(jobs(fleet, &site), "1");
    is_whole(fleet, &site);
}

/// The host loses its power in the middle.
pub(crate) fn power_cut(fleet: &Fleet) {
    let site = site(fleet);
    let _lost = DpkgLock::hold(fleet);
    let mut running = installing(fleet, &site, &[]);
    fleet.host("kill", HOST);
    fleet.host("boot", HOST);
    running.says(&["retrying", HOST, "the host has rebooted before its end was known"]);
    running.end().ends(0);
    assert_eq!(jobs(fleet, &site), "2");
    is_whole(fleet, &site);
}

/// Every session of the user dies, with the one that started the job.
pub(crate) fn sessions_killed(fleet: &Fleet) {
    let site = site(fleet);
    let lock = DpkgLock::hold(fleet);
    let mut running = installing(fleet, &site, &[]);
    fleet.ask(HOST, "sudo systemd-run --quiet --no-block pkill -KILL -u ops sshd");
    running.says(&["cut off", HOST]);
    lock.release();
    running.says(&["back", HOST]);
    running.end().ends(0);
    assert_eq!(jobs(fleet, &site), "1");
    is_whole(fleet, &site);
}

/// The job is killed with all that watches it, as for want of memory.
pub(crate) fn job_killed(fleet: &Fleet) {
    let site = site(fleet);
    let lock = DpkgLock::hold(fleet);
    let mut running = installing(fleet, &site, &[]);
    fleet.ask(HOST, "sudo systemctl kill --signal=KILL 'mdc-*.service'");
    running.says(&["retrying", HOST, "it is gone without having told its end"]);
    lock.release();
    running.end().ends(0);
    assert_eq!(jobs(fleet, &site), "2");
    is_whole(fleet, &site);
}

/// The host hangs for longer than the run is patient.
pub(crate) fn frozen(fleet: &Fleet) {
    let site = site(fleet);
    let lock = DpkgLock::hold(fleet);
    let mut running = installing(fleet, &site, &["--patience", "5s"]);
    fleet.host("freeze", HOST);
    running.says(&["failed", HOST, "it was tried again for 5 s"]);
    running.end().ends(1).tells(&["found again when the run is resumed"]);
    fleet.host("thaw", HOST);
    lock.release();
    site.mdc(&["resume", "--yes"]).ends(0);
    is_whole(fleet, &site);
}

/// There is no room for the package.
pub(crate) fn disk_full(fleet: &Fleet) {
    let site = waiving(fleet, "preflight::disk");
    fleet.host("fill", HOST);
    site.mdc(&["apply", "--yes"]).ends(1).tells(&["No space left on device"]);
    fleet.host("unfill", HOST);
    site.mdc(&["apply", "--yes"]).ends(0);
    is_whole(fleet, &site);
}

/// Each packet takes 150 ms longer, to and fro, and of twenty packets one is lost.
pub(crate) fn lossy(fleet: &Fleet) {
    let site = site(fleet);
    fleet.host("slow", HOST);
    site.mdc(&["apply", "--yes"]).ends(0);
    let said = fleet.host("heal", HOST);
    let lost: u32 = said.split(' ').next().unwrap().parse().unwrap();
    assert!(lost > 10, "{said}");
    assert_eq!(jobs(fleet, &site), "1");
    assert_eq!(site.journal().repeated(), BTreeSet::new());
    is_whole(fleet, &site);
}

/// First nothing can be written to `/var`, and then nothing to dpkg's own folder.
pub(crate) fn read_only(fleet: &Fleet) {
    let site = site(fleet);
    let close = |folder: &str| {
        let bind = format!("sudo mount --bind {folder} {folder}");
        fleet.ask(HOST, &format!("{bind} && sudo mount -o remount,bind,ro {folder}"));
    };
    let open = |folder: &str| fleet.ask(HOST, &format!("sudo umount --lazy {folder}"));
    close("/var");
    site.mdc(&["apply", "--yes"]).ends(1).tells(&["Read-only file system", "read-only /var"]);
    open("/var");
    close("/var/lib/dpkg");
    site.mdc(&["resume", "--yes"]).ends(1).tells(&["Read-only file system"]);
    open("/var/lib/dpkg");
    site.mdc(&["resume", "--yes"]).ends(0);
    is_whole(fleet, &site);
}

/// The kernel kills what needs more memory than the host has.
pub(crate) fn out_of_memory(fleet: &Fleet) {
    let site = site(fleet);
    // As large as a package's own script can get.
    let hungry = r#"DPkg::Pre-Invoke {"head -c 400M /dev/zero | tail -c 400M >/dev/null";};"#;
    let put = format!("echo '{hungry}' | sudo tee /etc/apt/apt.conf.d/99hungry");
    fleet.ask(HOST, &put);
    fleet.host("starve", HOST);
    site.mdc(&["apply", "--yes"]).ends(1).tells(&["Killed", "install md-cluster-worker"]);
    fleet.host("feed", HOST);
    site.mdc(&["resume", "--yes"]).ends(0);
    is_whole(fleet, &site);
}

/// The host's clock is far behind, and far ahead while the service is waited for. Containers share
/// the kernel's clock: it is the programs on the host that are told another time.
pub(crate) fn wrong_clock(fleet: &Fleet) {
    let site = waiving(fleet, "preflight::clock");
    let script = "cc -shared -fPIC -O1 -o \"$1/clock.so\" \"$2/tests/faults/clock.c\" && base64 \"$1/clock.so\"";
    let mut build = Command::new("sh");
    build.args(["-c", script, "sh"]).arg(site.path("")).arg(env!("CARGO_MANIFEST_DIR"));
    let clock = String::from_utf8(build.output().unwrap().stdout).unwrap();
    assert!(clock.len() > 1000, "{clock}");
    let set = |days: i64| {
        let set = format!("echo {} | sudo tee /run/mdc-test-clock >/dev/null", days * 24 * 60 * 60);
        fleet.ask(HOST, &format!("{set}; date +%Y"))
    };
    fleet.ask(
        HOST,
        &format!(
            "echo '{clock}' | base64 -d | sudo tee /usr/lib/clock.so >/dev/null
            echo /usr/lib/clock.so | sudo tee /etc/ld.so.preload
            echo start_delay_ms=8000 | sudo tee -a /etc/md-cluster/md-cluster-worker.conf"
        ),
    );
    let past = set(-800);
    let mut running = site.begin(&["apply", "--yes"]);
    running.says(&["running", HOST, "wait until md-cluster-worker is healthy"]);
    assert!(set(800) > past, "the clock of the host can't be set");
    running.end().ends(0);
    assert_eq!(jobs(fleet, &site), "1");
    is_whole(fleet, &site);
}

/// The controller is lost, and another one has the manifest alone.
pub(crate) fn controller_lost(fleet: &Fleet) {
    let lost = site(fleet);
    let lock = DpkgLock::hold(fleet);
    let running = installing(fleet, &lost, &[]);
    running.send(Signal::KILL);
    assert_eq!(running.end().status, None, "a signal ended it");
    let other = site(fleet);
    other.mdc(&["apply", "--yes"]).ends(1).tells(&["was begun from another controller"]);
    lock.release();
    other.mdc(&["resume", "--yes", "--from-host", "control-01"]).ends(0);
    assert_eq!(jobs(fleet, &other), "1");
    is_whole(fleet, &other);
}

/// The controller sleeps; another one takes over; the first wakes up and can do nothing any more.
pub(crate) fn asleep(fleet: &Fleet) {
    let slept = site(fleet);
    let lock = DpkgLock::hold(fleet);
    let running = installing(fleet, &slept, &[]);
    running.send(Signal::STOP);
    let other = site(fleet);
    lock.release();
    let from = ["resume", "--yes", "--from-host", "control-01", "--take-over", "it sleeps"];
    other.mdc(&from).ends(0);
    running.send(Signal::CONT);
    running.end().ends(1).tells(&["the host obeys a newer lease"]);
    is_whole(fleet, &other);
}
