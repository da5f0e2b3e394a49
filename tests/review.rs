//! What reviewers ask of plans: what moved, why a step, why not a host. On the reference plan, changed here
//! in one place at a time.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod examples;

use std::process::{Command, Output};
use std::sync::Arc;

use mdc::plan::{Plan, Step, parse, write};
use mdc::review::{Relation, StepField, differences, standing, why};
use mdc::value::Period;

const CORE: &str = "core-02/md-core/upgrade";

fn plan() -> Plan {
    parse(include_bytes!("../plans/quickstart.json")).unwrap()
}

fn step<'p>(plan: &'p mut Plan, id: &str) -> &'p mut Step {
    plan.steps.iter_mut().find(|step| &*step.id == id).unwrap()
}

/// The fields that moved of the only step that did.
#[track_caller]
fn moved(change: impl Fn(&mut Step)) -> Vec<StepField> {
    let (old, mut new) = (plan(), plan());
    change(step(&mut new, CORE));
    let differences = differences(&old, &new);
    assert!(
        differences.about.is_empty() && differences.gone.is_empty() && differences.come.is_empty()
    );
    let [changed] = differences.changed.as_slice() else { return Vec::new() };
    assert_eq!(&*changed.new.id, CORE);
    changed.fields.clone()
}

#[test]
fn a_plan_means_the_same_as_itself_and_as_one_that_takes_longer() {
    assert!(differences(&plan(), &plan()).is_empty());
    let mut slower = plan();
    for step in &mut slower.steps {
        step.forecast = Period::seconds(999);
        step.wave += 1;
    }
    slower.seal = slower.digest();
    assert!(slower.seal != plan().seal && differences(&plan(), &slower).is_empty());
}

#[test]
fn each_field_that_carries_meaning_is_told() {
    type Change = fn(&mut Step);
    let cases: [(Change, StepField); 7] = [
        (|step| step.to = "5.19.1".parse().unwrap(), StepField::Version),
        (|step| step.stage = mdc::catalog::Stage::Critical, StepField::Stage),
        (|step| step.reasons.clear(), StepField::Reasons),
        (
            |step| {
                let mut commands = step.commands.to_vec();
                commands[1].run.push_str(" --force");
                step.commands = commands.into();
            },
            StepField::Commands,
        ),
        (|step| drop(step.needs_healthy.pop()), StepField::Needs),
        (|step| step.impact = "Nothing stops".into(), StepField::Impact),
        (|step| step.way_back = None, StepField::WayBack),
    ];
    for (change, field) in cases {
        assert_eq!(moved(change), [field]);
    }
}

#[test]
fn order_is_what_has_to_be_over_and_not_how_it_is_written() {
    // It comes after that anyway, by the gate before it.
    let implied = |step: &mut Step| {
        let first = Arc::from("core-01/md-core/upgrade");
        assert!(!step.after.contains(&first));
        step.after.push(first);
    };
    assert_eq!(moved(implied), []);
    assert_eq!(moved(|step| step.after.clear()), [StepField::Order]);
    let (old, mut new) = (plan(), plan());
    step(&mut new, CORE).after.push("gate-01/api-gateway/verify".into());
    let differences = differences(&old, &new);
    assert_eq!(differences.changed[0].before.1, ["gate-01/api-gateway/verify"]);
}

#[test]
fn steps_that_come_and_go_are_told_and_what_stood_behind_them_keeps_its_place() {
    let (old, mut new) = (plan(), plan());
    let gate = "core-02/md-core/keep-healthy";
    let before = step(&mut new, gate).after.clone();
    new.steps.retain(|step| &*step.id != gate);
    for step in &mut new.steps {
        if step.after.iter().any(|id| &**id == gate) {
            step.after.retain(|id| &**id != gate);
            step.after.extend(before.iter().cloned());
        }
    }
    let there = differences(&old, &new);
    let ids: Vec<&str> = there.gone.iter().map(|step| &*step.id).collect();
    assert_eq!((ids.as_slice(), there.come.len(), there.changed.len()), ([gate].as_slice(), 0, 0));
    let back = differences(&new, &old);
    assert_eq!((back.gone.len(), back.come.len(), back.changed.len()), (0, 1, 0));
}

#[test]
fn what_a_plan_says_once_is_compared_too() {
    let mut new = plan();
    new.warnings.push("mind the gap".to_owned());
    new.release = "C".to_owned();
    let old = plan();
    let about = differences(&old, &new).about;
    let what: Vec<&str> = about.iter().map(|moved| moved.what).collect();
    assert_eq!(what, ["release", "warnings"]);
    assert_eq!(about[1].come, ["mind the gap"]);
}

