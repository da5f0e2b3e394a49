//! People interrupt, pause, leave out, and work at the same time.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command};

use serde_json::json;

use crate::site::{Ran, Site};

#[test]
fn what_is_left_out_is_owed_until_it_is_done() {
    let site = Site::new();
    let ran =
        site.mdc(&["apply", "--yes", "--skip", "core-03", "--because", "its disk is changed"]);
    assert!(ran.said.contains("owed"), "{}", ran.said);
    assert!(site.log("core-03").is_empty());
    let skipped: Vec<_> =
        site.journal().into_iter().filter(|entry| entry.get("skipped").is_some()).collect();
    assert!(!skipped.is_empty());
    let status = site.mdc(&["status"]).ended(0);
    assert!(
        status.said.contains("core-03/md-core/upgrade: its disk is changed"),
        "{}",
        status.said
    );
    assert!(skipped[0]["skipped"]["reason"].as_str().unwrap().contains("its disk is changed"));
    site.mdc(&["resume", "--yes", "--debts"]).ended(0);
    assert!(!site.mdc(&["status"]).ended(0).said.contains("owes"));
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    assert_eq!(site.log("core-03")["install:md-core"], 1);
}

#[test]
fn a_part_keeps_the_order() {
    let site = Site::new();
    let ran = site.mdc(&["apply", "--yes", "--only", "file-storage"]).ended(1);
    assert!(ran.said.contains("comes after") && ran.said.contains("do "), "{}", ran.said);
    let ran = site.mdc(&["apply", "--yes", "--only", "nothing-01"]).ended(1);
    assert!(ran.said.contains("no step of this plan concerns `nothing-01`"), "{}", ran.said);
    assert!(site.log("storage-01").is_empty());
}

/// What is refused before anything is done: the words after it are said.
#[track_caller]
fn refuses(site: &Site, skip: &str, words: &[&str]) {
    let ran = site.mdc(&["apply", "--yes", "--skip", skip]).ended(1);
    for word in words {
        assert!(ran.said.contains(word), "--skip {skip}: {word:?} is not in:\n{}", ran.said);
    }
    for host in ["identity-01", "core-02", "db-01", "storage-01"] {
        assert!(site.log(host).is_empty(), "--skip {skip}: {host} was touched");
    }
}

#[test]
fn no_gate_is_left_out_before_what_it_guards() {
    let site = Site::new();
    site.edit("[gates.idle]", "[gates.confirm.worker]\ntext = \"stop\"\n\n[gates.idle]");
    let plan = site.plan();
    let gates = ["prove-backup", "await-idle", "await-healthy", "confirm", "keep-healthy"];
    for gate in gates {
        let steps = plan["steps"].as_array().unwrap();
        let step = steps.iter().find(|step| step["action"] == gate);
        let id = step.unwrap_or_else(|| panic!("no {gate}"))["id"].as_str().unwrap();
        let passed = format!("may begin only when {id} is passed, which would be left out");
        refuses(&site, id, &[&passed, "a gate is left out only together with all that it guards"]);
    }
    // With what comes after it, it may be left out.
    let skip = "db-01/postgresql/prove-backup,postgresql,rabbitmq,redis,file-storage";
    let ran = site.mdc(&["apply", "--yes", "--confirm", "worker", "--skip", skip]).ended(1);
    assert!(ran.said.contains("owed") && site.log("db-01").is_empty(), "{}", ran.said);
}

#[test]
fn the_gates_of_a_host_that_is_left_out_are_passed() {
    let site = Site::new();
    let fault = json!({ "says": "7", "times": 1 });
    site.fault("core-02", "await-idle:ometascan", &fault);
    site.edit("every = \"1ms\"", "every = \"10ms\"\nwithin = \"50ms\"");
    site.mdc(&["apply", "--yes", "--skip", "core-02"]).ended(1);
    let looked =
        |entry: &&serde_json::Value| entry["result"]["step"] == "core-02/md-core/await-idle";
    assert!(site.journal().iter().any(|entry| looked(&entry)), "core-02 was not asked");
}

