//! What reviewers ask of plans: what moved, why a step, why not a host. On the reference plan, changed here
//! in one place at a time.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod basis;
mod comments;
mod examples;

use std::process::{Command, Output};
use std::sync::Arc;

use mdc::catalog::Stage;
use mdc::diagnostic::Code;
use mdc::plan::{Plan, Step, parse, write};
use mdc::review::{Relation, StepField, differences, fit, standing, why};
use mdc::transport::Task;
use mdc::value::Period;
use serde_json::Value;

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
        (|step| step.stage = Stage::Critical, StepField::Stage),
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

/// Stage 2 is only begun where the window has room for a slow case of it.
#[test]
fn what_a_step_takes_means_something_beside_a_window() {
    let slower = |window: bool| {
        let (mut old, mut new) = (plan(), plan());
        if window {
            let of = parse(include_bytes!("../plans/air-gapped.json")).unwrap();
            (old.window, new.window) = (of.window.clone(), of.window);
        }
        step(&mut new, "db-01/postgresql/upgrade").forecast = Period::seconds(999);
        step(&mut new, CORE).forecast = Period::seconds(999);
        let changed = differences(&old, &new).changed;
        let ids = changed.iter().map(|it| (it.new.id.to_string(), it.fields.clone()));
        ids.collect::<Vec<_>>()
    };
    assert_eq!(slower(false), []);
    assert_eq!(slower(true), [("db-01/postgresql/upgrade".to_owned(), vec![StepField::Room])]);
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
    new.warnings.push(Code::Stays.said("mind the gap"));
    new.release = "C".to_owned();
    let old = plan();
    let about = differences(&old, &new).about;
    let what: Vec<&str> = about.iter().map(|moved| moved.what).collect();
    assert_eq!(what, ["release", "warnings"]);
    assert_eq!(about[1].come, ["mind the gap (plan::stays)"]);
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
    // Another task behind the same words.
    let (third, mut changed) = (path("third.json"), plan());
    let core = step(&mut changed, CORE);
    let mut commands = core.commands.to_vec();
    for command in &mut commands {
        if let Task::InstallFile { path, .. } = &mut command.task {
            *path = "/tmp/core.deb".parse().unwrap();
        }
    }
    core.commands = commands.into();
    changed.seal = changed.digest();
    write(&changed, &mut std::fs::File::create(&third).unwrap()).unwrap();
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
        (
            &["diff", &first, &third],
            2,
            &["commands", "- \"path\": \"/var/cache/mdc/", "+ \"path\": \"/tmp/core.deb\""],
        ),
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

#[test]
fn answers_are_there_for_programs_too() {
    let plan = concat!(env!("CARGO_MANIFEST_DIR"), "/plans/quickstart.json");
    let answer = |arguments: &[&str]| -> Value {
        let output = mdc(&[arguments, &["--output", "json"]].concat());
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let why = answer(&["explain", plan, CORE]);
    assert_eq!((&why["format"], &why["step"]), (&"mdc/why".into(), &CORE.into()));
    assert!(why["behind"].as_array().unwrap().len() > 5, "{why:#}");
    let standing = answer(&["why-not", plan, "core-04"]);
    assert_eq!(standing["format"], "mdc/why-not");
    assert_eq!(
        (standing["changes"].as_array().unwrap().len(), &standing["as-desired"][0]),
        (0, &"md-core".into())
    );
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
    let (status, said) = inside(&folder, &[&check[..], &["--format", "json"]].concat());
    assert!(status == Some(0) && said.contains("\"same\": true"), "{said}");
    // The same would be done, and `mdc apply` would call the plan stale.
    let other = format!("{manifest}\n[preflight]\nfree-disk = 513\n");
    std::fs::write(folder.path().join("mdc.toml"), other).unwrap();
    let (status, said) = inside(&folder, &check);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("They differ: other manifest, release or catalog"), "{said}");
    assert!(said.contains("`free-disk` of [preflight]: 513"), "{said}");
    let (status, said) = inside(&folder, &["apply", "plans/next.json", "--yes"]);
    assert!(status == Some(1) && said.contains("the plan is stale"), "{said}");
    assert!(said.contains("`free-disk` of [preflight] was 512, is 513"), "{said}");
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

/// The file for CI, and its lines without what YAML has before commands.
fn for_ci(file: &str) -> (String, Vec<String>) {
    let path = format!("{}/examples/ci/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| line.trim().trim_start_matches("- "));
    let lines = lines.map(|line| line.trim_start_matches("run: ").to_owned()).collect();
    (text, lines)
}

/// Every call of `mdc` in the files for CI, also those that carry a plan out, does what it should there.
#[test]
fn the_files_for_ci_call_mdc_as_it_is() {
    for file in ["github.yml", "gitlab-ci.yml"] {
        let folder = repository();
        let (text, lines) = for_ci(file);
        let calls: Vec<&String> = lines.iter().filter(|line| line.starts_with("mdc ")).collect();
        assert!(calls.len() >= 10, "{file}: {calls:?}");
        for call in calls {
            // What is reviewed is what is carried out, and nothing is pasted into a shell.
            let files = call.split_whitespace().filter(|word| word.starts_with("plan"));
            let mut files = files.filter(|word| word.contains(".json"));
            assert!(files.all(|file| file == "plans/next.json"), "{file}: {call}");
            assert!(!call.contains("${{"), "{file}: {call}");
            let script = call.replace("mdc ", &format!("{} ", env!("CARGO_BIN_EXE_mdc")));
            let mut shell = Command::new("sh");
            shell.args(["-c", &script]).env("GITHUB_STEP_SUMMARY", "summary.md").env("MARK", "x");
            let ended = shell.current_dir(folder.path()).output().unwrap();
            let said = String::from_utf8_lossy(&ended.stderr);
            assert!(ended.status.success(), "{file}: {call}: {said}");
        }
        // The rules are asked once more right before.
        let (_, apply) = text.split_once("\n  apply:").or(text.split_once("\napply:")).unwrap();
        let (before, _) = apply.split_once("mdc apply plans/next.json").unwrap();
        assert!(before.contains("mdc policy plans/next.json policies"), "{file}");
        assert!(text.contains("mdc resume mdc.toml --yes"), "{file}");
    }
}

/// A checkout is cleaned, and the record of runs with it.
#[test]
fn the_files_for_ci_keep_the_record_out_of_the_checkout() {
    for file in ["github.yml", "gitlab-ci.yml"] {
        let folder = repository();
        let (_, lines) = for_ci(file);
        let guards: Vec<&String> = lines.iter().filter(|line| line.starts_with("grep ")).collect();
        assert_eq!(guards.len(), 2, "{file}");
        let manifest = std::fs::read_to_string(folder.path().join("mdc.toml")).unwrap();
        let states = [
            ("", false),
            ("state = \".mdc\"\n", false),
            ("state = \"../state\"\n", false),
            ("state = \"/var/lib/mdc\"\n", true),
            ("state = { postgres = \"postgresql://mdc@db.example.com/mdc\" }\n", true),
        ];
        for (guard, (state, is_kept)) in guards.into_iter().flat_map(|g| states.map(|s| (g, s))) {
            let with = manifest.replace("[cluster]\n", &format!("[cluster]\n{state}"));
            std::fs::write(folder.path().join("mdc.toml"), with).unwrap();
            let mut shell = Command::new("sh");
            let ended = shell.args(["-c", guard]).current_dir(folder.path()).status().unwrap();
            assert_eq!(ended.success(), is_kept, "{file}: {state}");
        }
    }
}

/// By its name alone, any file near the release could be sent to a host.
#[test]
fn no_file_is_sent_but_the_one_that_was_reviewed() {
    let folder = repository();
    let path = folder.path().join("plans/next.json");
    let mut plan = parse(&std::fs::read(&path).unwrap()).unwrap();
    let copy = step(&mut plan, "core-02/md-core/copy");
    let mut commands = copy.commands.to_vec();
    for command in &mut commands {
        if let Task::ReceiveFile { from, .. } = &mut command.task {
            "snapshot.json".clone_into(from);
        }
    }
    copy.commands = commands.into();
    plan.seal = plan.digest();
    write(&plan, &mut std::fs::File::create(&path).unwrap()).unwrap();
    let (_, said) = inside(&folder, &["show", "plans/next.json", "--detail", "commands"]);
    assert!(said.contains("from the file snapshot.json"), "{said}");
    let (status, said) = inside(&folder, &["apply", "plans/next.json", "--yes"]);
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(status, Some(1), "{said}");
    assert!(flat.contains("snapshot.json is not the file that was reviewed"), "{said}");
}

#[test]
fn what_would_be_otherwise_is_shown_and_not_done() {
    let folder = repository();
    let mut asked = vec!["what-if", "mdc.toml", "--snapshot", "snapshot.json"];
    let (status, said) = inside(&folder, &asked);
    assert_eq!(status, Some(1));
    assert!(said.contains("<--window <TIME>|--batch <N>>"), "{said}");
    asked.extend(["--window", "90m", "--batch", "50%"]);
    let (status, said) = inside(&folder, &asked);
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(status, Some(0), "{said}");
    assert!(flat.contains("50% of each component went at once and stage 2 had 1h 30m"), "{said}");
    assert!(flat.contains("It fits: each step is begun"), "{said}");
    asked.extend(["--output", "json"]);
    let (_, said) = inside(&folder, &asked);
    assert!(said.contains("\"format\": \"mdc/what-if\""), "{said}");
    assert!(
        said.contains("\"window\": \"1h 30m\"") && said.contains("\"not-begun\": []"),
        "{said}"
    );
    let (status, said) =
        inside(&folder, &["what-if", "mdc.toml", "--snapshot", "snapshot.json", "--window", "5m"]);
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(status, Some(0), "{said}");
    assert!(
        flat.contains("It does not fit.") && flat.contains("upgrade file-storage on"),
        "{said}"
    );
}

/// Where the room is missing the run stops, whatever smaller comes behind.
#[test]
fn nothing_is_begun_behind_what_does_not_fit() {
    let plan = plan();
    let critical: Vec<&Step> = plan
        .steps
        .iter()
        .filter(|step| step.stage == Stage::Critical && step.is_change())
        .collect();
    let mut slow = plan.clone();
    let first = critical[0];
    step(&mut slow, &first.id).slow = Some(Period::seconds(1_000_000));
    let fit = fit(&slow, std::time::Duration::from_hours(250));
    let ids: Vec<&str> = fit.not_begun.iter().map(|step| &*step.id).collect();
    assert!(critical.len() > 2);
    assert_eq!(ids, critical.iter().map(|step| &*step.id).collect::<Vec<_>>());
}

#[test]
fn where_nothing_is_to_be_done_no_host_is_a_stranger() {
    let folder = repository();
    assert_eq!(inside(&folder, &["apply", "plans/next.json", "--yes"]).0, Some(0));
    assert_eq!(inside(&folder, &["plan", "-o", "done.json"]).0, Some(0));
    let (status, said) = inside(&folder, &["why-not", "done.json", "core-02"]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("Nothing changes on any host"), "{said}");
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
