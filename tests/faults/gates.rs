//! The gates before stage 2: each one refuses, times out where it waits, and passes; and is passed again
//! when a run is gone on with later.

use std::fs;
use std::thread;
use std::time::Duration;

use jiff::{ToSpan, Zoned};
use serde_json::{Value, json};

use crate::people::{await_line, signal};
use crate::site::{Ran, Site};

/// Whether stage 2 has changed anything.
fn is_untouched(site: &Site) -> bool {
    ["db-01", "queue-01", "storage-01"]
        .iter()
        .all(|host| site.log(host).keys().all(|key| !key.starts_with("install:")))
}

#[track_caller]
fn stops(ran: Ran, site: &Site, words: &[&str]) {
    let ran = ran.ended(1);
    for word in words {
        assert!(ran.said.contains(word), "{word:?} is not in:\n{}", ran.said);
    }
    assert!(is_untouched(site), "{}", ran.said);
}

fn goes_on(site: &Site, arguments: &[&str]) -> Ran {
    let ran = site.mdc(arguments).ended(0);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    ran
}

pub(crate) fn left(site: &Site, host: &str, unit: &str, left: u64) {
    let mut file = site.host(host);
    file["units"][unit]["left"] = left.into();
    site.write(host, &file);
}

#[test]
fn stage_2_waits_until_nothing_is_left_to_do() {
    let fresh = Site::new();
    fresh.edit("every = \"1ms\"", "every = \"10ms\"\nwithin = \"300ms\"");
    // What is left gets less with every question.
    let drained = fresh.copy();
    left(&drained, "queue-01", "rabbitmq-server", 3);
    let ran = goes_on(&drained, &["apply", "--yes"]);
    assert!(
        ran.said.contains("rabbitmq-server has 0 left to do, 3 times in a row"),
        "{}",
        ran.said
    );
    // Too much for the time that there is.
    left(&fresh, "core-02", "ometascan", 1_000_000);
    let ran = fresh.mdc(&["apply", "--yes"]);
    stops(ran, &fresh, &["given up after 300ms; the last value was: 99", "stop submissions"]);
    left(&fresh, "core-02", "ometascan", 0);
    goes_on(&fresh, &["resume", "--yes"]);
}

/// What comes back while others are waited for, or while backups are taken, is seen before the first change.
#[test]
fn stage_2_begins_only_when_nothing_is_left_anywhere_at_the_same_time() {
    let site = Site::new();
    site.edit("every = \"1ms\"", "every = \"10ms\"");
    // It keeps the gates waiting, and gets less with every question.
    left(&site, "core-02", "ometascan", 500);
    let mut run = site.start_quietly(&["apply", "--yes", "--events", "events.jsonl"]);
    let is_passed = || {
        site.path(".mdc/runs").is_dir()
            && site
                .journal()
                .iter()
                .any(|entry| entry["result"]["step"] == "queue-01/rabbitmq/await-idle")
    };
    while !is_passed() {
        assert!(run.try_wait().unwrap().is_none(), "it ended before the queue was looked at");
        thread::sleep(Duration::from_millis(20));
    }
    left(&site, "queue-01", "rabbitmq-server", 3);
    assert!(run.wait().unwrap().success());
    let events = fs::read_to_string(site.path("events.jsonl")).unwrap();
    assert!(events.contains("rabbitmq on queue-01 has 2 left to do"), "{events}");
    let begun = site.begun();
    let place = |id: &str| begun.iter().position(|it| it == id).unwrap();
    let still = begun.iter().position(|id| id.ends_with("/still-idle")).unwrap();
    for gate in ["core-02/md-core/await-idle", "db-01/postgresql/prove-backup"] {
        assert!(place(gate) < still, "{begun:?}");
    }
    assert!(still < place("db-01/postgresql/upgrade"), "{begun:?}");
}

