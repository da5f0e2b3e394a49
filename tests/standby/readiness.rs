//! Whether a standby could take over, and what that may not rest on.

use serde_json::json;

use crate::bed::Bed;
use crate::stand_in::Fault;

const NOW: [&str; 2] = ["production", "backup"];

fn bed() -> Bed {
    let bed = Bed::new(&NOW, &NOW);
    let mut state = bed.cores.state();
    state.cores[1].settings = state.cores[0].settings.clone();
    drop(state);
    bed
}

#[test]
fn health_counts_but_for_what_comes_from_the_licence() {
    for (said, words) in [
        (json!({ "database": { "status": false } }), "its database is not connected"),
        (json!({}), "it answers 503"),
        (json!({ "license": { "status": "invalid" } }), "could take over"),
    ] {
        let bed = bed();
        bed.cores.state().cores[1].unhealthy = Some(said);
        let ran = bed.run(&["status"]).tells(&[words]);
        assert_eq!(ran.said.contains("could not take over"), words != "could take over");
    }
}

#[test]
fn only_older_engines_keep_a_standby_from_taking_over() {
    for (version, words, ready) in [
        ("3.0-44", "its engine ClamAV is newer (3.0-44) than in production (3.0-43)", true),
        ("3.0-9", "its engine ClamAV is 3.0-9, in production 3.0-43", false),
        ("3.0-x", "which is newer can't be told", false),
    ] {
        let bed = bed();
        bed.cores.state().cores[1].engine_version = version;
        let ran = bed.run(&["status"]).tells(&[words]);
        assert_eq!(ran.said.contains("could not take over"), !ready, "{}", ran.said);
    }
}

#[test]
fn what_does_not_matter_decides_no_takeover() {
    for on in ["GET /stat/engines", "GET /version", "GET /readyz"] {
        let bed = bed();
        bed.cores.state().faults.push((on, Fault::Status(500), 99));
        let ran = bed.run(&["failover", "--to", "core-b", "--yes"]).ended(0);
        assert!(!ran.said.contains("owed"), "{on}: {}", ran.said);
        assert_eq!(bed.cores.roles(), ["unlicensed", "production"], "{on}");
    }
}

#[test]
fn questions_are_asked_again_and_moves_are_not() {
    for fault in [Fault::Status(500), Fault::CutBefore, Fault::CutAfter] {
        let bed = bed();
        bed.cores.state().faults.push(("GET /admin/license/backup", fault, 2));
        bed.run(&["plan", "--detailed-exitcode"]).ended(0).tells(&["Nothing to do"]);
        assert!(bed.sent("GET /admin/license/backup") > 2);
        bed.cores.state().faults.push(("POST /admin/license/backup/nomination", fault, 2));
        bed.site.mdc(&["failover", "--to", "core-b", "--yes"]);
        assert_eq!(bed.sent("POST /admin/license/backup/nomination"), 1, "{fault:?}");
    }
}

#[test]
fn what_was_not_seen_is_not_nothing_to_do() {
    let bed = bed();
    bed.cores.state().faults.push(("GET /admin/license", Fault::Status(500), 99));
    let ran = bed.run(&["plan", "--detailed-exitcode"]).ended(1);
    ran.tells(&["Nothing to do where hosts could be read", "it answers 500"]);
}
