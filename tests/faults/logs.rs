//! The review of logs: what came to them since the run began, whoever went on with it.

use serde_json::{Value, json};

use crate::site::Site;

const CORE: &str = "ometascan";
const IDENTITY: &str = "md-cluster-identity-service";

/// Lines that the service's log has, and those that come to it with its next installation.
fn logs(site: &Site, (host, unit): (&str, &str), before: &[&str], next: &[&str]) {
    let mut file = site.host(host);
    file["units"][unit]["log"] = json!(before);
    file["units"][unit]["logs-next"] = json!(next);
    site.write(host, &file);
}

/// What was recorded of where logs end.
fn marks(site: &Site) -> Vec<Value> {
    let journal = site.journal().into_iter();
    let noted = journal.filter_map(|entry| entry.get("noted").cloned());
    noted.filter(|it| it["what"].as_str().unwrap().starts_with("where the log ends on")).collect()
}

#[test]
fn errors_are_told_and_fail_nothing() {
    let site = Site::new();
    logs(&site, ("core-01", CORE), &["ERROR: before"], &["ERROR: engine \u{1b}[2J7", "ready"]);
    let ran = site.mdc(&["apply", "--yes"]).ended(0);
    for words in [
        "Complete.",
        "Logs since the run began: 0 failed migrations, 1 error",
        "md-core on core-01: 1 error ERROR: engine \u{fffd}[2J7",
    ] {
        assert!(ran.flat().contains(words), "{words:?} is not in:\n{}", ran.said);
    }
    assert!(!ran.said.contains("ERROR: before"), "what was there before is not told: {}", ran.said);
    let report = site.mdc(&["report"]).ended(0);
    assert!(report.flat().contains("md-core on core-01: 1 error ERROR: engine"), "{}", report.said);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn a_failed_migration_fails_the_run_until_somebody_accepts_it() {
    let site = Site::new();
    logs(&site, ("identity-01", IDENTITY), &[], &["migration of schema 41 failed"]);
    let ran = site.mdc(&["apply", "--yes"]).ended(1);
    for words in [
        "Failed: read-logs identity-service on identity-01",
        "identity-01: 1 failed migration",
        "identity-01: migration of schema 41 failed",
        "mdc resume --confirm identity-service",
    ] {
        assert!(ran.flat().contains(words), "{words:?} is not in:\n{}", ran.said);
    }
    site.mdc(&["resume", "--yes"]).ended(1);
    let ran = site.mdc(&["resume", "--yes", "--confirm", "identity-service"]).ended(0);
    assert!(ran.flat().contains("1 failed migration (accepted by"), "{}", ran.said);
    // What the logs told is no reason to do anything.
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn the_manifest_says_what_fails_a_run() {
    for (fail_on, error, migration) in
        [("never", 0, 0), ("failed-migration", 0, 1), ("error", 1, 1)]
    {
        for (line, status) in [("ERROR: a", error), ("migration failed", migration)] {
            let site = Site::new();
            site.edit(
                "[defaults]",
                &format!("[after.logs]\nfail-on = \"{fail_on}\"\n\n[defaults]"),
            );
            logs(&site, ("core-02", CORE), &[], &[line]);
            let ran = site.mdc(&["apply", "--yes"]).ended(status);
            assert!(ran.flat().contains(line), "{fail_on}: {}", ran.said);
        }
    }
}

/// A run that is gone on with reads from where the logs ended when it began first.
#[test]
fn a_run_that_is_gone_on_with_reads_from_its_first_beginning() {
    let fresh = Site::new();
    logs(&fresh, ("identity-01", IDENTITY), &["ERROR: before"], &["ERROR: meanwhile"]);
    for (host, key) in [
        ("identity-01", "mark-log:md-cluster-identity-service"),
        ("identity-01", "install:md-cluster-identity-service"),
        ("storage-01", "install:md-cluster-file-storage"),
        ("identity-01", "read-log:md-cluster-identity-service"),
    ] {
        for moment in ["before", "during"] {
            let site = fresh.copy();
            site.fault(host, key, &json!({ "says": "", "times": 1, "kill": moment }));
            assert_eq!(site.mdc(&["apply", "--yes"]).status, None, "{key}");
            let ran = site.mdc(&["resume", "--yes"]).ended(0);
            let words = "identity-service on identity-01: 1 error ERROR: meanwhile";
            assert!(ran.flat().contains(words), "{key} {moment}: {}", ran.said);
            let marks = marks(&site);
            let of_identity =
                marks.iter().filter(|it| it["what"].as_str().unwrap().ends_with("identity-01"));
            let said: Vec<&Value> = of_identity.map(|it| &it["said"]).collect();
            assert_eq!(said, [&json!(["since 1"])], "{key} {moment}");
        }
    }
}

#[test]
fn a_log_that_can_not_be_read_is_told_and_fails_nothing() {
    for (key, words) in [
        ("mark-log:ometascan", "core-01: not read: nobody noted where it ended when the run began"),
        ("read-log:ometascan", "core-01: not read: no journal here"),
    ] {
        let site = Site::new();
        site.fault("core-01", key, &json!({ "says": "no journal here" }));
        logs(&site, ("core-02", CORE), &[], &["ERROR: of another"]);
        let ran = site.mdc(&["apply", "--yes"]).ended(0);
        assert!(ran.flat().contains(words), "{key}: {}", ran.said);
        assert!(ran.flat().contains("core-02: 1 error"), "{key}: {}", ran.said);
    }
}

#[test]
fn only_what_is_changed_is_read() {
    let site = Site::new();
    logs(&site, ("core-01", CORE), &[], &["ERROR: one"]);
    logs(&site, ("core-02", CORE), &[], &["ERROR: two"]);
    let ran = site.mdc(&["apply", "--yes", "--skip", "core-02/md-core"]).ended(1);
    assert!(ran.said.contains("core-01: 1 error"), "{}", ran.said);
    assert!(!ran.said.contains("core-02: 1 error"), "{}", ran.said);
}