#[test]
fn a_step_knows_what_it_rests_on_and_what_rests_on_it() {
    let plan = plan();
    let answer = why(&plan, CORE).unwrap();
    let relations: Vec<Relation> = answer.after.keys().copied().collect();
    assert_eq!(relations, [Relation::Gate]);
    // All of stage 2 waits for it, and not one step of another Core does.
    let behind: Vec<&str> = answer.behind.iter().map(|step| &*step.id).collect();
    assert!(behind.contains(&"db-01/postgresql/upgrade"));
    assert!(!behind.contains(&"core-01/md-core/upgrade"));
    assert!(answer.next.iter().all(|step| behind.contains(&&*step.id)));
    // What is next waits for nothing else that hangs on it.
    let waits = |step: &Step| step.after.iter().any(|id| behind.contains(&&**id));
    assert!(!answer.next.iter().any(|step| waits(step)));
    assert!(why(&plan, "core-02/md-core").is_none());
}

#[test]
fn a_host_has_its_changes_or_the_reason_for_none() {
    let plan = plan();
    let ids = |steps: &[&Step]| steps.iter().map(|step| step.id.to_string()).collect::<Vec<_>>();
    assert_eq!(
        ids(&standing(&plan, "core-02").changes),
        ["core-02/worker/upgrade", "core-02/md-core/upgrade"]
    );
    let ready = standing(&plan, "core-04");
    assert!(ready.changes.is_empty() && ready.as_desired.len() == 2);
    assert!(standing(&plan, "core-99").is_unknown_to_plan());
}

fn mdc(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mdc")).args(arguments).output().unwrap()
}

#[test]
fn the_commands_answer_and_their_status_says_whether_anything_moved() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (first, second) = (path("first.json"), path("second.json"));
    let mut changed = plan();
    write(&changed, &mut std::fs::File::create(&first).unwrap()).unwrap();
    step(&mut changed, CORE).impact = "All stops".into();
    changed.seal = changed.digest();
    write(&changed, &mut std::fs::File::create(&second).unwrap()).unwrap();
    let golden: &[(&[&str], i32, &[&str])] = &[
        (&["diff", &first, &first], 0, &["Both mean the same."]),
        (
            &["diff", &first, &second],
            2,
            &["1 step done otherwise", "impact", "-Scan capacity", "+All stops"],
        ),
        (&["diff", &first, &second, "--format", "json"], 2, &["\"same\": false", "\"impact\""]),
        (
            &["explain", &first, CORE],
            0,
            &["5.18.1 → 5.19.0", "Why it comes here", "What hangs on it", "apt-get install"],
        ),
        (&["explain", &first, "core-02/md-core"], 0, &["upgrade md-core on core-02"]),
        (&["explain", &first, "core-02"], 1, &["has several steps `core-02`"]),
        (
            &["explain", &first, "core-02/md-core/upgrad"],
            1,
            &["did you mean `core-02/md-core/upgrade`"],
        ),
        (&["explain", &first], 1, &["name a step of the plan too"]),
        (&["why-not", &first, "core-04"], 0, &["Nothing changes there", "md-core"]),
        (&["why-not", &first, "core-99"], 1, &["says nothing of a host `core-99`"]),
    ];
    for (arguments, status, words) in golden {
        let Output { status: ended, stdout, stderr } = mdc(arguments);
        let said = String::from_utf8([stdout, stderr].concat()).unwrap();
        assert_eq!(ended.code(), Some(*status), "{arguments:?}: {said}");
        let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in *words {
            assert!(flat.contains(word), "{arguments:?}: no {word:?} in:\n{said}");
        }
    }
}

/// A copy of the quickstart with a snapshot of its cluster and a plan from that, laid out as the files for
/// CI have it.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    examples::copy(&examples::folder().join("quickstart"), folder.path());
    examples::copy(&examples::folder().join("ci/policies"), &folder.path().join("policies"));
    examples::hurry(&folder.path().join("mdc.toml"));
    std::fs::create_dir(folder.path().join("plans")).unwrap();
    for arguments in [
        ["observe", "mdc.toml", "-o", "snapshot.json"].as_slice(),
        &["plan", "--snapshot", "snapshot.json", "-o", "plans/next.json"],
    ] {
        assert_eq!(inside(&folder, arguments).0, Some(0), "{arguments:?}");
    }
    folder
}

fn inside(folder: &tempfile::TempDir, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mdc"));
    let Output { status, stdout, stderr } =
        command.args(arguments).current_dir(folder.path()).output().unwrap();
    (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

#[test]
fn a_committed_plan_is_up_to_date_until_something_means_another_thing() {
    let folder = repository();
    let check = ["check", "plans/next.json", "mdc.toml", "--snapshot", "snapshot.json"];
    let (status, said) = inside(&folder, &check);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("plans/next.json is up to date."), "{said}");
    let manifest = std::fs::read_to_string(folder.path().join("mdc.toml")).unwrap();
    let comment = format!("# Only words.\n{manifest}");
    std::fs::write(folder.path().join("mdc.toml"), comment).unwrap();
    assert_eq!(inside(&folder, &check).0, Some(0));
    let other = manifest.replace("at-once = 2", "at-once = 1");
    assert_ne!(other, manifest);
    std::fs::write(folder.path().join("mdc.toml"), other).unwrap();
    let (status, said) = inside(&folder, &check);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("out of date") && said.contains("mdc plan mdc.toml -o"), "{said}");
}

