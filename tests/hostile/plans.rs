//! Plans that somebody has changed and sealed anew: the seal vouches for nobody.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use camino::Utf8PathBuf;
use mdc::diff::Action;
use mdc::plan::{FileError, Plan, Step, WayBack, parse, write};
use mdc::review::{StepField, differences};
use mdc::transport::{Command, Task};

const CORE: &str = "core-02/md-core/upgrade";
const DATABASE: &str = "db-01/postgresql/upgrade";
const COPY: &str = "core-02/md-core/copy";

fn plan() -> Plan {
    parse(include_bytes!("../../plans/quickstart.json")).unwrap()
}

fn step<'p>(plan: &'p mut Plan, id: &str) -> &'p mut Step {
    plan.steps.iter_mut().find(|step| &*step.id == id).unwrap()
}

/// The plan as it is read after `change`, sealed anew.
fn resealed(change: impl Fn(&mut Plan)) -> Result<Plan, FileError> {
    let mut plan = plan();
    change(&mut plan);
    plan.seal = plan.digest();
    let mut text = Vec::new();
    write(&plan, &mut text).unwrap();
    parse(&text)
}

fn task(plan: &mut Plan, id: &str, change: impl Fn(&mut Command)) {
    let step = step(plan, id);
    let mut commands = step.commands.to_vec();
    commands.iter_mut().for_each(change);
    step.commands = commands.into();
}

fn sends(plan: &mut Plan, file: &str) {
    task(plan, COPY, |command| {
        if let Task::ReceiveFile { from, .. } = &mut command.task {
            file.clone_into(from);
        }
    });
}

type Change = fn(&mut Plan);

/// What makes a plan say what isn't so, and how that is told.
const CASES: &[(Change, &str)] = &[
    (|plan| step(plan, DATABASE).host = "core-01".parse().unwrap(), "is not what its id says"),
    (|plan| step(plan, DATABASE).action = Action::Verify, "is not what its id says"),
    (
        |plan| step(plan, DATABASE).component = "redis".parse().unwrap(),
        "is not what its id says, but db-01/redis/upgrade",
    ),
    (|plan| step(plan, DATABASE).id = "db-01/postgresql/upgrade-2".into(), "its id says"),
    (
        |plan| {
            let again = step(plan, CORE).clone();
            plan.steps.push(again);
        },
        "the step `core-02/md-core/upgrade` is there twice",
    ),
    (
        |plan| step(plan, CORE).after.push(DATABASE.into()),
        "comes after `db-01/postgresql/upgrade`, which is no step before it",
    ),
    (|plan| step(plan, CORE).after.push(CORE.into()), "which is no step before it"),
    (|plan| plan.basis.facts.clear(), "rests on no facts"),
    (
        |plan| {
            let members = plan.members.remove("postgresql").unwrap();
            plan.members.insert("redis".parse().unwrap(), members);
        },
        "it counts db-01/postgresql among those of redis",
    ),
    (
        |plan| {
            let gate = step(plan, "core-02/md-core/keep-healthy");
            gate.way_back = Some(WayBack::Files { commands: Arc::default() });
        },
        "which nothing takes back",
    ),
    (
        |plan| {
            let commands = Arc::clone(&step(plan, CORE).commands);
            step(plan, "core-02/md-core/keep-healthy").commands = commands;
        },
        "is there to keep-healthy, and one of its commands to check the content of md-core",
    ),
    (
        |plan| {
            let commands = Arc::clone(&step(plan, CORE).commands);
            step(plan, COPY).commands = commands;
        },
        "is there to copy, and one of its commands to check the content of md-core",
    ),
    (
        |plan| {
            let install = step(plan, CORE).commands[1].clone();
            plan.checks.insert("more".into(), [install].into());
        },
        "its check `more` does more than look: one of its commands is to install md-core",
    ),
    (
        |plan| {
            let whom = plan.asked.values().next().unwrap().clone();
            plan.asked.insert("core-99/md-core/reach".into(), whom);
        },
        "it says whom `core-99/md-core/reach` asks, which is none of its steps",
    ),
    (|plan| sends(plan, "/root/.ssh/id_ed25519"), "sends the file `/root/.ssh/id_ed25519`"),
    (|plan| sends(plan, "packages/../../key"), "sends the file `packages/../../key`"),
    (|plan| sends(plan, ""), "sends the file ``"),
];

#[test]
fn a_plan_is_what_it_says_however_it_is_sealed() {
    for (number, (change, words)) in CASES.iter().enumerate() {
        match resealed(change) {
            Err(FileError::Contradiction(why)) => {
                assert!(why.contains(words), "{number}: no {words:?} in {why:?}");
            }
            other => panic!("{number} ({words}): {other:?}"),
        }
    }
    // A release beside this one is named so.
    assert!(resealed(|plan| sends(plan, "../before/packages/core.deb")).is_ok());
}

#[test]
fn what_is_installed_is_no_copy_nor_a_gate_by_another_name() {
    let gate = |plan: &mut Plan| {
        let step = step(plan, DATABASE);
        step.action = Action::Verify;
        step.id = "db-01/postgresql/verify-2".into();
    };
    assert!(matches!(resealed(gate), Err(FileError::Contradiction(_))));
}

#[test]
fn facts_that_apply_compares_are_told() {
    let other = resealed(|plan| {
        let facts = plan.basis.facts.get_mut("core-02/md-core").unwrap();
        facts.role = Some("primary".to_owned());
    });
    let (old, new) = (plan(), other.unwrap());
    let changed = differences(&old, &new).changed;
    let fields: Vec<_> = changed.iter().map(|it| (&*it.new.id, it.fields.as_slice())).collect();
    assert_eq!(fields, [(CORE, [StepField::Facts].as_slice())]);
}

/// Every plan that is kept here was made by `mdc`, of each kind of step.
#[test]
fn plans_that_mdc_has_made_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("plans");
    let mut actions: Vec<Action> = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = Utf8PathBuf::from_path_buf(entry.unwrap().path()).unwrap();
        if path.extension() == Some("json") {
            let plan = mdc::plan::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
            actions.extend(plan.steps.iter().map(|step| step.action));
        }
    }
    actions.sort();
    actions.dedup();
    assert!(actions.len() > 10, "{actions:?}");
}
