//! While a plan runs: who is told when, once, and what waits for it.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::servers::Server;
use crate::site::{Ran, Site};

/// The table of a notice.
pub(crate) fn ops(on: &str, keys: &str) -> String {
    format!("\n[[notices]]\nname = \"ops\"\non = [{on}]\n{keys}")
}

/// The quickstart with `notices`.
pub(crate) fn site(notices: &str) -> Site {
    let site = Site::new();
    let path = site.path("mdc.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}{notices}")).unwrap();
    site
}

const ALL: &str = "\"before\", \"start\", \"end\", \"failure\"";
/// Writes down what it is told of: event and stage, and the text beside it.
const WRITES: &str =
    "command = 'echo \"$MDC_EVENT $MDC_STAGE\" >> told; cat >> texts; echo written'\n";

fn told(site: &Site) -> Vec<String> {
    let text = fs::read_to_string(site.path("told")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

const UNDISTURBED: [&str; 6] =
    ["before live", "before critical", "start live", "end live", "start critical", "end critical"];

#[test]
fn people_are_told_in_order_and_between_the_right_steps() {
    let site = site(&ops(ALL, WRITES));
    let plan = site.mdc(&["plan"]).ended(0);
    plan.ended(0).tells(&["Notices", "before, start, end, failure of", "a warning in the record"]);
    site.mdc(&["apply", "--yes"])
        .ended(0)
        .tells(&["the start of stage 2", "✓ exit status 0: written"]);
    assert_eq!(told(&site), UNDISTURBED);
    let steps = site.begun();
    let at = |id: &str| steps.iter().position(|it| it == id).unwrap();
    let changes = |stage: &[&str]| -> Vec<usize> {
        let of = |id: &&String| stage.iter().any(|it| id.ends_with(&format!("/{it}/upgrade")));
        steps.iter().filter(of).map(|id| at(id)).collect()
    };
    let critical = changes(&["postgresql", "rabbitmq", "redis", "file-storage"]);
    let live = changes(&["md-core", "worker", "control-center", "identity-service", "api-gateway"]);
    assert!(at("controller/ops/tell-start-live") < *live.iter().min().unwrap());
    assert!(at("controller/ops/tell-end-live") > *live.iter().max().unwrap());
    assert!(at("controller/ops/tell-start-critical") > at("db-01/postgresql/prove-backup"));
    assert!(at("controller/ops/tell-start-critical") < *critical.iter().min().unwrap());
    assert!(at("controller/ops/tell-end-critical") > at("db-01/postgresql/verify"));
    assert!(*live.iter().max().unwrap() < *critical.iter().min().unwrap());
    // The record has it, also for an audit.
    let record = site.mdc(&["report"]).ended(0);
    record.ended(0).tells(&["Notices", "ops the end of stage 1"]);
    // Nothing is to be done any more, and nobody is told.
    site.mdc(&["apply", "--yes"]).ended(0);
    assert_eq!(told(&site), UNDISTURBED);
}

#[test]
fn who_was_told_is_not_told_again_after_a_crash() {
    for (host, key) in [
        ("core-01", "install:md-core"),
        ("db-01", "install:postgresql-16"),
        ("queue-01", "await-idle:rabbitmq-server"),
        ("storage-01", "check-unit:md-cluster-file-storage"),
    ] {
        for moment in ["before", "during"] {
            let site = site(&ops(ALL, WRITES));
            site.promise_nothing();
            site.fault(host, key, &json!({ "says": "", "times": 1, "kill": moment }));
            let killed = site.mdc(&["apply", "--yes"]);
            assert_eq!(killed.status, None, "{key}: {}", killed.said);
            site.mdc(&["resume", "--yes"]).ended(0);
            assert_eq!(told(&site), UNDISTURBED, "killed {moment} {key}");
        }
    }
}

#[test]
fn a_failure_is_told_with_its_reason_and_once_an_attempt() {
    let site = site(&ops(ALL, WRITES));
    site.fault(
        "queue-01",
        "check-version:redis-server",
        &json!({ "says": "E: \u{1b}[2Jbroken", "times": 3 }),
    );
    let ran = site.mdc(&["apply", "--yes"]);
    ran.ended(1).tells(&["a failure in stage 2", "✓ exit status 0: written"]);
    let failed = ["before live", "before critical", "start live", "end live", "start critical"];
    assert_eq!(told(&site), [&failed[..], &["failure critical"]].concat());
    let texts = fs::read_to_string(site.path("texts")).unwrap();
    assert!(texts.contains("Failed: queue-01/redis/upgrade"), "{texts}");
    assert!(texts.contains("broken") && !texts.contains('\u{1b}'), "{texts}");
    assert!(texts.contains("To go on: mdc "), "{texts}");
    let entries = site.journal();
    let entry = entries.iter().find(|entry| entry.get("told").is_some()).unwrap();
    assert_eq!(entry["told"]["told"]["of"], "failure");
    // It fails again, then not.
    site.mdc(&["resume", "--yes"]).ended(1);
    site.mdc(&["resume", "--yes"]).ended(0);
    let rest = ["failure critical", "failure critical", "end critical"];
    assert_eq!(told(&site), [&failed[..], &rest[..]].concat());
}

#[test]
fn who_hears_of_no_failure_hears_of_an_end_that_is_none() {
    let site = site(&ops("\"start\", \"end\"", WRITES));
    site.fault(
        "queue-01",
        "check-version:redis-server",
        &json!({ "says": "E: broken", "times": 1 }),
    );
    site.mdc(&["apply", "--yes"]).ended(1);
    assert_eq!(told(&site), ["start live", "end live", "start critical", "end critical"]);
    let texts = fs::read_to_string(site.path("texts")).unwrap();
    assert!(texts.contains("Stage 2 (critical) has ended and is not complete"), "{texts}");
    assert!(texts.contains("queue-01/redis/upgrade"), "{texts}");
    site.mdc(&["resume", "--yes"]).ended(0);
    assert_eq!(told(&site).last().unwrap(), "end critical");
    assert_eq!(told(&site).len(), 5);
}

#[test]
fn what_blocks_holds_its_stage_up_until_it_is_delivered() {
    let keys = "stages = [\"critical\"]\nblocking = true\n\
                command = 'test -e ready || { echo \"nobody is there\" >&2; exit 3; }; echo \"$MDC_EVENT\" >> told'\n";
    let site = site(&ops("\"start\"", keys));
    site.mdc(&["plan"]).ended(0).tells(&["nothing goes on"]);
    let ran = site.mdc(&["apply", "--yes"]);
    ran.ended(1).tells(&[
        "exit status: 3",
        "nobody is there",
        "mdc notify --test",
        "then `mdc resume`: it is tried again",
    ]);
    assert!(site.log("core-01").contains_key("install:md-core"), "stage 1 goes on");
    assert!(site.log("db-01").keys().all(|key| !key.starts_with("install:")));
    fs::write(site.path("ready"), "").unwrap();
    site.mdc(&["resume", "--yes"]).ended(0);
    assert_eq!(told(&site), ["start"]);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn what_never_answers_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::web(folder.path(), "hang");
    let keys = |blocking: bool| {
        format!(
            "blocking = {blocking}\nwithin = \"1s\"\nstages = [\"live\"]\n\
             webhook = {{ url = \"http://127.0.0.1:{}/\" }}\n",
            server.port
        )
    };
    let site = site(&ops("\"before\"", &keys(true)));
    site.mdc(&["apply", "--yes"])
        .ended(1)
        .tells(&["no answer", "it may have been taken all the same"]);
    assert!(!site.log("core-01").contains_key("install:md-core"));
    // A command is ended with all that it has begun.
    let ended = "command = 'sleep 1000 & echo $! > pid; wait'\nwithin = \"1s\"\n";
    let site = crate::run::site(&ops("\"before\"", ended));
    site.mdc(&["notify", "--test"]).ended(1).tells(&["the command was ended after"]);
    let pid = fs::read_to_string(site.path("pid")).unwrap();
    let state = || fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    let is_over = |state: &str| state.is_empty() || state.contains(") Z ");
    // A busy machine lets a killed process die a moment later.
    let give_up = Instant::now() + Duration::from_secs(10);
    while !is_over(&state()) && Instant::now() < give_up {
        std::thread::yield_now();
    }
    assert!(is_over(&state()), "{}", state());
    // What does not block leaves a warning.
    let site = crate::run::site(&ops("\"before\"", &keys(false)));
    site.mdc(&["apply", "--yes"]).ended(0).tells(&["not told", "✓ Complete."]);
}

#[test]
fn parts_of_a_plan_and_the_way_back_are_told_too() {
    let site = site(&ops(ALL, WRITES));
    let ran = site.mdc(&["apply", "--yes", "--only", "identity-01"]);
    assert!(!ran.said.contains("what it left on"), "{}", ran.said);
    assert_eq!(told(&site), ["before live", "start live", "end live"], "{}", ran.said);
    fs::remove_file(site.path("told")).unwrap();
    let ran = site.mdc(&["rollback", "--yes"]);
    assert_eq!(told(&site), ["before live", "start live", "end live"], "{}", ran.said);
}

#[test]
fn a_command_gets_no_secret_of_the_environment() {
    let site = site(&ops("\"start\"", "command = 'env > seen'\n"));
    let mut notify = site.command(&["notify", "--test"]);
    let ran = Ran::of(&notify.env("MDC_TOKEN", "canary-s3cret").output().unwrap());
    ran.ended(0);
    let seen = fs::read_to_string(site.path("seen")).unwrap();
    assert!(seen.contains("MDC_EVENT=test") && !seen.contains("canary"), "{seen}");
}

#[test]
fn a_changed_notice_makes_a_saved_plan_stale() {
    let site = site(&ops("\"start\"", WRITES));
    site.mdc(&["plan", "-o", "plan.json"]).ended(0);
    site.edit("name = \"ops\"", "name = \"ops\"\ntext = \"other words\"");
    site.mdc(&["apply", "--yes", "plan.json"]).ended(1).tells(&["the plan is stale"]);
    assert!(told(&site).is_empty());
}
