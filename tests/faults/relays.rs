//! One host of a site gives package files to the others: once over the controller's line, by a key that is
//! nowhere afterwards.

use std::collections::BTreeMap;
use std::fs;

use mdc::transport::Task;
use mdc::value::Digest;
use serde_json::{Value, json};

use crate::hosts::deb;
use crate::people::not_begun;
use crate::site::{Ran, Site};

const SITES: [(&str, &str, &[&str]); 2] = [
    ("a", "core-01", &["core-02", "core-03", "core-04"]),
    ("b", "hook-01", &["gate-01", "gate-02"]),
];

/// The quickstart with two sites, each with a relay; the second one has another system than those that it
/// feeds.
fn site(more: &str) -> Site {
    let site = Site::new();
    let relays = format!(
        "[copying]\nlabel = \"zone\"\n\n[copying.relays.a]\nhost = \"core-01\"\n{more}\n\
         [copying.relays.b]\nhost = \"hook-01\"\n{more}\n"
    );
    let before = "# What this cluster does differently from the catalog.\n";
    site.edit(before, &format!("{relays}\n{before}"));
    site
}

/// How often each file came to the hosts in this way, by its path.
fn came(site: &Site, word: &str, hosts: &[&str]) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for (key, times) in hosts.iter().flat_map(|host| site.log(host)) {
        if let Some(path) = key.strip_prefix(&format!("{word}:")) {
            *all.entry(path.to_owned()).or_default() += times;
        }
    }
    all
}

/// No host has a key, or lets one in.
fn no_key_is_left(site: &Site) {
    for (host, state) in site.state() {
        assert!(state.get("keys").is_none() && state.get("admitted").is_none(), "{host}: {state}");
    }
}