#[test]
fn the_last_look_comes_after_the_backups_that_a_plan_takes() {
    let site = Site::new();
    // PostgreSQL's backup is taken by the plan, after each was idle.
    site.edit("[gates.backup.postgresql]", "[gates.backup.postgresql]\ntake = \"in-plan\"");
    let plan = site.plan();
    let steps = plan["steps"].as_array().unwrap();
    let still = steps.iter().find(|step| step["action"] == "still-idle").unwrap();
    let after = still["after"].as_array().unwrap();
    assert!(after.contains(&json!("db-01/postgresql/prove-backup")), "{still}");
    let first = steps.iter().find(|step| step["id"] == "db-01/postgresql/upgrade").unwrap();
    assert!(first["after"].as_array().unwrap().contains(&still["id"]), "{first}");
    let asked = plan["asked"][still["id"].as_str().unwrap()].as_object().unwrap();
    assert_eq!(asked.len(), 5, "RabbitMQ and four cores: {asked:?}");
}

#[test]
fn stage_2_waits_for_a_probe_that_says_no_number() {
    let site = Site::new();
    site.edit("every = \"1ms\"", "every = \"10ms\"\nwithin = \"50ms\"");
    site.fault("queue-01", "await-idle:rabbitmq-server", &json!({ "says": "node down" }));
    let ran = site.mdc(&["apply", "--yes"]);
    stops(ran, &site, &["the last value was: no number: node down"]);
    site.mend("queue-01");
    goes_on(&site, &["resume", "--yes"]);
}

#[test]
fn stage_2_needs_evidence_of_backups() {
    let site = Site::new();
    site.fault("db-01", "prove-backup:postgresql", &json!({ "says": "that is older than 24h" }));
    let ran = site.mdc(&["apply", "--yes"]);
    stops(ran, &site, &["look for the backup of postgresql", "that is older than 24h"]);
    site.mend("db-01");
    goes_on(&site, &["resume", "--yes"]);
    // What vouches for it is in the record.
    let seen: Vec<Value> = site
        .journal()
        .into_iter()
        .filter(|entry| entry["result"]["step"] == "db-01/postgresql/prove-backup")
        .collect();
    let last = &seen.last().unwrap()["result"]["outcome"]["seen"];
    assert_eq!(last[0], "/var/backups/postgresql/*.dump, as simulated");
    let report = site.mdc(&["report"]).ended(0);
    assert!(
        report.said.contains("/var/backups/postgresql/*.dump, as simulated"),
        "{}",
        report.said
    );
    // Without a description of where it is, nothing of stage 2 is planned.
    let site = Site::new();
    let postgresql = "[gates.backup.postgresql]\nnewest = \"/var/backups/postgresql/*.dump\"\n\
                      max-age = \"24h\"\nprobe = 'pg_restore --list \"$1\"'\n";
    site.edit(postgresql, "");
    let ran = site.mdc(&["plan"]).ended(1);
    assert!(ran.said.contains("nobody shows a backup of `postgresql`"), "{}", ran.said);
    site.edit(
        "[components.md-core]",
        "[components.postgresql]\nbackup = \"none\"\n\n[components.md-core]",
    );
    site.mdc(&["plan"]).ended(0);
}

fn unreachable(site: &Site, host: &str) {
    let mut file = site.host(host);
    file["faults"] = json!({ "unreachable": "no route to host" });
    site.write(host, &file);
}

#[test]
fn stage_2_is_not_planned_while_a_host_is_unseen() {
    let fresh = Site::new();
    for unseen in [&["core-02"][..], &["core-01", "core-02", "core-03", "core-04"], &["hook-01"]] {
        let site = fresh.copy();
        for host in unseen {
            unreachable(&site, host);
        }
        let first =
            format!("stage 2 begins only when all hosts are seen, and {} can't be", unseen[0]);
        let ran = site.mdc(&["plan"]).ended(0);
        let said = ran.said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(&first) && said.contains("(preflight::unseen)"), "{}", ran.said);
        let number = if unseen.len() == 1 { "1 host" } else { "4 hosts" };
        let not = format!("Not complete: {number} unknown, 4 changes withheld.");
        let ran = site.mdc(&["apply", "--yes"]);
        stops(ran, &site, &[&not, "Mixed versions are left behind"]);
        assert_eq!(site.log("identity-01")["install:md-cluster-identity-service"], 1);
        for host in unseen {
            site.mend(host);
        }
        goes_on(&site, &["apply", "--yes"]);
    }
}

