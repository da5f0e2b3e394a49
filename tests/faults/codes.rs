//! Errors of commands: each has its code, which `mdc explain` knows. `tests/diagnostics.rs` holds the list.

use std::fs;
use std::process::Stdio;

use serde_json::json;

use crate::site::{Ran, Site};

/// Asserts that it was refused with this code.
#[track_caller]
fn refuses(ran: Ran, code: &str) {
    let ran = ran.ended(1);
    assert!(ran.said.contains(&format!("[{code}]")), "{code} is not in:\n{}", ran.said);
}

#[test]
fn what_can_not_be_used_is_refused_by_a_code() {
    let site = Site::new();
    site.mdc(&["observe", "-o", "snapshot.json"]).ended(0);
    site.mdc(&["plan", "-o", "plan.json"]).ended(0);
    let manifest = fs::read_to_string(site.path("mdc.toml")).unwrap();
    let other = manifest.replace("name = \"quickstart\"", "name = \"another\"");
    assert_ne!(manifest, other);
    fs::write(site.path("other.toml"), other).unwrap();
    fs::write(site.path("rules.rego"), "package main\ndeny contains {").unwrap();
    fs::create_dir(site.path("own")).unwrap();
    fs::write(site.path("own/runbook.md.hbs"), "{{oops}}").unwrap();
    let twin = ["rehearse", "plan.json", "--twin", "snapshot.json", "-o", "evidence.json"];
    let asked: [(&[&str], &str); 11] = [
        (&twin, "cli::unfit"),
        (&["apply", "--yes", "--load"], "cli::setting-missing"),
        (&["generate", "schemas", "mdc.toml"], "file::unusable"),
        (&["generate", "schemas", "--check", "schemas"], "file::outdated"),
        (&["apply", "plan.json", "--yes", "--only", "file-storage"], "plan::part"),
        (&["plan", "other.toml", "--snapshot", "snapshot.json"], "snapshot::other-cluster"),
        (&["emit", "plan.json", "-o", "packages"], "emit::folder"),
        (&["emit", "plan.json", "-o", "out", "--templates", "own"], "emit::template"),
        (&["approve", "plan.json"], "signature::not-signed"),
        (&["policy", "plan.json", "rules.rego"], "policy::rules"),
        (&["finalise", "--approved", "plan.json"], "finalise::not-now"),
    ];
    for (arguments, code) in asked {
        refuses(site.mdc(arguments), code);
        site.mdc(&["explain", code]).ended(0);
    }
    let mut rehearse =
        site.command(&["rehearse", "--twin", "snapshot.json", "-o", "evidence.json"]);
    let nowhere = rehearse.env("TMPDIR", "/nonexistent").output().unwrap();
    refuses(Ran::of(&nowhere), "rehearsal::twin");
    let mut explain = site.command(&["explain"]);
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = explain.stdout(full).stderr(Stdio::piped()).output().unwrap();
    refuses(Ran::of(&output), "cli::output");
}

#[test]
fn a_package_without_its_service_is_told_by_a_code() {
    let site = Site::new();
    site.mdc(&["apply", "--yes"]).ended(0);
    let mut host = site.host("identity-01");
    host["units"]["md-cluster-identity-service"]["state"] = json!("absent");
    site.write("identity-01", &host);
    let told = "the host has no service md-cluster-identity-service";
    site.mdc(&["plan"]).tells(&[told, "(host::no-service)"]);
}

#[test]
fn what_a_run_stands_against_is_told_by_a_code() {
    let site = Site::new();
    let plan = ["apply", "plan.json", "--yes"];
    site.mdc(&["plan", "-o", "plan.json"]).ended(0);
    let key = "install:md-cluster-identity-service";
    site.fault("identity-01", key, &json!({ "says": "no space left on device" }));
    site.mdc(&plan).ended(1);
    let other = site.sharing();
    refuses(other.mdc(&["apply", "--yes"]), "run::elsewhere");
    let changed = site.copy();
    changed.edit("at-once = 2", "at-once = 1");
    changed.mdc(&["plan", "-o", "other.json"]).ended(0);
    refuses(changed.mdc(&["apply", "other.json", "--yes"]), "run::unfinished");
    let mut host = changed.host("control-01");
    host["faults"]["unreachable"] = json!("no route to host");
    changed.write("control-01", &host);
    let from_host = ["resume", "--yes", "--from-host", "control-01"];
    // The run that is given up leaves its record on a host that nobody reaches.
    let given_up = changed.copy();
    let ran = given_up.mdc(&["apply", "--yes", "--give-up", "another night"]);
    ran.tells(&["warning[run::left-behind]", "left on control-01 stays there"]);
    changed.forget();
    refuses(changed.mdc(&from_host), "host::unreachable");

    site.mend("identity-01");
    site.mdc(&["resume", "--yes"]).ended(0);
    refuses(site.mdc(&plan), "plan::repeated");
    site.mdc(&["plan", "-o", "nothing.json"]).ended(0);
    refuses(site.mdc(&["approve", "nothing.json", "--print"]), "approval::nothing");
    let moved = site.copy();
    moved.edit("at-once = 2", "at-once = 1");
    let of = ["rehearse", "--of", "newest", "-o", "evidence.json"];
    refuses(moved.mdc(&of), "evidence::other-manifest");
    let run = fs::read_dir(site.path(".mdc/runs")).unwrap().next().unwrap().unwrap().path();
    let spoiled = site.copy();
    let journal = run.strip_prefix(site.path("")).unwrap().join("journal.jsonl");
    fs::write(spoiled.path("").join(journal), "{}\n{}\n").unwrap();
    refuses(spoiled.mdc(&["resume", "--yes"]), "run::record");
    spoiled.mdc(&["history", "--durations"]).tells(&["warning[run::unread]", "is left out"]);
    assert!(site.mdc(&["rollback", "--yes"]).said.contains("quickstart"));
    refuses(site.mdc(&["rollback", "--yes"]), "run::no-way-back");
}

#[test]
fn a_run_at_work_is_told_by_a_code() {
    let site = Site::new();
    site.edit("speed = 0", "speed = 2");
    let mut first = site.start_quietly(&["apply", "--yes"]);
    // The lease is taken before the run is recorded.
    while !site.path(".mdc/runs").exists() {
        assert_eq!(first.try_wait().unwrap(), None, "it ended before it began");
        std::thread::yield_now();
    }
    refuses(site.mdc(&["apply", "--yes"]), "run::locked");
    first.kill().unwrap();
    first.wait().unwrap();
}

/// A catalog in which two components need each other, of which one is missing and the other moves.
#[test]
fn what_has_no_order_is_told_by_a_code() {
    let site = Site::new();
    fs::remove_dir_all(site.path(".mdc")).unwrap();
    site.edit("\nworker = \"2.8.0\"\n", "\n");
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/src/catalog/components");
    let text = fs::read_to_string(format!("{root}/control-center/component.toml")).unwrap();
    let needs = text.replacen("\nneeds = [\n", "\nneeds = [\n  { component = \"worker\" },\n", 1);
    assert_ne!(text, needs);
    fs::create_dir_all(site.path("catalog/control-center")).unwrap();
    fs::write(site.path("catalog/control-center/component.toml"), needs).unwrap();
    refuses(site.mdc(&["plan", "--catalog", "catalog"]), "plan::no-order");
}