/// The path of the file that a step of the plan brings.
fn path(plan: &Value, id: &str) -> String {
    let steps = plan["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["id"] == id).unwrap();
    let commands = step["commands"].as_array().unwrap();
    let path = commands.iter().find_map(|it| it["task"]["relay"]["pull-file"]["path"].as_str());
    path.unwrap().to_owned()
}

#[test]
fn each_file_goes_to_a_site_once_and_no_key_is_left() {
    let undisturbed = Site::new();
    undisturbed.mdc(&["apply", "--yes"]).ended(0);
    let site = site("");
    site.mdc(&["plan", "--detail", "summary"]).ended(0).tells(&[
        "relay a: core-01 feeds core-[02..03];",
        "relay b: hook-01 feeds gate-01;",
        "from the controller",
        "within the site",
    ]);
    site.mdc(&["plan"]).ended(0).tells(&["from core-01", "feeds core-[02..03]"]);
    site.mdc(&["apply", "--yes"]).ended(0);
    site.is_as(&undisturbed, "with relays");
    no_key_is_left(&site);
    for (name, relay, fed) in SITES {
        assert!(came(&site, "receive", fed).is_empty(), "{name}: they get nothing by the line");
        let sent = came(&site, "receive", &[relay]);
        assert!(sent.values().all(|times| *times == 1), "{name}: {sent:?}");
        let given = came(&site, "pull", fed);
        assert!(!given.is_empty() && given.keys().all(|path| sent.contains_key(path)), "{name}");
    }
    let cleared = came(&site, "drop", &["hook-01"]);
    assert!(!cleared.is_empty(), "what the relay doesn't need goes from it");
    assert!(came(&site, "drop", &["core-01"]).is_empty(), "and nothing else does");
}

#[test]
fn files_come_days_before_by_relays_too() {
    let site = site("");
    site.plan();
    site.mdc(&["stage", "--yes", "plan.json"]).ended(0);
    no_key_is_left(&site);
    let sent = || SITES.map(|(_, relay, _)| came(&site, "receive", &[relay]));
    let before = sent();
    assert!(before.iter().all(|site| !site.is_empty()));
    site.mdc(&["plan", "--detail", "summary"]).ended(0).tells(&["0 bytes from the controller"]);
    site.mdc(&["check", "plan.json"]).ended(0).tells(&["Both mean the same"]);
    site.mdc(&["apply", "--yes", "plan.json"]).ended(0).tells(&["0 bytes to copy"]);
    assert_eq!(sent(), before, "nothing was sent again");
    for (_, _, fed) in SITES {
        assert!(came(&site, "pull", fed).values().all(|times| *times <= fed.len()));
    }
}

#[test]
fn a_key_is_nowhere_when_the_controller_died_and_another_goes_on() {
    for moment in ["before", "during"] {
        for key in ["offer-key", "lend", "admit-key", "pull", "dismiss-key"] {
            let site = site("");
            let plan = site.plan();
            let path = path(&plan, "core-03/md-core/copy");
            let host = if ["offer-key", "pull"].contains(&key) { "core-03" } else { "core-01" };
            let fault = json!({ "says": "", "times": 1, "kill": moment });
            site.fault(host, &format!("{key}:{path}"), &fault);
            let killed = site.mdc(&["apply", "--yes", "plan.json"]);
            assert_eq!(killed.status, None, "{key} {moment}: {}", killed.said);
            site.mend(host);
            site.mdc(&["resume", "--yes"]).ended(0);
            no_key_is_left(&site);
            let sent = came(&site, "receive", &["core-02", "core-03", "core-04"]);
            assert!(sent.is_empty(), "{key} {moment}: {sent:?}");
        }
    }
}

#[test]
fn a_relay_that_fails_stops_the_copy_unless_the_manifest_says_otherwise() {
    for (otherwise, status) in [("", 1), ("otherwise = \"controller\"\n", 0)] {
        for (key, host) in [("pull", "core-02"), ("lend", "core-01")] {
            let site = site(otherwise);
            let plan = site.plan();
            let path = path(&plan, "core-02/md-core/copy");
            let fault = json!({ "says": "what came is another file" });
            site.fault(host, &format!("{key}:{path}"), &fault);
            let ran = site.mdc(&["apply", "--yes", "plan.json"]).ended(status);
            let ran = ran.tells(&["what came is another file"]);
            no_key_is_left_on(&site, "core-01");
            let sent = came(&site, "receive", &["core-02"]);
            if status == 0 {
                assert_eq!(sent.get(&path), Some(&1), "{key}");
                ran.tells(&["not by the relay, but by the controller"]);
                continue;
            }
            assert!(sent.is_empty(), "{key}: nothing goes over the line unasked");
            assert!(
                site.begun().iter().all(|step| !step.ends_with("/upgrade")),
                "{key}: nothing was changed"
            );
            site.mend(host);
            site.mdc(&["resume", "--yes"]).ended(0);
            no_key_is_left(&site);
        }
    }
}

#[test]
fn what_is_wrong_elsewhere_than_on_the_relay_sends_nothing_over_the_line() {
    let site = site("otherwise = \"controller\"\n");
    let path = path(&site.plan(), "core-02/md-core/copy");
    let fault = json!({ "says": "ssh-keygen: not found" });
    site.fault("core-02", &format!("offer-key:{path}"), &fault);
    let ran = site.mdc(&["apply", "--yes", "plan.json"]).ended(1);
    let ran = ran.tells(&["ssh-keygen: not found"]);
    assert!(came(&site, "receive", &["core-02"]).is_empty(), "{}", ran.said);
    assert!(!ran.said.contains("not by the relay"), "{}", ran.said);
}

fn no_key_is_left_on(site: &Site, host: &str) {
    assert!(site.host(host).get("admitted").is_none(), "{host}");
}

#[test]
fn scripts_to_be_carried_out_by_hand_know_no_relays() {
    let site = site("otherwise = \"controller\"\n");
    site.plan();
    site.mdc(&["emit", "plan.json", "-o", "by-hand"]).ended(0);
    let script = fs::read_to_string(site.path("by-hand/hosts/core-02/run.sh"));
    let script = script.unwrap_or_else(|_| {
        let folder = fs::read_dir(site.path("by-hand/hosts/core-02")).unwrap();
        let scripts = folder.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        scripts.map(|path| fs::read_to_string(path).unwrap()).collect()
    });
    assert!(script.contains("only a part of it came"), "{script}");
    assert!(!script.contains("mdc-relay"), "{script}");
}

#[test]
fn a_relay_that_is_out_of_reach_or_too_small_is_told_before_anything_is_sent() {
    let site = site("");
    let mut host = site.host("gate-01");
    host["faults"]["unreachable-ports"] = json!(["10.0.2.21:22"]);
    site.write("gate-01", &host);
    let why = ["gate-01 can't reach 10.0.2.21:22,", "hook-01 gives package files"];
    let ran = site.mdc(&["apply", "--yes"]).ended(1).tells(&why);
    let help = ran.said.lines().find(|line| line.contains("or name another relay")).unwrap();
    assert!(!help.trim().contains("  "), "{help}");
    site.mend("gate-01");
    let mut host = site.host("hook-01");
    host["free-disk"] = json!(100_u64 << 20);
    site.write("hook-01", &host);
    site.mdc(&["stage", "--yes"]).ended(1).tells(&["hook-01 has too little room"]);
    host["free-disk"] = json!(50_u64 << 30);
    host["faults"]["unreachable"] = json!("no route");
    site.write("hook-01", &host);
    let why = "hook-01, the relay of the site b, could not be read";
    site.mdc(&["plan"]).ended(0).tells(&[why, "(plan::relay-unread)"]);
}

#[test]
fn a_plan_that_was_changed_to_run_something_else_on_a_relay_is_refused() {
    let site = site("");
    site.plan();
    let path = site.path("plan.json");
    let mut plan = mdc::plan::parse(&fs::read(&path).unwrap()).unwrap();
    let feeder = plan.steps.iter_mut().find_map(|step| step.feeder.as_mut()).unwrap();
    let relay = feeder.host.clone();
    let mut commands = feeder.commands.to_vec();
    commands[0].task = Task::StartUnit { unit: "x".to_owned() };
    feeder.commands = commands.into();
    plan.seal = plan.digest();
    mdc::plan::write(&plan, &mut fs::File::create(&path).unwrap()).unwrap();
    let why = format!("is fed by {relay}, which is to start x");
    site.mdc(&["apply", "--yes", "plan.json"]).ended(1).tells(&[&why]);
    assert!(site.log(relay.as_str()).is_empty(), "nothing was done");
}

#[test]
fn a_relay_is_no_changed_host_of_what_it_does_not_run() {
    let site = site("");
    let policy = "\n[components.api-gateway]\non-failure = { tolerate = \"50%\", retries = 0 }\n";
    site.edit("\n[components.md-core]", &format!("{policy}\n[components.md-core]"));
    let plan = site.plan();
    let verify = |step: &&Value| step["id"] == "gate-01/api-gateway/verify";
    let verify = plan["steps"].as_array().unwrap().iter().find(verify).unwrap();
    let gate = &verify["commands"][0]["task"]["await-healthy"];
    assert_eq!((&gate["at-least"], &gate["of"]), (&json!(2), &json!(2)), "of one, none may fail");
    let fault = json!({ "says": "dpkg: error processing package" });
    site.fault("gate-01", "install:md-cluster-api-gateway", &fault);
    site.mdc(&["apply", "--yes"]).ended(1);
    let begun = site.begun();
    assert!(begun.iter().any(|step| step == "gate-01/api-gateway/upgrade"), "{begun:?}");
    let later = begun.iter().find(|step| step.starts_with("db-01/") && step.ends_with("/upgrade"));
    assert_eq!(later, None, "the only gateway that changes has failed: {begun:?}");
}

#[test]
fn a_failed_copy_to_a_relay_begins_none_of_what_it_feeds() {
    for otherwise in ["", "otherwise = \"controller\"\n"] {
        let site = site(otherwise);
        let policy = "[components.md-core]\non-failure = { tolerate = \"50%\", retries = 0 }";
        site.edit("[components.md-core]", policy);
        let path = path(&site.plan(), "core-02/md-core/copy");
        site.fault("core-01", &format!("receive:{path}"), &json!({ "says": "disk full" }));
        let ran = site.mdc(&["apply", "--yes", "plan.json"]).ended(1);
        let begun = site.begun();
        assert!(begun.iter().any(|step| step == "core-01/md-core/copy"), "{begun:?}");
        for fed in ["core-02/md-core/copy", "core-03/md-core/copy"] {
            assert!(!begun.iter().any(|step| step == fed), "{fed}: {}", ran.said);
        }
        site.mend("core-01");
        site.mdc(&["resume", "--yes"]).ended(0);
    }
}

#[test]
fn a_relay_gets_nothing_for_those_who_have_it() {
    let site = site("");
    let fault = json!({ "says": "dpkg: error processing package" });
    site.fault("gate-01", "install:md-cluster-api-gateway", &fault);
    site.mdc(&["apply", "--yes"]).ended(1);
    site.mend("gate-01");
    let sent = || came(&site, "receive", &["hook-01"]);
    let before = sent();
    assert!(!before.is_empty());
    let plan = site.plan();
    let steps = plan["steps"].as_array().unwrap();
    let is_of_relay = |step: &&Value| ["relay", "clear"].map(Into::into).contains(&step["action"]);
    assert_eq!(steps.iter().find(is_of_relay), None, "gate-01 has all of it");
    // What is gone by then comes over the line only by a plan that says so.
    let mut host = site.host("gate-01");
    let path = path(&plan, "gate-01/api-gateway/copy");
    assert!(host["files"].as_object_mut().unwrap().remove(&path).is_some());
    host["sizes"].as_object_mut().unwrap().remove(&path);
    site.write("gate-01", &host);
    let apply = ["apply", "--yes", "--give-up", "a new plan"];
    let ran = site.mdc(&[&apply[..], &["plan.json"]].concat()).ended(1);
    ran.tells(&["make the plan anew"]);
    assert_eq!(sent(), before);
    assert!(came(&site, "receive", &["gate-01"]).is_empty());
    site.mdc(&apply).ended(0);
    assert_eq!(sent().values().sum::<usize>(), before.values().sum::<usize>() + 1);
    no_key_is_left(&site);
}

#[test]
fn who_waits_for_the_relay_when_the_run_stops_is_not_begun() {
    let site = site("otherwise = \"controller\"\n");
    // More than one relay serves at once.
    site.edit("core-[01..04]", "core-[01..12]");
    site.edit("10.0.1.[11..14]", "10.0.1.[11..22]");
    site.mdc(&["observe"]).ended(0);
    let fed: Vec<String> = (2..=12).map(|number| format!("core-{number:02}")).collect();
    let fed: Vec<&str> = fed.iter().map(String::as_str).collect();
    site.edit("speed = 0", "speed = 1");
    for host in &fed {
        let mut slow = site.host(host);
        slow["durations"]["bytes-per-second"] = json!(300);
        site.write(host, &slow);
    }
    let mut child = site.start(&["apply", "--yes"]);
    crate::people::await_line(&mut child, "on core-12: get ");
    crate::people::signal(&child, "INT");
    let ran = Ran::of(&child.wait_with_output().unwrap()).ended(1);
    assert!(came(&site, "receive", &fed).is_empty(), "nothing goes over the line: {}", ran.said);
    let waited = not_begun(&site);
    assert!(waited.iter().any(|step| step.starts_with("core-")), "{waited:?}: {}", ran.said);
    assert!(!ran.said.contains("failed:"), "{}", ran.said);
    site.edit("speed = 1", "speed = 0");
    site.mdc(&["resume", "--yes"]).ended(0);
    no_key_is_left(&site);
}

#[test]
fn the_commands_of_a_relay_stand_where_they_run() {
    let site = site("");
    site.plan();
    let step = ["plan.json", "core-02/md-core/copy"];
    let order = [
        "# look for",
        "# make a key",
        "# on core-01, check",
        "# on core-01, let a key read",
        "# get md-core",
        "# on core-01, let the key read",
        "# rehearse",
    ];
    let said = site.mdc(&["explain", step[0], step[1]]).ended(0);
    let places = order.map(|word| said.said.find(word).unwrap_or_else(|| panic!("{word}")));
    assert!(places.is_sorted(), "{places:?}: {}", said.said);
    said.tells(&[
        "from core-01, the relay of the site a",
        "copy md-core on core-01: it brings the file that this one gets from there",
    ]);
}

#[test]
fn a_key_that_stays_is_told_as_such() {
    let site = site("");
    let path = path(&site.plan(), "core-02/md-core/copy");
    site.fault("core-01", &format!("dismiss-key:{path}"), &json!({ "says": "read-only" }));
    let ran = site.mdc(&["apply", "--yes", "plan.json"]).ended(0);
    assert!(
        ran.said.contains(" key left core-01: the key of copy md-core on core-02"),
        "{}",
        ran.said
    );
    assert!(!ran.said.contains(" instead "), "{}", ran.said);
}

/// What a relay gave away is cleared before the gates of stage 2 also where nothing of stage 1 is left to
/// change, and the plan's file is read again.
#[test]
fn a_relay_is_cleared_before_stage_2_also_when_nothing_else_is_changed_before_it() {
    let site = Site::new();
    let stage_2 = "db-01,queue-01,storage-01";
    site.mdc(&["apply", "--yes", "--skip", stage_2, "--because", "it is for tonight"]).ended(1);
    let (package, bytes) =
        ("packages/redis-server_7.2.11-1_all.deb", deb("redis-server", "5:7.2.11"));
    fs::write(site.path(package), &bytes).unwrap();
    let from = "packages.deb = { repository = \"redis-server\" }";
    let to =
        format!("packages.deb = {{ file = \"{package}\", sha256 = \"{}\" }}", Digest::of(&bytes));
    let release = fs::read_to_string(site.path("release-b.toml")).unwrap();
    assert!(release.contains(from));
    fs::write(site.path("release-b.toml"), release.replace(from, &to)).unwrap();
    let relay = "[copying]\nlabel = \"zone\"\n\n[copying.relays.c]\nhost = \"db-01\"\n\n";
    site.edit("[hosts.db-01]\n", &format!("{relay}[hosts.db-01]\nlabels = {{ zone = \"c\" }}\n"));
    site.edit("[hosts.queue-01]\n", "[hosts.queue-01]\nlabels = { zone = \"c\" }\n");
    let plan = site.plan();
    let steps = plan["steps"].as_array().unwrap();
    let place = |wanted: &dyn Fn(&Value) -> bool| steps.iter().position(wanted).unwrap();
    let clears = place(&|step| step["action"] == "clear");
    assert!(clears < place(&|step| step["stage"] == "critical"));
    assert!(steps.is_sorted_by_key(|step| step["wave"].as_u64()));
    site.mdc(&["apply", "--yes", "plan.json"]).ended(0);
    no_key_is_left(&site);
}