#[test]
fn a_waiver_lets_stage_2_begin_without_a_host() {
    let site = Site::new();
    unreachable(&site, "core-02");
    let waiver = "[[waivers]]\ncheck = \"preflight::unseen\"\nhost = \"core-02\"\n\
                  reason = \"it is gone\"\nuntil = \"2999-12-31\"\n";
    site.edit("[gates.idle]", &format!("{waiver}\n[gates.idle]"));
    let ran = site.mdc(&["apply", "--yes"]).ended(1);
    let words = [
        "Not complete: 1 host unknown.",
        "worker: 2.9.0 on core-01, core-03, core-04, gate-01, gate-02, hook-01; unknown on core-02",
        "md-core: 5.19.0 on core-01, core-03, core-04; unknown on core-02",
        "core-02 could not be read. Make it readable",
        "go on mdc apply mdc.toml",
        "go back mdc rollback mdc.toml",
    ];
    let said = ran.said.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in:\n{}", ran.said);
    }
    assert!(!said.contains("identity-service: "), "it is in one version:\n{}", ran.said);
    assert_eq!(site.log("storage-01")["install:md-cluster-file-storage"], 1);
}

#[test]
fn a_report_names_all_that_is_mixed_and_the_ways_on_and_back() {
    let site = Site::new();
    let fault = json!({ "says": "E: broken", "times": 9 });
    site.fault("core-02", "install:md-cluster-worker", &fault);
    let ran = site.mdc(&["apply", "--yes"]).ended(1);
    let said = ran.said.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, mixed) = said.split_once("Mixed versions are left behind").unwrap();
    for word in [
        "2.9.0 on core-01",
        "core-04",
        "gate-02",
        "md-core: 5.18.1 on core-01, core-02, core-03; 5.19.0 on core-04",
    ] {
        assert!(mixed.contains(word), "{word:?} is not in:\n{}", ran.said);
    }
    for uniform in ["identity-service: ", "postgresql: ", "redis: "] {
        assert!(!mixed.contains(uniform), "{uniform:?} is in:\n{}", ran.said);
    }
    assert!(mixed.contains("go on mdc apply mdc.toml go back mdc rollback mdc.toml"), "{said}");
}

#[test]
fn what_changes_need_and_nothing_mends_refuses_the_plan() {
    let fresh = Site::new();
    fresh.unhealthy("queue-01", &["redis-server"]);
    // It changes only after those that need it; then not at all.
    let ran = fresh.mdc(&["plan"]).ended(1);
    let says =
        "queue-01/redis is not healthy, and the plan changes what needs it before it would be";
    let said = ran.said.split_whitespace().collect::<Vec<_>>().join(" ").replace("│ ", "");
    assert!(said.contains(says) && said.contains("preflight::needed-unhealthy"), "{}", ran.said);
    let unchanged = fresh.copy();
    let mut file = unchanged.host("queue-01");
    file["packages"]["redis-server"] = json!({ "installed": "5:7.2.11-1" });
    unchanged.write("queue-01", &file);
    unchanged.mdc(&["plan"]).ended(1);
    assert!(unchanged.log("identity-01").is_empty());
    let waiver = "[[waivers]]\ncheck = \"preflight::needed-unhealthy\"\n\
                  reason = \"it is mended meanwhile\"\nuntil = \"2999-12-31\"\n";
    fresh.edit("[gates.idle]", &format!("{waiver}\n[gates.idle]"));
    fresh.mdc(&["plan"]).ended(0);
}

const CONFIRM: &str = "[gates.confirm.api-gateway]\ntext = \"stop the clients\"\n";

#[test]
fn stage_2_waits_for_people() {
    let site = Site::new();
    site.edit("[gates.idle]", &format!("{CONFIRM}\n[gates.idle]"));
    let ran = site.mdc(&["apply", "--yes"]);
    let words =
        ["somebody has to confirm it: stop the clients", "`mdc resume --confirm api-gateway`"];
    let on = "mdc apply mdc.toml --confirm api-gateway";
    assert!(ran.said.contains(on), "{on:?} is not in:\n{}", ran.said);
    stops(ran, &site, &words);
    // Nobody's word is asked for anything else.
    stops(site.mdc(&["resume", "--yes", "--confirm", "redis"]), &site, &words);
    let ran = goes_on(&site, &["resume", "--yes", "--confirm", "api-gateway"]);
    assert!(ran.said.contains("confirmed by root"), "{}", ran.said);
}