#[test]
fn rules_refuse_a_plan_with_their_own_words_and_status() {
    let folder = repository();
    let (status, said) = inside(&folder, &["policy", "plans/next.json", "policies"]);
    assert_eq!(status, Some(0), "{said}");
    let strict = "package main\ndeny contains msg if {\n  some step in input.steps\n  \
                  step.action == \"upgrade\"\n  step.component == \"redis\"\n  \
                  msg := sprintf(\"%s waits for a newer Redis\", [step.id])\n}\n";
    std::fs::write(folder.path().join("strict.rego"), strict).unwrap();
    let refused = inside(&folder, &["policy", "plans/next.json", "policies", "strict.rego"]);
    assert_eq!(refused.0, Some(3), "{}", refused.1);
    assert!(refused.1.contains("queue-01/redis/upgrade waits for a newer Redis"), "{}", refused.1);
    std::fs::write(folder.path().join("strict.rego"), "package main\ndeny if {").unwrap();
    let wrong = inside(&folder, &["policy", "plans/next.json", "strict.rego"]);
    assert_eq!(wrong.0, Some(1));
    assert!(wrong.1.contains("strict.rego"), "{}", wrong.1);
}

/// Every call of `mdc` in the files for CI, but for those that carry a plan out, does what it should there.
#[test]
fn the_files_for_ci_call_mdc_as_it_is() {
    for file in ["github.yml", "gitlab-ci.yml"] {
        let folder = repository();
        let path = format!("{}/examples/ci/{file}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let calls = text.lines().map(|line| line.trim().trim_start_matches("- "));
        let calls = calls.map(|line| line.trim_start_matches("run: "));
        let calls: Vec<&str> = calls.filter(|line| line.starts_with("mdc ")).collect();
        assert!(calls.len() >= 7, "{file}: {calls:?}");
        for call in calls {
            let script = call
                .replace("${{ inputs.plan }}", "plans/next.json")
                .replace("mdc ", &format!("{} ", env!("CARGO_BIN_EXE_mdc")));
            let mut shell = Command::new("sh");
            shell.args(["-c", &script]).env("GITHUB_STEP_SUMMARY", "summary.md");
            let ended = shell.current_dir(folder.path()).output().unwrap();
            let said = String::from_utf8_lossy(&ended.stderr);
            assert!(ended.status.success(), "{file}: {call}: {said}");
        }
    }
}

#[test]
fn what_would_be_otherwise_is_shown_and_not_done() {
    let folder = repository();
    let mut asked = vec!["what-if", "mdc.toml", "--snapshot", "snapshot.json"];
    assert_eq!(inside(&folder, &asked).0, Some(1));
    asked.extend(["--window", "90m", "--batch", "50%"]);
    let (status, said) = inside(&folder, &asked);
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(status, Some(0), "{said}");
    assert!(flat.contains("50% of each component went at once and stage 2 had 1h 30m"), "{said}");
    assert!(flat.contains("It fits: each step is begun"), "{said}");
    let (status, said) =
        inside(&folder, &["what-if", "mdc.toml", "--snapshot", "snapshot.json", "--window", "5m"]);
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(status, Some(0), "{said}");
    assert!(
        flat.contains("It does not fit.") && flat.contains("upgrade file-storage on"),
        "{said}"
    );
}

#[test]
fn what_steps_took_is_what_later_plans_expect() {
    let folder = repository();
    assert_eq!(inside(&folder, &["apply", "plans/next.json", "--yes"]).0, Some(0));
    let (status, durations) = inside(&folder, &["history", "--durations"]);
    assert_eq!(status, Some(0), "{durations}");
    assert!(durations.contains("\"md-core/upgrade\""), "{durations}");
    let next = repository();
    std::fs::write(next.path().join("durations.json"), &durations).unwrap();
    let manifest = std::fs::read_to_string(next.path().join("mdc.toml")).unwrap();
    let manifest = manifest + "\n[forecast]\ndurations = [\"durations.json\"]\n";
    std::fs::write(next.path().join("mdc.toml"), manifest).unwrap();
    // Another forecast is no other meaning.
    let check = ["check", "plans/next.json", "mdc.toml", "--snapshot", "snapshot.json"];
    assert_eq!(inside(&next, &check).0, Some(0));
    let (_, said) = inside(&next, &["plan", "--snapshot", "snapshot.json", "-o", "seen.json"]);
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("slow case") && flat.contains("16 of 16 changes were seen before"),
        "{said}"
    );
    let seen = parse(&std::fs::read(next.path().join("seen.json")).unwrap()).unwrap();
    let core = seen.steps.iter().find(|step| &*step.id == CORE).unwrap();
    assert!(core.forecast.whole_seconds() < 155 && core.slow.is_some(), "{:?}", core.forecast);
    assert_eq!(core.room().whole_seconds(), core.slow_case().whole_seconds() * 2);
}
