//! The controller's clock is wrong, and jumps.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};
use serde_json::{Value, json};

use crate::gates::left;
use crate::site::{Ran, Site};

const DAY: i64 = 24 * 60 * 60;

/// A clock that can be set, for `mdc` alone.
struct Clock {
    folder: tempfile::TempDir,
}

impl Clock {
    /// None where there is no C compiler.
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/clock.c");
        let mut compile = Command::new("cc");
        compile.args(["-shared", "-fPIC", "-O1", "-o"]).arg(folder.path().join("clock.so"));
        if !compile.arg(source).status().is_ok_and(|status| status.success()) {
            writeln!(std::io::stderr(), "SKIPPED clocks that jump: there is no `cc`").unwrap();
            return None;
        }
        let clock = Self { folder };
        clock.set(0);
        Some(clock)
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ahead")
    }

    /// Has the clock be so many seconds ahead from now on.
    fn set(&self, ahead: i64) {
        let new = self.folder.path().join("new");
        fs::write(&new, ahead.to_string()).unwrap();
        fs::rename(new, self.file()).unwrap();
    }

    /// `mdc` by this clock.
    fn mdc(&self, site: &Site, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(site, arguments).output().unwrap())
    }

    fn command(&self, site: &Site, arguments: &[&str]) -> Command {
        let mut command = site.command(arguments);
        command.env("LD_PRELOAD", self.folder.path().join("clock.so"));
        command.env("MDC_TEST_CLOCK", self.file());
        command
    }
}

/// The days in the ids of all runs, oldest run first.
fn days(site: &Site) -> Vec<String> {
    let runs = fs::read_dir(site.path(".mdc/runs")).unwrap();
    let mut days: Vec<String> =
        runs.map(|run| run.unwrap().file_name().to_str().unwrap()[..8].to_owned()).collect();
    days.sort();
    days
}

#[test]
fn a_run_survives_a_clock_that_goes_back_and_forth() {
    let Some(clock) = Clock::new() else { return };
    let fresh = Site::new();
    let undisturbed = fresh.copy();
    undisturbed.mdc(&["apply", "--yes"]).ended(0);
    let site = fresh.copy();
    let killed = json!({ "says": "", "times": 1, "kill": "during" });
    let cuts = [
        ("identity-01", "install:md-cluster-identity-service", DAY),
        ("control-01", "start:md-cluster-control-center", -DAY),
        ("core-02", "await-health:md-cluster-worker", 3600 * DAY),
        ("storage-01", "install:md-cluster-file-storage", -3600 * DAY),
    ];
    for (place, (host, key, ahead)) in cuts.into_iter().enumerate() {
        site.fault(host, key, &killed);
        clock.set(ahead);
        let verb = if place == 0 { "apply" } else { "resume" };
        let ran = clock.mdc(&site, &[verb, "--yes"]);
        assert_eq!(ran.status, None, "{host}: {key}: {}", ran.said);
    }
    clock.set(0);
    clock.mdc(&site, &["resume", "--yes"]).ended(0);
    site.is_as(&undisturbed, "the clock went back and forth");
    for host in site.state().keys() {
        assert!(site.log(host).values().all(|times| *times == 1), "{host}: {:?}", site.log(host));
    }
    for words in [&["status"][..], &["history"], &["report"]] {
        site.mdc(words).ended(0);
    }
    assert!(site.mdc(&["report"]).said.contains("verifies"));
}