#[test]
fn what_people_did_is_verified_where_it_can_be_seen() {
    let site = Site::new();
    let verified = format!("{CONFIRM}verify = \"test ! -e /run/clients\"\nwithin = \"1s\"\n");
    site.edit("[gates.idle]", &format!("{verified}\n[gates.idle]"));
    site.fault("gate-01", "confirm:api-gateway", &json!({ "says": "they are there" }));
    let ran = site.mdc(&["apply", "--yes", "--confirm", "api-gateway"]);
    let words = [
        "it is not done yet: stop the clients",
        "given up after 1s, the last answer was: they are there",
    ];
    stops(ran, &site, &words);
    // They may still be at it when they are asked first.
    let fault = json!({ "says": "they are there", "times": 1 });
    site.fault("gate-01", "confirm:api-gateway", &fault);
    let ran = goes_on(&site, &["resume", "--yes"]);
    assert!(ran.said.contains("verified: stop the clients"), "{}", ran.said);
}

#[test]
fn gates_are_passed_again_when_a_run_is_gone_on_with() {
    let site = Site::new();
    let fault = json!({ "says": "E: broken", "times": 1 });
    site.fault("queue-01", "install:redis-server", &fault);
    site.mdc(&["apply", "--yes"]).ended(1);
    // In the meantime the backup has become old, and PostgreSQL is upgraded already.
    site.fault("db-01", "prove-backup:postgresql", &json!({ "says": "too old", "times": 1 }));
    let ran = site.mdc(&["resume", "--yes"]).ended(1);
    assert!(ran.said.contains("too old"), "{}", ran.said);
    assert!(!site.log("storage-01").contains_key("install:md-cluster-file-storage"));
    goes_on(&site, &["resume", "--yes"]);
    assert_eq!(site.log("db-01")["install:postgresql-16"], 1);
}

#[test]
fn what_was_left_broken_is_mended_before_gates_are_passed_again() {
    let site = Site::new();
    site.edit("every = \"1ms\"", "every = \"10ms\"\nwithin = \"300ms\"");
    site.fault("db-01", "install:postgresql-16", &json!({ "says": "E: broken", "times": 1 }));
    site.mdc(&["apply", "--yes"]).ended(1);
    // Its backup is too old by now, and MD Core is not idle without it: neither keeps it from being mended.
    site.fault("db-01", "prove-backup:postgresql", &json!({ "says": "too old", "times": 1 }));
    left(&site, "core-02", "ometascan", 1_000_000);
    let ran = site.mdc(&["resume", "--yes"]).ended(1);
    assert!(ran.said.contains("too old"), "{}", ran.said);
    assert_eq!(site.log("db-01")["install:postgresql-16"], 2, "{}", ran.said);
    // What nobody has begun waits for both.
    assert!(!site.log("storage-01").contains_key("install:md-cluster-file-storage"));
    let ran = site.mdc(&["resume", "--yes"]).ended(1);
    assert!(ran.said.contains("given up after 300ms"), "{}", ran.said);
    assert!(!site.log("storage-01").contains_key("install:md-cluster-file-storage"));
    left(&site, "core-02", "ometascan", 0);
    goes_on(&site, &["resume", "--yes"]);
}

#[test]
fn what_failed_before_it_changed_anything_waits_for_gates_once_more() {
    let site = Site::new();
    site.edit("every = \"1ms\"", "every = \"10ms\"\nwithin = \"300ms\"");
    site.fault("db-01", "note:postgresql/extensions", &json!({ "says": "no answer", "times": 1 }));
    stops(site.mdc(&["apply", "--yes"]), &site, &["no answer"]);
    left(&site, "core-02", "ometascan", 1_000_000);
    stops(site.mdc(&["resume", "--yes"]), &site, &["given up after 300ms"]);
    left(&site, "core-02", "ometascan", 0);
    goes_on(&site, &["resume", "--yes"]);
}

