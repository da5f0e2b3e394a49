//! Text that wants to be more than text, in every field that can hold some.

use mdc::desired::{Desired, Probe};
use mdc::diagnostic::Code;
use mdc::diff::Reason;
use mdc::observe::{HealthState, HostState, Observed, PackageState, UnitState, Unreadable};
use mdc::plan::{Commands, Plan};
use mdc::report::Report;
use mdc::state::StepOutcome;
use mdc::transport::{Command, Task};
use proptest::prelude::*;

use super::fleet;

const FRAGMENTS: &[&str] = &[
    "\x1b[31m",
    "\x1b]0;title\x07",
    "\u{9b}2J",
    "\r",
    "\n",
    "\t",
    "\0",
    "\u{7f}",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{2028}",
    "\u{feff}",
    "\u{e0041}",
    "|",
    "||",
    "`",
    "``",
    "```",
    "````\n",
    "~~~",
    "\\",
    "\\|",
    "\\`",
    "<script>alert(1)</script>",
    "<",
    ">",
    "&lt;",
    "<!--",
    "-->",
    "</details>",
    "</summary>",
    "<br>",
    "[a](https://evil.example)",
    "![x](y)",
    "[x]: z",
    "https://evil.example",
    "www.evil.example",
    "@everyone",
    "a@b.example",
    "#1",
    "!1",
    "$1",
    "# ",
    "- ",
    "+ ",
    "1. ",
    "---",
    "***",
    "_",
    "*",
    "  ",
    " ",
    "plain",
    "core-01",
    "größe",
    "大",
    "→",
    "\u{a0}",
    "/",
    "a/b/c",
];

/// A text of such fragments, and of anything.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        8 => proptest::sample::select(FRAGMENTS).prop_map(str::to_owned),
        2 => any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(fragment, 0..8).prop_map(|fragments| fragments.concat())
}

/// The fleet's plan with `text` in every field.
pub(crate) fn plan(text: &str) -> Plan {
    let own = || text.to_owned();
    let mut plan = fleet::plan();
    let Some(broken) = plan.steps.iter().find_map(|step| step.from.clone()) else { return plan };
    (plan.manifest, plan.cluster, plan.environment, plan.release) = (own(), own(), own(), own());
    plan.basis.tool = own();
    plan.warnings = vec![Code::Stays.said(text), Code::Stays.said(text)];
    for unknown in &mut plan.unknown {
        (unknown.reason, unknown.hint) = (own(), own());
    }
    for withheld in &mut plan.withheld {
        withheld.reason = own();
    }
    for step in &mut plan.steps {
        (step.id, step.impact) = (text.into(), text.into());
        step.after = vec![text.into()];
        step.reasons.extend([
            Reason::PackageBroken { observed: broken.clone(), status: own() },
            Reason::UnitStopped { observed: own() },
            Reason::NeededBy { step: own() },
        ]);
        for need in &mut step.needs_healthy {
            need.check = Commands::new(text, spoiled(&need.check, text));
        }
        step.commands = spoiled(&step.commands, text).into();
    }
    plan
}

fn spoiled(commands: &[Command], text: &str) -> Vec<Command> {
    let mut list = commands.to_vec();
    for command in &mut list {
        spoil(command, text);
    }
    list
}

fn spoil(command: &mut Command, text: &str) {
    let own = || text.to_owned();
    command.run = own();
    match &mut command.task {
        Task::InstallFile { package, unit, .. } => (*package, *unit) = (own(), own()),
        Task::AwaitHealth { unit, probe, .. } => (*unit, *probe) = (own(), Probe::Http(own())),
        Task::ReceiveFile { from, .. } => *from = own(),
        _ => {}
    }
}

/// The failed run with `text` in every field.
pub(crate) fn report(text: &str) -> Report {
    let own = || text.to_owned();
    let mut report = fleet::failed_report();
    (report.run, report.cluster, report.release) = (own(), own(), own());
    (report.recorded, report.next, report.stopped) = (own(), own(), Some(own()));
    report.mixed = vec![own()];
    if let Some(load) = &mut report.load {
        load.steps.iter_mut().for_each(|step| step.step = own());
    }
    for scan in &mut report.scans {
        if let Some(before) = &mut scan.before {
            (before.verdict.result, before.verdict.processed) = (own(), own());
        }
    }
    for step in &mut report.steps {
        (step.step, step.waits) = (own(), step.waits.as_ref().map(|_| own()));
        if let Some(StepOutcome::Failed(failure)) = &mut step.outcome {
            (failure.during, failure.command, failure.ended) = (own(), own(), own());
            (failure.output, failure.hint) = ([own(), own()].into(), own());
        }
    }
    report
}

/// What should be, named by `text`.
pub(crate) fn desired(text: &str) -> Desired {
    let own = || text.to_owned();
    Desired { cluster: own(), environment: own(), release: own(), ..fleet::desired() }
}

/// The observed fleet with `text` in every field.
pub(crate) fn observed(text: &str) -> Observed {
    let own = || text.to_owned();
    let mut observed = fleet::observed();
    for state in observed.hosts.values_mut() {
        let HostState::Known(facts) = state else {
            *state = HostState::Unknown(Unreadable { reason: own(), hint: own() });
            continue;
        };
        (facts.os, facts.architecture, facts.boot_id) = (own(), own(), own());
        for component in facts.components.values_mut() {
            component.unit = UnitState::Stopped(own());
            component.health = HealthState::Unhealthy(own());
            if let PackageState::Broken { status, .. } = &mut component.package {
                *status = own();
            }
        }
    }
    observed
}
