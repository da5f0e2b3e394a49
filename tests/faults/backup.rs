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
