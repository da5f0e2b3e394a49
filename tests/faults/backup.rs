//! Backups that mdc takes: on demand beside a run, and in plans.

use serde_json::json;

use crate::site::Site;

/// The quickstart, whose database is backed up by mdc.
fn site(when: &str) -> Site {
    let site = Site::new();
    let take = format!("[gates.backup.postgresql]\ntake = \"{when}\"");
    site.edit("[gates.backup.postgresql]", &take);
    site
}

const TAKEN: &str = "back-up:postgresql";

#[test]
fn a_backup_is_taken_beside_a_run_that_waits_for_it() {
    let site = site("on-demand");
    site.fault("db-01", "prove-backup:postgresql", &json!({ "says": "too old", "times": 1 }));
    site.mdc(&["apply", "--yes"]).ended(1);
    let ran = site.mdc(&["backup", "--yes"]).ended(0);
    for words in [
        "plan to take backups",
        "done     back-up postgresql on db-01",
        "passed   prove-backup postgresql on db-01",
        "`[gates.backup.redis]` has no `take`",
        "is unfinished: `mdc resume` goes on with it",
    ] {
        assert!(ran.said.contains(words), "{words}: {}", ran.said);
    }
    assert_eq!(site.log("db-01")[TAKEN], 1);
    site.mdc(&["resume", "--yes"]).ended(0);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    assert_eq!(site.log("db-01")[TAKEN], 1);
    let history = site.mdc(&["history"]).ended(0);
    assert!(history.said.contains("backups"), "{}", history.said);
    // What is taken back is the run that changed the cluster, not the backup after it.
    site.mdc(&["backup", "--yes"]).ended(0);
    let back = site.mdc(&["rollback", "--yes"]).ended(1);
    assert!(back.said.contains("is rolled back"), "{}", back.said);
}

#[test]
fn a_backup_that_is_cut_off_is_taken_anew() {
    for moment in ["before", "during"] {
        let site = site("on-demand");
        site.fault("db-01", TAKEN, &json!({ "says": "", "times": 1, "kill": moment }));
        assert_eq!(site.mdc(&["backup", "--yes"]).status, None);
        // It is nothing that a change goes on with.
        let ran = site.mdc(&["resume", "--yes"]).ended(0);
        assert!(ran.said.contains("No run is unfinished"), "{}", ran.said);
        let ran = site.mdc(&["backup", "--yes"]).ended(0);
        assert!(ran.said.contains("backups are taken anew"), "{}", ran.said);
        site.mdc(&["apply", "--yes"]).ended(0);
    }
}

#[test]
fn a_backup_that_fails_is_said_to() {
    let site = site("on-demand");
    site.fault("db-01", TAKEN, &json!({ "says": "pg_dumpall: error: connection refused" }));
    let ran = site.mdc(&["backup", "--yes"]).ended(1);
    assert!(ran.said.contains("connection refused"), "{}", ran.said);
    let ran = site.mdc(&["backup", "--yes", "--component", "redis"]).ended(1);
    assert!(ran.said.contains("write `take = \"on-demand\"`"), "{}", ran.said);
}