#[test]
fn what_was_left_broken_is_mended_before_what_was_tolerated() {
    let site = Site::new();
    site.edit("every = \"1ms\"", "every = \"10ms\"\nwithin = \"300ms\"");
    site.edit("[components.md-core]", "[components.md-core]\non-failure = { tolerate = \"50%\" }");
    site.fault("core-02", "install:md-core", &json!({ "says": "E: no" }));
    site.fault("db-01", "install:postgresql-16", &json!({ "says": "no", "times": 1 }));
    site.mdc(&["apply", "--yes"]).ended(1);
    assert_eq!(site.log("db-01")["install:postgresql-16"], 1);
    site.mdc(&["resume", "--yes"]).ended(1);
    let begun = site.begun();
    let places =
        |id: &str| -> Vec<usize> { (0..begun.len()).filter(|&place| begun[place] == id).collect() };
    let (mended, tolerated) =
        (places("db-01/postgresql/upgrade"), places("core-02/md-core/upgrade"));
    assert_eq!((mended.len(), tolerated.len()), (2, 2), "{begun:?}");
    assert!(mended[1] < tolerated[1], "{begun:?}");
}

#[test]
fn who_is_left_out_has_to_be_idle_all_the_same() {
    let site = Site::new();
    let skip = "redis,file-storage,core-03/md-core";
    let ran = site.mdc(&["apply", "--yes", "--skip", skip]).ended(1);
    let asked = "passed   still-idle md-core on core-01: all 5 that can tell have 0 left to do";
    assert!(ran.said.contains(asked), "{}", ran.said);
}

#[test]
fn a_stop_ends_what_only_looks() {
    let site = Site::new();
    left(&site, "core-02", "ometascan", 1_000_000);
    let mut child = site.start(&["apply", "--yes"]);
    await_line(&mut child, "await-idle md-core on core-02");
    signal(&child, "TERM");
    let ran = Ran::of(&child.wait_with_output().unwrap()).ended(1);
    assert!(!ran.said.contains("given up"), "{}", ran.said);
    left(&site, "core-02", "ometascan", 0);
    goes_on(&site, &["resume", "--yes"]);
}

#[test]
fn stage_2_keeps_to_its_window() {
    let fresh = Site::new();
    let window =
        |open: &str| format!("[gates.window]\nzone = \"UTC\"\nopen = [\"{open}\"]\n\n[gates.idle]");
    // One that can't hold stage 2 any more is refused before anything is changed.
    let over = fresh.copy();
    over.edit("[gates.idle]", &window("2020-02-01 01:00-05:00"));
    let ran = over.mdc(&["apply", "--yes"]).ended(1);
    assert!(ran.said.contains("its window doesn't open any more"), "{}", ran.said);
    assert!(over.log("identity-01").is_empty(), "{:?}", over.log("identity-01"));
    let frozen = fresh.copy();
    let frozen_then = window("2999-12-31 01:00-05:00");
    frozen.edit("[gates.idle]", &frozen_then);
    let ran = frozen.mdc(&["plan"]).ended(1);
    assert!(ran.said.contains("its window doesn't open any more"), "{}", ran.said);
    // So is a plan that was made in time.
    let late = fresh.copy();
    let soon = Zoned::now().date().checked_add(100.days()).unwrap();
    late.edit("[gates.idle]", &window(&format!("{soon} 01:00-05:00")));
    late.mdc(&["plan", "-o", "plan.json"]).ended(0);
    // Each step fits, and not all of them.
    let short = fresh.copy();
    short.edit("[gates.idle]", &window(&format!("{soon} 01:00-01:07")));
    let ran = short.mdc(&["plan"]).ended(1);
    assert!(ran.said.contains("its window opens once from now on"), "{}", ran.said);
    let often = fresh.copy();
    often.edit("[gates.idle]", &window("daily 01:00-01:08"));
    let ran = often.mdc(&["plan"]).ended(0);
    assert!(ran.said.contains("doesn't fit into one opening of its window"), "{}", ran.said);
    assert!(ran.said.contains("warning[plan::several-openings]"), "{}", ran.said);
    let closed = fresh.copy();
    closed.edit("[gates.idle]", &window(&format!("{soon} 01:00-05:00")));
    let ran = closed.mdc(&["apply", "--yes"]);
    let opens = format!("it opens next on {}", soon.strftime("%a %Y-%m-%d at 01:00"));
    stops(ran, &closed, &["stage 2 waits for its window, which is closed now", &opens]);
    // Stage 1 went ahead.
    assert_eq!(closed.log("identity-01")["install:md-cluster-identity-service"], 1);
    let open = fresh.copy();
    open.edit("[gates.idle]", &window("daily 00:00-00:00"));
    let ran = open.mdc(&["plan"]).ended(0);
    assert!(ran.said.contains("stage 2 only daily 00:00-00:00 (UTC)"), "{}", ran.said);
    goes_on(&open, &["apply", "--yes"]);
    let shorter = fresh.copy();
    shorter.edit("[gates.idle]", &window("daily 01:00-01:02"));
    let ran = shorter.mdc(&["plan"]).ended(1);
    assert!(ran.said.contains("is never open for longer than 2m"), "{}", ran.said);
}

