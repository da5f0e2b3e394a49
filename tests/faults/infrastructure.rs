//! What a component's own procedure asks for: done before anything changes, and compared with what was
//! recorded then, whatever came between.

use serde_json::{Value, json};

use crate::site::Site;

const QUEUES: &str = "durable queues with their persistent messages";
const STEP: &str = "queue-01/rabbitmq/upgrade";

/// Has RabbitMQ keep these queues.
fn queues(site: &Site, said: &str) {
    let mut host = site.host("queue-01");
    host["units"]["rabbitmq-server"]["holds"] = json!({ QUEUES: said });
    site.write("queue-01", &host);
}

fn noted(site: &Site) -> Vec<Value> {
    let journal = site.journal().into_iter();
    let noted = journal.filter_map(|entry| entry.get("noted").cloned());
    noted.filter(|it| it["what"] == QUEUES).collect()
}

#[test]
fn what_is_compared_is_what_was_there_before_the_change_also_when_it_was_cut_off() {
    let fresh = Site::new();
    queues(&fresh, "/ tasks 5\n/ old 1");
    for key in [
        "install:rabbitmq-server",
        "finish:rabbitmq-server/see that RabbitMQ raises no alarm",
        &format!("compare:rabbitmq-server/{QUEUES}"),
    ] {
        for moment in ["before", "during"] {
            let site = fresh.copy();
            let kill = json!({ "says": "", "times": 1, "kill": moment });
            site.fault("queue-01", key, &kill);
            assert_eq!(site.mdc(&["apply", "--yes"]).status, None, "{key}");
            queues(&site, "/ tasks 4\n/ old 1");
            let ran = site.mdc(&["resume", "--yes"]).ended(1);
            let said = ran.flat();
            for words in [
                "5 of `/ tasks` were there, and 4 are now",
                "before: (/ tasks 5, / old 1)",
                "now: (/ tasks 4, / old 1)",
                "bring that back from the backup",
            ] {
                assert!(said.contains(words), "{key} {moment}: {words:?} is not in:\n{}", ran.said);
            }
            assert!(
                !site.log("queue-01").contains_key("install:redis-server"),
                "it goes no further"
            );
            queues(&site, "/ tasks 5\n/ old 1");
            let ran = site.mdc(&["resume", "--yes"]).ended(0);
            let words = "before and after (/ tasks 5, / old 1)";
            assert!(ran.flat().contains(words), "{}", ran.said);
            let said = json!(["/ tasks 5", "/ old 1"]);
            assert_eq!(noted(&site), [json!({ "step": STEP, "what": QUEUES, "said": said })]);
            assert_eq!(site.log("queue-01")["install:rabbitmq-server"], 1, "{key}");
            let report = site.mdc(&["report"]).ended(0);
            assert!(report.flat().contains(words), "{}", report.said);
        }
    }
}

