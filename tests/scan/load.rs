//! The load of a rehearsal, on the quickstart's simulated cluster with a stand-in for its gateway.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::plan::site;
use crate::site::{Ran, Site};
use crate::stand_in::StandIn;

fn with_load(site: &Site, load: &str) {
    let path = site.path("mdc.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}\n[load]\n{load}\n")).unwrap();
}

/// What the journal has of the only load.
fn account(site: &Site) -> Value {
    let loads: Vec<Value> =
        site.journal().into_iter().filter(|entry| entry["loaded"].is_object()).collect();
    assert_eq!(loads.len(), 1, "{loads:?}");
    loads[0]["loaded"]["load"].clone()
}

#[test]
fn what_is_accepted_while_a_plan_runs_is_counted_step_by_step() {
    let gateway = StandIn::new(&[("scan_ms", "30")]);
    let site = site(&gateway, "");
    with_load(&site, "size = \"20kB\"\nevery = \"5ms\"\nmay-lose = 0");
    site.mdc(&["apply", "--yes", "--load"]).ended(0).tells(&[
        "Complete.",
        "Load while the plan ran",
        "No accepted file was lost.",
    ]);
    let load = account(&site);
    let count = |key: &str| load["whole"][key].as_u64().unwrap();
    assert!(count("submitted") > 10, "{load:#}");
    assert_eq!(count("submitted"), count("finished"), "{load:#}");
    assert!(!load["steps"].as_array().unwrap().is_empty(), "{load:#}");
    let sent = gateway.requests().iter().filter(|it| it[0].starts_with("POST")).count() as u64;
    // Two test scans of two files besides.
    assert_eq!(sent, count("submitted") + 4, "{load:#}");
    site.mdc(&["report"]).ended(0).tells(&["Load while the plan ran", "all of it"]);
    site.mdc(&["report", "--format", "html"]).ended(0).tells(&["Load while the plan ran"]);
}

#[test]
fn lost_failed_slow_and_refused_files_are_told_apart() {
    for (settings, key, more) in [
        (("forgets", "1"), "lost", ""),
        (("fails", "1"), "failed", ""),
        (("queue_full", "1"), "refused", ""),
        (("scan_ms", "600"), "slow", "slow = \"50ms\""),
    ] {
        let gateway = StandIn::new(&[settings]);
        let site = site(&gateway, "");
        let load = format!("size = \"1kB\"\nevery = \"2ms\"\ncount = 20\nwithin = \"2s\"\n{more}");
        with_load(&site, &load);
        // The plan's own scans are not what is tried here, and some of them would fail.
        let scans = "gate-01/api-gateway/scan-before,gate-01/api-gateway/scan-after";
        let ran = site.mdc(&["apply", "--yes", "--load", "--skip", scans]);
        let load = account(&site);
        assert!(load["whole"][key].as_u64() > Some(0), "{key}: {load:#}\n{}", ran.said);
        let most = load["whole"]["submitted"].as_u64().unwrap();
        let sum: u64 = ["finished", "failed", "refused", "lost", "open"]
            .iter()
            .map(|key| load["whole"][*key].as_u64().unwrap())
            .sum();
        assert_eq!(sum, most, "{load:#}");
    }
}

#[test]
fn a_load_that_loses_more_than_it_may_fails_the_command() {
    let gateway = StandIn::new(&[]);
    let site = site(&gateway, "");
    with_load(&site, "size = \"1kB\"\nevery = \"2ms\"\nwithin = \"1s\"\nmay-lose = 0");
    site.edit("[scan]", "[scan]\nwithin = \"2s\"");
    let mut command = site.command(&["apply", "--yes", "--load"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // From the moment at which the plan's first scan has passed, nothing that is accepted is kept.
    while gateway.requests().iter().filter(|it| it[0].starts_with("GET")).count() < 4 {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        std::thread::yield_now();
    }
    gateway.set(&[("forgets", "1")]);
    let ran = Ran::of(&child.wait_with_output().unwrap());
    ran.ended(1).tells(&["more than the manifest allows (`may-lose`)"]);
    assert!(account(&site)["whole"]["lost"].as_u64() > Some(0));
}

#[test]
fn a_load_needs_to_be_described() {
    let gateway = StandIn::new(&[]);
    let site = site(&gateway, "");
    site.mdc(&["apply", "--yes", "--load"])
        .ended(1)
        .tells(&["has no `[load]`", "nothing was changed"]);
    assert!(!site.path(".mdc/runs").exists());
}

#[test]
fn an_interrupt_ends_the_wait_for_what_is_still_open() {
    let gateway = StandIn::new(&[("scan_ms", "20")]);
    let site = site(&gateway, "");
    with_load(&site, "size = \"1kB\"\nevery = \"5ms\"\nwithin = \"10m\"\nmay-lose = 0");
    // The plan's scans are left out, so that nothing else waits for what is never finished.
    gateway.set(&[("scan_ms", "3600000")]);
    let scans = "gate-01/api-gateway/scan-before,gate-01/api-gateway/scan-after";
    let mut command = site.command(&["apply", "--yes", "--load", "--skip", scans]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(child.stderr.take().unwrap());
    let mut lines = said.lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("are waited for, at most 10m")));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(lines.last(), None);
    // The scans that were left out are owed.
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let whole = account(&site)["whole"].clone();
    assert!(whole["open"].as_u64() > Some(0) && whole["lost"] == 0, "{whole:#}");
}