const ROLLING: &str = "rolling = { min-healthy = 3, drain = { isolate = \"isolate\", restore = \"restore\" } }\n\
                       limits = { healthy = \"1s\" }";

#[test]
fn cores_are_taken_away_only_while_enough_others_are_healthy() {
    let site = Site::new();
    site.edit("[components.md-core]", &format!("[components.md-core]\n{ROLLING}"));
    site.mdc(&["plan", "-o", "plan.json"]).ended(0);
    // A plan isn't begun any more that would not be made any more.
    site.unhealthy("core-04", &["ometascan"]);
    let ran = site.mdc(&["apply", "--yes", "plan.json"]).ended(1);
    assert!(ran.said.contains("leaves 2 of 4 healthy"), "{}", ran.said);
    site.mend("core-04");
    // Once it has begun, health is no part of what it rests on: it comes and goes.
    let fault = json!({ "says": "E: broken", "times": 1 });
    site.fault("identity-01", "install:md-cluster-identity-service", &fault);
    site.mdc(&["apply", "--yes", "plan.json"]).ended(1);
    site.unhealthy("core-04", &["ometascan"]);
    let ran = site.mdc(&["resume", "--yes"]);
    let words = [
        "Failed: keep-healthy md-core on core-01",
        "given up after 1s: 2 of 4 md-core are healthy; not core-04 (",
        "nothing was changed by this",
    ];
    stops(ran, &site, &words);
    assert!(!site.log("core-01").contains_key("install:md-core"));
    // Planned again it is refused.
    site.mdc(&["rollback", "--yes"]).ended(0);
    let ran = site.mdc(&["plan"]).ended(1);
    assert!(
        ran.said.contains("leaves 2 of 4 healthy, and `min-healthy` promises 3"),
        "{}",
        ran.said
    );
    site.mend("core-04");
    let ran = goes_on(&site, &["apply", "--yes"]);
    assert!(ran.said.contains("3 of 4 md-core are healthy"), "{}", ran.said);
    for host in ["core-01", "core-02", "core-03"] {
        let file = site.host(host);
        let all: Vec<&str> =
            file["log"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let place = |key: &str| all.iter().position(|it| *it == key).unwrap();
        assert!(place("isolate:ometascan") < place("install:md-core"), "{all:?}");
        assert!(place("install:md-core") < place("restore:ometascan"), "{all:?}");
    }
}

#[test]
fn an_instance_that_does_not_finish_gets_work_again() {
    let site = Site::new();
    site.edit("[components.md-core]", &format!("[components.md-core]\n{ROLLING}"));
    site.edit("every = \"1ms\"", "every = \"10ms\"");
    site.edit("restore = \"restore\"", "restore = \"restore\", within = \"100ms\"");
    left(&site, "core-01", "ometascan", 1_000_000);
    let ran = site.mdc(&["apply", "--yes"]);
    stops(ran, &site, &["upgrade md-core on core-01", "given up after 100ms"]);
    assert_eq!(site.host("core-01")["units"]["ometascan"]["isolated"], Value::Null);
    assert!(!site.log("core-01").contains_key("install:md-core"));
    left(&site, "core-01", "ometascan", 2);
    goes_on(&site, &["resume", "--yes"]);
}

#[test]
fn stage_2_begins_and_a_run_ends_only_when_all_are_healthy() {
    let site = Site::new();
    site.edit(
        "[components.md-core]",
        "[components.worker]\nlimits = { healthy = \"1s\" }\n\n[components.md-core]",
    );
    // Nothing is changed there, so that no step sees it.
    site.unhealthy("core-04", &["md-cluster-worker"]);
    let only = site.copy();
    let ran = site.mdc(&["apply", "--yes"]);
    let words =
        ["Failed: await-healthy worker on core-01", "6 of 7 worker are healthy; not core-04"];
    stops(ran, &site, &words);
    site.mend("core-04");
    goes_on(&site, &["resume", "--yes"]);

    let ran = only.mdc(&["apply", "--yes", "--only", "identity-service"]);
    stops(ran, &only, &["Failed: verify worker on core-01", "1 of 2 worker are healthy"]);
    only.mend("core-04");
    // What was left out is owed.
    let ran = only.mdc(&["resume", "--yes"]).ended(1);
    assert!(ran.said.contains("2 of 2 worker are healthy"), "{}", ran.said);
}

#[test]
fn a_gate_is_no_host_that_may_fail() {
    let site = Site::new();
    site.edit("every = \"1ms\"", "every = \"10ms\"\nwithin = \"50ms\"");
    site.edit("[components.md-core]", "[components.md-core]\non-failure = { tolerate = 2 }");
    left(&site, "core-02", "ometascan", 1_000_000);
    stops(site.mdc(&["apply", "--yes"]), &site, &["given up after 50ms"]);
}

/// The packages of a host as if somebody had installed them.
fn install(site: &Site, host: &str, package: &str, version: &str) {
    let mut file = site.host(host);
    file["packages"][package] = json!({ "installed": format!("{version}-1") });
    site.write(host, &file);
}

#[test]
fn people_change_what_is_theirs_and_are_seen_to_have_done_it() {
    let site = Site::new();
    let by_hand =
        "[components.worker]\nby-hand = \"Inventory > Workers > Upgrade Now\"\nat-once = 5\n\n";
    site.edit("[components.md-core]", &format!("{by_hand}[components.md-core]"));
    let eager = site.copy();
    // The first host alone, then the others.
    for (failed, hosts) in
        [("core-01", &["core-01"][..]), ("core-02", &["core-02", "core-03", "gate-01", "hook-01"])]
    {
        let ran = site.mdc(&["apply", "--yes"]);
        let words = [
            &format!("Failed: upgrade worker on {failed}"),
            "it is not done yet: Inventory > Workers > Upgrade Now",
            "do it, then `mdc resume`",
        ];
        stops(ran, &site, &words);
        for host in hosts {
            assert!(!site.log(host).contains_key("install:md-core"), "{host}");
            assert!(!site.log(host).contains_key("receive:md-cluster-worker_2.9.0-1_amd64.deb"));
            install(&site, host, "md-cluster-worker", "2.9.0");
        }
    }
    goes_on(&site, &["resume", "--yes"]);
    assert!(!site.log("core-01").contains_key("install:md-cluster-worker"));
    // Who does all of them at once, as the console offers, has done what was asked.
    eager.mdc(&["apply", "--yes"]).ended(1);
    for host in ["core-01", "core-02", "core-03", "gate-01", "hook-01"] {
        install(&eager, host, "md-cluster-worker", "2.9.0");
    }
    goes_on(&eager, &["resume", "--yes"]);
}

#[test]
fn no_window_is_claimed_where_there_is_none() {
    let [at_any_hour, in_window] =
        ["At any hour, since no window is written", "In a maintenance window"];
    let site = Site::new();
    let words = [at_any_hour, "stage 2 has no window", "(gate::no-window)"];
    let seen = site.mdc(&["plan"]).ended(0).tells(&words);
    assert!(!seen.said.contains(in_window), "{}", seen.said);
    let window = "[gates.window]\nzone = \"UTC\"\nopen = [\"daily 00:00-23:59\"]\n\n[gates.idle]";
    site.edit("[gates.idle]", window);
    let seen = site.mdc(&["plan"]).ended(0).tells(&[in_window]);
    for words in [at_any_hour, "gate::no-window"] {
        assert!(!seen.said.contains(words), "{}", seen.said);
    }
}