#[test]
fn a_difference_that_is_as_it_should_be_is_given_up_with_a_reason() {
    let site = Site::new();
    queues(&site, "/ tasks 5");
    let kill = json!({ "says": "", "times": 1, "kill": "during" });
    site.fault("queue-01", "install:rabbitmq-server", &kill);
    assert_eq!(site.mdc(&["apply", "--yes"]).status, None);
    queues(&site, "");
    let ran = site.mdc(&["resume", "--yes"]).ended(1);
    assert!(ran.flat().contains("nothing is told now"), "{}", ran.said);
    site.mdc(&["apply", "--yes", "--give-up", "the queue was deleted"]).ended(0);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn nothing_is_changed_when_it_can_not_be_prepared_or_asked() {
    for key in [
        "prepare:rabbitmq-server/enable RabbitMQ's stable feature flags",
        &format!("note:rabbitmq-server/{QUEUES}"),
    ] {
        let site = Site::new();
        site.fault("queue-01", key, &json!({ "says": "a queue is down", "times": 1 }));
        let ran = site.mdc(&["apply", "--yes"]).ended(1);
        assert!(ran.said.contains("a queue is down"), "{}", ran.said);
        assert!(!site.log("queue-01").contains_key("install:rabbitmq-server"));
        assert_eq!(site.log("queue-01")["restore:rabbitmq-server"], 1, "it takes clients again");
        assert!(noted(&site).is_empty());
        site.mdc(&["resume", "--yes"]).ended(0);
        assert_eq!(noted(&site).len(), 1);
    }
}

/// Three hosts have Redis, each with its role.
fn roles(site: &Site, roles: &[(&str, &str)]) {
    for (host, role) in roles {
        let mut file = site.host(host);
        file["units"]["redis-server"]["role"] = json!(role);
        site.write(host, &file);
    }
}

fn with_replicas() -> Site {
    let site = Site::new();
    site.edit("[hosts.db-01]\n", "[hosts.\"cache-[01..02]\"]\naddress = \"10.0.3.[11..12]\"\ncomponents = [\"redis\"]\n\n[hosts.db-01]\n");
    site.mdc(&["observe"]).ended(0);
    roles(&site, &[("cache-01", "primary"), ("cache-02", "replica"), ("queue-01", "replica")]);
    site
}

/// The places in the journal at which the steps end.
fn ends(site: &Site, steps: &[&str]) -> Vec<usize> {
    let journal = site.journal();
    let end = |step: &&str| journal.iter().position(|entry| entry["result"]["step"] == **step);
    steps.iter().map(|step| end(step).unwrap()).collect()
}

#[test]
fn the_primary_is_the_last_and_hands_its_role_over_also_when_it_is_cut_off_in_between() {
    let fresh = with_replicas();
    for key in ["hand-over:redis-server", "install:redis-server"] {
        let site = fresh.copy();
        site.fault("cache-01", key, &json!({ "says": "", "times": 1, "kill": "during" }));
        assert_eq!(site.mdc(&["apply", "--yes"]).status, None, "{key}");
        // Whoever has the role now, it is not the one whose step goes on.
        roles(&site, &[("cache-02", "primary")]);
        site.mdc(&["resume", "--yes"]).ended(0);
        let steps = ["cache-02/redis/upgrade", "queue-01/redis/upgrade", "cache-01/redis/upgrade"];
        assert!(ends(&site, &steps).is_sorted(), "{:?}", ends(&site, &steps));
        assert_eq!(site.log("cache-01")["hand-over:redis-server"], 1);
        assert!(!site.log("cache-02").contains_key("hand-over:redis-server"));
    }
}

#[test]
fn a_role_that_moved_makes_a_plan_stale_and_stops_a_step() {
    let fresh = with_replicas();
    fresh.mdc(&["plan", "-o", "plan.json"]).ended(0);
    let site = fresh.copy();
    roles(&site, &[("cache-01", "replica"), ("cache-02", "primary")]);
    let ran = site.mdc(&["apply", "plan.json", "--yes"]).ended(1);
    let words = "cache-01/redis/upgrade: role was primary, is replica";
    assert!(ran.flat().contains(words), "{}", ran.said);
    // Stage 1 doesn't rest on it; stage 2 is not begun in part.
    assert!(site.log("core-01").contains_key("install:md-core"), "{}", ran.said);
    assert!(site.log("db-01").keys().all(|key| !key.starts_with("install:")), "{}", ran.said);
    // And when it moves while the run goes on, the host that has it now is not changed.
    let kill = json!({ "says": "", "times": 1, "kill": "before" });
    fresh.fault("queue-01", "check-role:redis-server", &kill);
    assert_eq!(fresh.mdc(&["apply", "plan.json", "--yes"]).status, None);
    roles(&fresh, &[("cache-01", "replica"), ("queue-01", "primary")]);
    let ran = fresh.mdc(&["resume", "--yes"]).ended(1);
    assert!(ran.flat().contains("role was primary, is replica"), "{}", ran.said);
    assert!(!fresh.log("queue-01").contains_key("install:redis-server"));
}

#[test]
fn a_primary_that_can_not_hand_over_is_said_to_stop() {
    let site = with_replicas();
    roles(&site, &[("cache-01", "primary no Sentinel answers on its host")]);
    let plan = site.mdc(&["plan"]).ended(0);
    let words = "cache-01/redis is the primary and doesn't hand its role over: it says that it can't (no \
                 Sentinel answers on its host)";
    assert!(plan.flat().contains(words), "{}", plan.said);
    assert!(plan.flat().contains("(plan::primary-stays)"), "{}", plan.said);
    site.mdc(&["apply", "--yes"]).ended(0);
    assert!(!site.log("cache-01").contains_key("hand-over:redis-server"));
}

/// The cluster has PostgreSQL 15 by its package of that major version, and goes to 16.
fn of_major_15() -> Site {
    let site = Site::new();
    let over =
        "[components.postgresql]\npackage = { deb = \"postgresql-16\" }\n\n[components.md-core]";
    site.edit("[components.md-core]", over);
    let mut host = site.host("db-01");
    host["packages"] =
        json!({ "postgresql-15": { "installed": "15.9-1" }, "postgresql-16": "absent" });
    site.write("db-01", &host);
    site
}

#[test]
fn another_major_version_is_there_only_when_the_data_are_too() {
    let fresh = of_major_15();
    let plan = fresh.mdc(&["plan"]).ended(0);
    for words in ["15.9 → 16.11", "the old cluster stays, stopped", "way back to 15.9"] {
        assert!(plan.flat().contains(words), "{words}: {}", plan.said);
    }
    let moves = "move-data:postgresql/move the databases to the new major version with pg_upgrade";
    // The new package is there and the old version is healthy: that is not the end of it.
    for key in ["install:postgresql-16", moves, "check-data:postgresql"] {
        let site = fresh.copy();
        site.fault("db-01", key, &json!({ "says": "", "times": 1, "kill": "during" }));
        assert_eq!(site.mdc(&["apply", "--yes"]).status, None, "{key}");
        site.mdc(&["resume", "--yes"]).ended(0);
        assert_eq!(site.log("db-01")[moves], 1, "{key}");
        assert_eq!(site.host("db-01")["units"]["postgresql"]["moved"], true);
    }
    let site = fresh.copy();
    site.fault("db-01", moves, &json!({ "says": "a library is missing", "times": 1 }));
    let ran = site.mdc(&["apply", "--yes"]).ended(1);
    assert!(ran.said.contains("a library is missing"), "{}", ran.said);
    site.mdc(&["resume", "--yes"]).ended(0);
    assert_eq!(
        site.log("db-01")[moves],
        2,
        "what failed is done again, though the package is there"
    );
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    // Redis and RabbitMQ have no way back, and stay.
    let ran = site.mdc(&["rollback", "--yes"]).ended(1);
    assert!(!ran.said.contains("postgresql stays"), "{}", ran.said);
    let host = site.host("db-01");
    assert_eq!(host["packages"]["postgresql-16"], "absent");
    assert_eq!(host["units"]["postgresql"].get("moved"), None);
    let plan = site.mdc(&["plan"]).ended(0);
    assert!(plan.flat().contains("15.9 → 16.11"), "it leads forward again: {}", plan.said);
}

const DROP: &str = "drop-kept:postgresql/drop the old cluster";

#[test]
fn what_was_kept_is_dropped_once_and_then_there_is_no_return() {
    let fresh = of_major_15();
    let said = fresh.mdc(&["finalise", "--yes"]).ended(0).said;
    assert!(said.contains("Nothing is kept for a way back."), "{said}");
    let ran = fresh.mdc(&["apply", "--yes"]).ended(0);
    assert!(ran.flat().contains("kept postgresql on db-01: the old cluster stays"), "{}", ran.said);
    let status = fresh.mdc(&["status"]).ended(0);
    let words = "postgresql 15 on db-01: once nobody goes back, mdc finalise drops it";
    assert!(status.flat().contains(words), "{}", status.said);
    for moment in ["before", "during"] {
        let site = fresh.copy();
        site.fault("db-01", DROP, &json!({ "says": "", "times": 1, "kill": moment }));
        assert_eq!(site.mdc(&["finalise", "--yes"]).status, None);
        let ran = site.mdc(&["rollback", "--yes"]).ended(1);
        assert!(ran.flat().contains("there is no return by mdc"), "{}", ran.said);
        site.mdc(&["resume", "--yes"]).ended(0);
        assert_eq!(site.log("db-01")[DROP], 1, "{moment}");
    }
    let site = fresh.copy();
    let ran = site.mdc(&["finalise", "--yes"]).ended(0);
    for words in ["afterwards there is no return", "way back none: what was kept for it is dropped"]
    {
        assert!(ran.flat().contains(words), "{words}: {}", ran.said);
    }
    assert_eq!(site.host("db-01")["units"]["postgresql"].get("kept"), None);
    let status = site.mdc(&["status"]).ended(0);
    assert!(!status.said.contains("mdc finalise"), "{}", status.said);
    let ran = site.mdc(&["rollback", "--yes"]).ended(1);
    assert!(ran.flat().contains("has dropped what was kept for the way back"), "{}", ran.said);
    let said = site.mdc(&["finalise", "--yes"]).ended(0).said;
    assert!(said.contains("Nothing is kept for a way back."), "{said}");
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    assert!(site.mdc(&["history"]).ended(0).said.contains("B, finalised"));
}

#[test]
fn nothing_is_dropped_while_the_way_back_may_be_needed() {
    let fresh = of_major_15();
    fresh.mdc(&["apply", "--yes"]).ended(0);
    let refused = |site: &Site, words: &str| {
        let ran = site.mdc(&["finalise", "--yes"]).ended(1);
        assert!(ran.flat().contains(words), "{words:?} is not in:\n{}", ran.said);
        assert!(!site.log("db-01").contains_key(DROP));
    };
    let site = fresh.copy();
    site.unhealthy("core-01", &["ometascan"]);
    refused(&site, "core-01/md-core is not healthy");
    let site = fresh.copy();
    let mut host = site.host("core-02");
    host["packages"]["md-core"] = json!({ "installed": "5.18.1-1" });
    site.write("core-02", &host);
    refused(&site, "the cluster is not on release B yet: core-02/md-core has to upgrade");
    let mut host = site.host("core-02");
    host["faults"]["unreachable"] = json!("no route");
    site.write("core-02", &host);
    refused(&site, "core-02 can't be read");
    // Nobody knows what a cluster holds that no run of ours has kept.
    let site = fresh.copy();
    site.forget();
    let ran = site.mdc(&["finalise", "--yes"]).ended(0);
    assert!(ran.flat().contains("no run in .mdc has left it there: it stays"), "{}", ran.said);
    // One that was given up before it dropped anything leaves the way back open.
    let site = fresh.copy();
    site.fault(
        "db-01",
        "check-data:postgresql",
        &json!({ "says": "", "times": 1, "kill": "before" }),
    );
    assert_eq!(site.mdc(&["finalise", "--yes"]).status, None);
    refused(&site, "is unfinished");
}