#[test]
fn nothing_goes_ahead_of_what_it_needs_on_its_own_host() {
    let site = Site::new();
    let needs = "core-02/md-core/upgrade needs worker on the same host, and core-02/worker/upgrade";
    refuses(&site, "core-02/worker", &[needs, "leave core-02/md-core out as well"]);
    refuses(&site, "hook-01/worker/upgrade", &["hook-01/callback-service/upgrade needs worker"]);
    site.mdc(&["apply", "--yes", "--skip", "core-02/worker,core-02/md-core"]).ended(1);
    assert_eq!(site.log("core-03")["install:md-core"], 1);
    assert!(!site.log("core-02").contains_key("install:md-core"));
}

#[test]
fn a_lost_laptop_loses_nothing() {
    let fresh = Site::new();
    let undisturbed = fresh.copy();
    undisturbed.mdc(&["apply", "--yes"]).ended(0);
    for (host, key) in [
        ("identity-01", "install:md-cluster-identity-service"),
        ("core-02", "await-health:ometascan"),
        ("storage-01", "check-unit:md-cluster-file-storage"),
    ] {
        let lost = fresh.copy();
        lost.fault(host, key, &json!({ "says": "", "times": 1, "kill": "during" }));
        assert_eq!(lost.mdc(&["apply", "--yes"]).status, None);
        // Another controller has the manifest and the hosts, and nothing of the runs.
        let other = lost.copy();
        other.forget();
        let ran = other.mdc(&["apply", "--yes"]).ended(1);
        assert!(ran.said.contains("was begun from another controller"), "{}", ran.said);
        assert!(ran.said.contains("mdc resume --from-host control-01"), "{}", ran.said);
        other.mdc(&["resume", "--yes", "--from-host", "control-01"]).ended(0);
        other.is_as(&undisturbed, key);
        assert!(other.log(host).values().all(|times| *times == 1), "{:?}", other.log(host));
        // And the laptop that turns up again learns that it is over.
        let survey = other.mdc(&["apply", "--yes"]).ended(0);
        assert!(survey.said.contains("Nothing to do"), "{}", survey.said);
    }
}

#[test]
fn hosts_keep_what_is_owed_until_a_newer_run_begins() {
    let site = Site::new();
    site.mdc(&["apply", "--yes", "--skip", "core-02"]).ended(1);
    let other = site.copy();
    other.forget();
    let ran = other.mdc(&["apply", "--yes"]).ended(1);
    assert!(ran.said.contains("is not over, or owes steps"), "{}", ran.said);
    site.mdc(&["apply", "--yes"]).ended(0);
    let other = site.copy();
    other.forget();
    let ran = other.mdc(&["apply", "--yes"]).ended(0);
    assert!(ran.said.contains("Nothing to do"), "{}", ran.said);
}

#[test]
fn a_laptop_that_slept_can_not_go_on() {
    let site = Site::new();
    site.edit("speed = 0", "speed = 2");
    let mut child = site.start(&["apply", "--yes"]);
    let mut said = await_line(&mut child, "upgrade identity-service on identity-01: install");
    // A simulated host is one file, which nobody else reads while its lock is held.
    let locks = || fs::read_dir(site.path(".mdc/fleet")).unwrap().map(|it| it.unwrap().path());
    let is_free = |lock: &PathBuf| {
        Command::new("flock").arg("-n").arg(lock).arg("true").status().unwrap().success()
    };
    loop {
        signal(&child, "STOP");
        if locks().filter(|it| it.extension().is_some_and(|it| it == "lock")).all(|it| is_free(&it))
        {
            break;
        }
        signal(&child, "CONT");
    }
    // Somebody else takes over, by force and with a reason, from a state that knows nothing of it.
    let other = site.sharing();
    let ran = other.mdc(&["apply", "--yes"]).ended(1);
    assert!(ran.said.contains("begun from another controller"), "{}", ran.said);
    let from = ["resume", "--yes", "--from-host", "control-01", "--take-over", "it fell asleep"];
    other.mdc(&from).ended(0);
    signal(&child, "CONT");
    let output = child.wait_with_output().unwrap();
    said += &String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the host obeys a newer lease"), "{said}");
    other.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn twenty_at_once_are_one() {
    let site = Site::new();
    let children: Vec<_> = (0..20).map(|_| site.start(&["apply", "--yes"])).collect();
    let ran: Vec<Ran> =
        children.into_iter().map(|child| Ran::of(&child.wait_with_output().unwrap())).collect();
    let done = ran.iter().filter(|ran| ran.status == Some(0)).count();
    assert!(done >= 1, "{ran:#?}");
    for other in ran.iter().filter(|ran| ran.status != Some(0)) {
        assert!(other.said.contains("another mdc is at work"), "{}", other.said);
    }
    for host in ["core-01", "db-01", "storage-01"] {
        assert!(site.log(host).values().all(|times| *times == 1), "{:?}", site.log(host));
    }
}

#[test]
fn interrupted_once_it_ends_cleanly_and_twice_it_cancels() {
    for (times, word) in [(1, "stopping"), (2, "ending")] {
        let site = Site::new();
        site.edit("speed = 0", "speed = 1");
        let mut child = site.start(&["apply", "--yes"]);
        let mut said = await_line(&mut child, "install ");
        for _ in 0..times {
            assert!(
                Command::new("kill")
                    .args(["-INT", &child.id().to_string()])
                    .status()
                    .unwrap()
                    .success()
            );
            said += &await_line(&mut child, if times == 1 { "stopping" } else { "" });
        }
        let output = child.wait_with_output().unwrap();
        said += &String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(word), "{said}");
        site.edit("speed = 1", "speed = 0");
        site.mdc(&["resume", "--yes"]).ended(0);
        site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    }
}