#[test]
fn a_plan_takes_its_own_backup_when_the_cluster_is_idle() {
    let site = site("in-plan");
    let plan = site.plan();
    let steps = plan["steps"].as_array().unwrap();
    let place = |id: &str| steps.iter().position(|step| step["id"] == id).unwrap();
    let taken = place("db-01/postgresql/back-up");
    assert!(place("queue-01/rabbitmq/await-idle") < taken);
    assert!(place("core-01/md-core/await-idle") < taken);
    assert!(taken < place("db-01/postgresql/prove-backup"));
    assert!(place("db-01/postgresql/prove-backup") < place("db-01/postgresql/upgrade"));
    // One that failed is taken again; one that is done is not.
    site.fault("db-01", TAKEN, &json!({ "says": "disk full", "times": 1 }));
    site.mdc(&["apply", "--yes", "plan.json"]).ended(1);
    assert!(!site.log("db-01").contains_key("install:postgresql-16"));
    site.mdc(&["resume", "--yes"]).ended(0);
    assert_eq!(site.log("db-01")["install:postgresql-16"], 1);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

/// The vendor's procedure asks for backups before anything.
#[test]
fn nothing_of_stage_1_is_changed_before_backups_are_seen() {
    let site = Site::new();
    let plan = site.plan();
    let steps = plan["steps"].as_array().unwrap();
    let looks = ["db-01/postgresql", "storage-01/file-storage", "queue-01/redis"];
    for step in steps.iter().filter(|step| step["stage"] == "live" && step["action"] == "upgrade") {
        for look in looks.map(|look| format!("{look}/prove-backup-live")) {
            assert!(step["after"].as_array().unwrap().contains(&json!(look)), "{step}");
        }
    }
    for too_old in ["postgresql", "file-storage"] {
        let (site, part) = (site.copy(), site.copy());
        let host = if too_old == "postgresql" { "db-01" } else { "storage-01" };
        site.fault(host, &format!("prove-backup:{too_old}"), &json!({ "says": "too old" }));
        let ran = site.mdc(&["apply", "--yes"]).ended(1);
        let words = format!("Failed: prove-backup-live {too_old} on {host}");
        assert!(ran.said.contains(&words), "{words}: {}", ran.said);
        assert!(ran.said.contains("too old"), "{}", ran.said);
        assert!(!site.begun().iter().any(|id| id.ends_with("/upgrade")), "{:?}", site.begun());
        // A part of a plan is guarded, too.
        part.fault(host, &format!("prove-backup:{too_old}"), &json!({ "says": "too old" }));
        part.mdc(&["apply", "--yes", "--only", "identity-service"]).ended(1);
        assert!(!part.begun().iter().any(|id| id.ends_with("/upgrade")), "{:?}", part.begun());
        site.mend(host);
        site.mdc(&["resume", "--yes"]).ended(0);
        site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    }
}

/// In the middle of stage 1, to go on is better than to stay between two releases.
#[test]
fn what_has_begun_is_not_held_up_by_the_look_before_it() {
    let site = Site::new();
    let fault = json!({ "says": "E: broken", "times": 1 });
    site.fault("control-01", "install:md-cluster-control-center", &fault);
    site.mdc(&["apply", "--yes"]).ended(1);
    site.fault("db-01", "prove-backup:postgresql", &json!({ "says": "too old" }));
    let ran = site.mdc(&["resume", "--yes"]).ended(1);
    // Stage 1 went on; stage 2 did not begin.
    assert!(ran.said.contains("Failed: prove-backup postgresql on db-01"), "{}", ran.said);
    assert_eq!(site.log("core-03")["install:md-core"], 1);
    assert!(!site.log("db-01").contains_key("install:postgresql-16"));
    let looks = site.begun().into_iter().filter(|id| id == "db-01/postgresql/prove-backup-live");
    assert_eq!(looks.count(), 1);
}

#[test]
fn nobody_upgrades_stage_1_alone_without_evidence() {
    let site = Site::new();
    let text = std::fs::read_to_string(site.path("mdc.toml")).unwrap();
    let (from, to) = ("[gates.backup.postgresql]", "[gates.backup.redis]");
    let text = format!("{}{}", text.split_once(from).unwrap().0, &text[text.find(to).unwrap()..]);
    // All of stage 2 is there already.
    std::fs::write(site.path("mdc.toml"), text).unwrap();
    for (host, package, version) in [
        ("db-01", "postgresql-16", "16.11"),
        ("queue-01", "rabbitmq-server", "3.13.7"),
        ("queue-01", "redis-server", "7.2.11"),
        ("storage-01", "md-cluster-file-storage", "2.9.0"),
    ] {
        let mut file = site.host(host);
        assert_ne!(file["packages"][package], json!(null), "{file}");
        file["packages"][package] = json!({ "installed": format!("{version}-1") });
        site.write(host, &file);
    }
    let ran = site.mdc(&["plan"]).ended(1);
    let words = "nobody shows a backup of `postgresql`";
    assert!(ran.said.contains(words) && ran.said.contains("plan::no-backup"), "{}", ran.said);
    assert!(!ran.said.contains("stage 2 needs"), "{}", ran.said);
    // Where somebody else keeps it.
    let none = "[components.postgresql]\nbackup = \"none\"\n\n[components.md-core]";
    site.edit("[components.md-core]", none);
    site.mdc(&["plan"]).ended(0);
}

/// Evidence that nobody can look at is said to lack, and doesn't hold up what needs none.
#[test]
fn a_backup_that_can_not_be_looked_at_is_told() {
    let site = Site::new();
    let mut host = site.host("storage-01");
    host["faults"]["unreachable"] = json!("no route to host");
    site.write("storage-01", &host);
    let told = "nobody sees the backup of file-storage before stage 1: storage-01 could not be read \
                (plan::backup-unseen)";
    site.mdc(&["plan"]).ended(0).tells(&[told]);
}

/// A probe that hangs, or a command that never tells: within the gate's bound it is ended, and nothing is changed.
#[test]
fn a_look_at_a_backup_that_hangs_is_given_up() {
    let site = Site::new();
    site.edit("[gates.backup.postgresql]", "[gates.backup.postgresql]\nwithin = \"1s\"");
    site.edit("every = \"1ms\"", "every = \"10ms\"\nwithin = \"300ms\"");
    let checks_take = |period: &str| {
        let mut file = site.host("db-01");
        file["durations"]["check"] = json!(period);
        site.write("db-01", &file);
    };
    let gives_up = |arguments: &[&str], look: &str| {
        checks_take("2s");
        let failed = format!("Failed: {look} postgresql on db-01");
        site.mdc(arguments).ended(1).tells(&[
            &failed,
            "look for the backup of postgresql on db-01",
            "it took longer than its limit of 1s and was ended",
            "/var/backups/postgresql/*.dump, as simulated",
            "see on db-01 what it waited for, or give it longer (`within` under [gates.backup.postgresql])",
        ]);
        checks_take("50ms");
    };
    gives_up(&["apply", "--yes"], "prove-backup-live");
    assert!(!site.begun().iter().any(|id| id.ends_with("/upgrade")), "{:?}", site.begun());
    // Stage 1 is over and another gate has stopped stage 2, when the look begins to hang.
    crate::gates::left(&site, "queue-01", "rabbitmq-server", 99);
    site.mdc(&["resume", "--yes"]).ended(1).tells(&["given up after 300ms", "left to do"]);
    crate::gates::left(&site, "queue-01", "rabbitmq-server", 0);
    gives_up(&["resume", "--yes"], "prove-backup");
    assert!(!site.log("db-01").contains_key("install:postgresql-16"));
    site.mdc(&["resume", "--yes"]).ended(0);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}
