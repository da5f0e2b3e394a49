//! What a plan rests on: what has moved besides it doesn't count, what has moved under a step refuses that
//! step and what comes after it, by name, with what it was and what it is.

use mdc::observe::UnitState;
use mdc::plan::{Plan, parse, write};

use super::{inside, repository};

const NEXT: &str = "plans/next.json";

fn edit(folder: &tempfile::TempDir, from: &str, to: &str) {
    let path = folder.path().join("mdc.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

fn change(folder: &tempfile::TempDir, change: impl FnOnce(&mut Plan)) {
    let path = folder.path().join(NEXT);
    let mut plan = parse(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut plan);
    plan.seal = plan.digest();
    write(&plan, &mut std::fs::File::create(&path).unwrap()).unwrap();
}

fn flat(said: &str) -> String {
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// On a host that nothing is done on, and of what no step takes anything from.
#[test]
fn what_no_step_rests_on_may_move() {
    let folder = repository();
    let core_05 =
        "[hosts.core-05]\naddress = \"10.0.9.9\"\ncomponents = [\"worker\"]\n\n[hosts.hook-01]";
    edit(&folder, "[hosts.hook-01]", core_05);
    edit(&folder, "installed]\n", "installed]\n\"core-05/worker\" = \"2.9.0\"\n");
    let (status, said) = inside(&folder, &["apply", NEXT, "--yes"]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("Complete") && !said.contains("stale"), "{said}");
}

#[test]
fn what_was_written_anew_refuses_the_steps_that_rest_on_it() {
    let folder = repository();
    edit(&folder, "address = \"10.0.2.21\"", "address = \"10.0.2.22\"");
    let (status, said) = inside(&folder, &["apply", NEXT, "--yes"]);
    let words = flat(&said);
    assert_eq!(status, Some(1), "{said}");
    let told = "`address` of host hook-01 was 10.0.2.21, is 10.0.2.22";
    assert!(
        words.contains(told) && words.contains("warning[plan::stale]: in part the plan is stale"),
        "{said}"
    );
    let (_, history) = inside(&folder, &["history", "--output", "json"]);
    let debts = |step: &str| history.contains(&format!("\"{step}\": \"refused: "));
    assert!(
        debts("hook-01/callback-service/upgrade") && debts("hook-01/worker/upgrade"),
        "{history}"
    );
    // All of stage 2 comes after it; another host of stage 1 doesn't.
    assert!(debts("db-01/postgresql/upgrade") && !debts("core-01/worker/upgrade"), "{history}");
    assert!(history.contains("it comes after "), "{history}");
    // Whether all is well is seen at the end all the same.
    assert!(!debts("gate-01/api-gateway/verify") && !debts("gate-01/api-gateway/read-logs"));
    assert!(words.contains("not started") && words.contains("go on mdc apply "), "{said}");
    let (_, plan) = inside(&folder, &["plan", "--format", "json"]);
    assert!(!plan.contains("\"id\": \"core-01/worker/upgrade\""), "it was done");
    assert!(plan.contains("\"id\": \"hook-01/worker/upgrade\""), "it was not");
}

/// What can't be carried out so is refused before a run is begun.
#[test]
fn a_choice_is_judged_before_a_run_begins() {
    let folder = repository();
    edit(&folder, "address = \"10.0.2.21\"", "address = \"10.0.2.22\"");
    let part = ["apply", NEXT, "--yes", "--skip", "hook-01/callback-service/upgrade"];
    let (status, said) = inside(&folder, &part);
    assert_eq!(status, Some(1), "{said}");
    assert!(
        said.contains("no step of this plan concerns `hook-01/callback-service/upgrade`"),
        "{said}"
    );
    assert!(
        inside(&folder, &["history"]).1.contains("Nothing was carried out yet"),
        "nothing was begun"
    );
}

#[test]
fn what_moved_on_a_host_refuses_its_step_and_what_comes_after_it() {
    let folder = repository();
    change(&folder, |plan| {
        let facts = plan.basis.facts.get_mut("hook-01/callback-service").unwrap();
        facts.unit = UnitState::Stopped("failed".to_owned());
    });
    let (status, said) = inside(&folder, &["apply", NEXT, "--yes"]);
    let words = flat(&said);
    assert_eq!(status, Some(1), "{said}");
    assert!(words.contains("hook-01/callback-service/upgrade"), "{said}");
    assert!(words.contains("service was failed, is active"), "{said}");
    let (_, history) = inside(&folder, &["history", "--output", "json"]);
    assert!(!history.contains("\"hook-01/worker/upgrade\": \"refused"), "{history}");
    assert!(history.contains("\"db-01/postgresql/upgrade\": \"refused"), "{history}");
}

/// A run that goes on looks again.
#[test]
fn a_run_that_goes_on_refuses_what_was_written_anew_since() {
    let folder = repository();
    assert_eq!(inside(&folder, &["observe"]).0, Some(0));
    let path = folder.path().join(".mdc/fleet/control-01.json");
    let healthy = std::fs::read_to_string(&path).unwrap();
    let mut host: serde_json::Value = serde_json::from_str(&healthy).unwrap();
    host["faults"] =
        serde_json::json!({ "fail": { "install:md-cluster-control-center": { "says": "no" } } });
    std::fs::write(&path, host.to_string()).unwrap();
    assert_eq!(inside(&folder, &["apply", NEXT, "--yes"]).0, Some(1));
    std::fs::write(&path, healthy).unwrap();
    // What it has begun of it is not gone on with under other words.
    edit(&folder, "address = \"10.0.0.14\"", "address = \"10.0.0.15\"");
    let (status, said) = inside(&folder, &["resume", "--yes"]);
    assert_eq!(status, Some(1), "{said}");
    assert!(flat(&said).contains("`address` of host control-01 was 10.0.0.14"), "{said}");
    edit(&folder, "address = \"10.0.0.15\"", "address = \"10.0.0.14\"");
    edit(&folder, "address = \"10.0.2.21\"", "address = \"10.0.2.22\"");
    let (status, said) = inside(&folder, &["resume", "--yes"]);
    assert_eq!(status, Some(1), "{said}");
    assert!(flat(&said).contains("`address` of host hook-01 was 10.0.2.21"), "{said}");
    let (_, history) = inside(&folder, &["history", "--output", "json"]);
    assert!(history.contains("\"hook-01/worker/upgrade\": \"refused: "), "{history}");
}

#[test]
fn a_plan_expires_by_its_snapshot_or_its_file() {
    let folder = repository();
    let old: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    change(&folder, |plan| plan.basis.snapshot = Some(old));
    let (status, said) = inside(&folder, &["apply", NEXT, "--yes"]);
    let words = flat(&said);
    assert_eq!(status, Some(1), "{said}");
    assert!(words.contains("plan::expired"), "{said}");
    assert!(words.contains("the plan has expired: its snapshot was taken"), "{said}");
    assert!(words.contains("more than 7 days ago"), "{said}");
    assert_eq!(inside(&folder, &["stage", NEXT, "--yes"]).0, Some(1), "nor are its packages");
    // A manifest of now may ask for less than the plan says, and not for more.
    edit(&folder, "[defaults]", "[plans]\nmax-age = \"36500d\"\n\n[defaults]");
    assert!(flat(&inside(&folder, &["apply", NEXT, "--yes"]).1).contains("more than 7 days ago"));
    change(&folder, |plan| plan.basis.snapshot = None);
    let file = std::fs::File::options().write(true).open(folder.path().join(NEXT)).unwrap();
    file.set_modified(std::time::SystemTime::from(old)).unwrap();
    let (status, said) = inside(&folder, &["apply", NEXT, "--yes"]);
    assert_eq!(status, Some(1), "{said}");
    assert!(flat(&said).contains("the plan has expired: its file was written"), "{said}");
    file.set_modified(std::time::SystemTime::from(jiff::Timestamp::now())).unwrap();
    assert_eq!(inside(&folder, &["apply", NEXT, "--yes"]).0, Some(0));
}