#[test]
fn stage_2_is_not_begun_when_the_rest_of_its_window_does_not_hold_it() {
    let Some(clock) = Clock::new() else { return };
    let site = Site::new();
    let now = Zoned::now().with_time_zone(TimeZone::UTC);
    let day = now.date().checked_add(100.days()).unwrap();
    let window =
        format!("[gates.window]\nzone = \"UTC\"\nopen = [\"{day} 01:00-05:00\"]\n\n[gates.idle]");
    site.edit("[gates.idle]", &window);
    site.edit("every = \"1ms\"", "every = \"1ms\"\nwithin = \"300ms\"");
    let at = |hour, minute| {
        let time = day.at(hour, minute, 0, 0).to_zoned(TimeZone::UTC).unwrap();
        time.duration_since(&now).as_secs()
    };
    // Part of a plan that needs no window is not refused for it.
    clock.set(at(6, 0));
    let part = site.copy();
    clock.mdc(&part, &["apply", "--yes", "--only", "identity-service"]).ended(1);
    assert_eq!(part.log("identity-01")["install:md-cluster-identity-service"], 1);
    clock.set(at(1, 1));
    left(&site, "core-02", "ometascan", 1_000_000);
    let ran = clock.mdc(&site, &["apply", "--yes"]).ended(1);
    assert!(ran.said.contains("given up after 300ms"), "{}", ran.said);
    left(&site, "core-02", "ometascan", 0);
    // Each of its steps would be begun; the last ones would not.
    clock.set(at(4, 53));
    let ran = clock.mdc(&site, &["resume", "--yes"]).ended(1);
    for words in [
        "stage 2 is not begun, since what is left of its window doesn't hold it",
        "it never opens again",
        "--give-up",
    ] {
        assert!(ran.said.contains(words), "{words:?} is not in:\n{}", ran.said);
    }
    let log = site.log("db-01");
    assert!(log.keys().all(|key| !key.starts_with("install:")), "{log:?}");
    clock.set(at(2, 0));
    clock.mdc(&site, &["resume", "--yes"]).ended(0);
}

#[test]
fn a_clock_that_jumps_while_steps_run_is_not_noticed() {
    let Some(clock) = Clock::new() else { return };
    let site = Site::new();
    let mut command = clock.command(&site, &["apply", "--yes"]);
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let talk = BufReader::new(child.stderr.take().unwrap());
    for (number, line) in talk.lines().enumerate() {
        let line = line.unwrap();
        if line.contains("running") {
            clock.set(if number % 2 == 0 { 10 * DAY } else { -10 * DAY });
        }
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    let times = site.times();
    let back = times.windows(2).filter(|two| two[1] < two[0]).count();
    assert!(back >= 3, "the clock went back {back} times only: {times:?}");
}

#[test]
fn after_a_run_in_the_future_the_next_one_is_the_newest() {
    let Some(clock) = Clock::new() else { return };
    let site = Site::new();
    let before = site.host("core-01");
    clock.set(365 * DAY);
    clock.mdc(&site, &["apply", "--yes"]).ended(0);
    // Somebody takes a host back to what it was; only the lease is remembered.
    let mut back = before;
    back["lease"] = site.host("core-01")["lease"].clone();
    site.write("core-01", &back);
    clock.set(0);
    clock.mdc(&site, &["apply", "--yes"]).ended(0);
    let days = days(&site);
    assert_eq!((days.len(), &days[0]), (2, &days[1]), "ids go on from the newest");
    let today = jiff::Timestamp::now().strftime("%Y%m%d").to_string();
    assert!(days[0] > today, "{days:?}");
    let history = site.mdc(&["history", "--output", "json"]).ended(0).said;
    let history: Value = serde_json::from_str(&history).unwrap();
    let steps: Vec<u64> = history["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["steps"].as_u64().unwrap())
        .collect();
    assert!(steps[0] < steps[1], "newest first: {steps:?}");
}

#[test]
fn a_request_reaches_a_run_whose_clock_differs() {
    let Some(clock) = Clock::new() else { return };
    for ahead in [DAY, -DAY] {
        let site = Site::new();
        site.edit("speed = 0", "speed = 2");
        let mut child = site.start(&["apply", "--yes"]);
        crate::people::await_line(&mut child, "install ");
        clock.set(ahead);
        let asked = clock.mdc(&site, &["stop", "--because", "the window is over"]);
        assert_eq!(asked.status, Some(0), "{ahead}: {}", asked.said);
        crate::people::await_line(&mut child, "stopping");
        site.edit("speed = 2", "speed = 0");
        assert_eq!(child.wait().unwrap().code(), Some(1));
    }
}