/// The steps whose turn did not come before the run stopped.
pub(crate) fn not_begun(site: &Site) -> Vec<String> {
    let results = site.journal().into_iter().map(|mut entry| entry["result"].take());
    let results = results.filter(|result| result["outcome"] == "not-begun");
    results.map(|result| result["step"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn copies_that_wait_for_room_have_not_failed_when_the_run_stops() {
    let site = Site::new();
    let before = "# What this cluster does differently from the catalog.\n";
    site.edit(before, &format!("[copying]\nfiles = 1\n\n{before}"));
    site.edit("speed = 0", "speed = 1");
    for host in site.state().into_keys() {
        let mut slow = site.host(&host);
        slow["durations"]["bytes-per-second"] = json!(1000);
        site.write(&host, &slow);
    }
    let mut child = site.start(&["apply", "--yes"]);
    await_line(&mut child, ": copy ");
    signal(&child, "INT");
    let ran = Ran::of(&child.wait_with_output().unwrap()).ended(1);
    let waited = not_begun(&site);
    assert!(waited.len() > 2, "{waited:?}: {}", ran.said);
    let title = |step: &String| {
        let parts: Vec<&str> = step.split('/').collect();
        format!("stopped {} {} on {}: not begun", parts[2], parts[1], parts[0])
    };
    let titles: Vec<String> = waited.iter().map(title).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let ran = ran.tells(&titles).tells(&[" 0 failed"]);
    assert!(!ran.said.contains("✗ Failed"), "{}", ran.said);
    let told = site.mdc(&["report", "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&told.said).unwrap();
    let steps = told["steps"].as_array().unwrap();
    for step in &waited {
        let account = steps.iter().find(|it| it["step"] == *step).unwrap();
        assert_eq!(account["tries"], json!([]), "{account}");
    }
    site.edit("speed = 1", "speed = 0");
    site.mdc(&["resume", "--yes"]).ended(0);
    for step in &waited {
        assert_eq!(site.begun().iter().filter(|begun| *begun == step).count(), 2, "{step}");
    }
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

pub(crate) fn signal(child: &Child, name: &str) {
    let (name, id) = (format!("-{name}"), child.id().to_string());
    assert!(Command::new("kill").args([name, id]).status().unwrap().success());
}

/// Reads the child's standard error up to a line with `word`.
pub(crate) fn await_line(child: &mut Child, word: &str) -> String {
    use std::io::Read;
    let stderr = child.stderr.as_mut().unwrap();
    let (mut said, mut byte) = (String::new(), [0]);
    while stderr.read(&mut byte).unwrap() == 1 {
        said.push(char::from(byte[0]));
        if byte[0] == b'\n' && said.lines().last().unwrap_or_default().contains(word) {
            break;
        }
    }
    said
}
