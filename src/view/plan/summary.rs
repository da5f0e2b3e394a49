//! What a plan comes to: how much changes, how long it takes, what stops meanwhile.

use std::collections::BTreeSet;

use super::parts::{elapsed, hosts, parts};
use super::rehearsal;
use super::rows::size;
use crate::address::ComponentName;
use crate::catalog::{OnFailure, Then};
use crate::diff::Action;
use crate::plan::{Plan, Purpose, Step, slowest};
use crate::value::Share;
use crate::view::document::{Block, Field, Label, Row, Side, Table, Text};
use crate::view::group::group;
use crate::view::words;

const CHANGES: [Action; 9] = [
    Action::Upgrade,
    Action::Install,
    Action::Downgrade,
    Action::Rollback,
    Action::Repair,
    Action::Start,
    Action::Reconfigure,
    Action::Remove,
    Action::Finalise,
];

pub(super) fn blocks(plan: &Plan) -> Vec<Block> {
    let mut fields = vec![Field::new("changes", changes(plan))];
    fields.extend(copies(plan).map(|text| Field::new("copies", text)));
    fields.extend(ways_back(plan).map(|text| Field::new("way back", text)));
    fields.extend(slow_case(plan).map(|text| Field::new("slow case", text)));
    fields.extend(window(plan).map(|text| Field::new("window", text)));
    fields.extend(policies(plan).map(|text| Field::new("on failure", text)));
    fields.extend(waived(plan).map(|text| Field::new("waived", text)));
    fields.extend(approvals(plan).map(|text| Field::new("approvals", text)));
    fields.extend(rehearsal::summary(plan).map(|text| Field::new("rehearsed", text)));
    fields.extend(left_out(plan).map(|text| Field::new("but", text)));
    let mut blocks = vec![Block::Fields(fields), Block::Table(times(plan))];
    let impacts = impacts(plan);
    if !impacts.rows.is_empty() {
        blocks.push(Block::Table(impacts));
    }
    blocks
}

fn changes(plan: &Plan) -> Text {
    let changing =
        || plan.steps.iter().filter(|step| !step.action.only_copies() && !step.action.is_gate());
    let hosts = hosts(changing());
    let mut text = Text::of(Label::Strong, changing().count().to_string())
        .plain(format!(" on {}", words::count(hosts, "host")));
    let mut before = ": ";
    for action in CHANGES {
        let number = changing().filter(|step| step.action == action).count();
        if number > 0 {
            let what = words::count(number, words::action(action));
            text = text.plain(before).and(Label::Action(action), what);
            before = ", ";
        }
    }
    text
}

fn copies(plan: &Plan) -> Option<Text> {
    let copies: Vec<&Step> = plan.steps.iter().filter(|step| step.action.only_copies()).collect();
    let bytes = copies.iter().map(|step| size(step)).fold(0, u64::saturating_add);
    let fetched = copies.iter().filter(|step| step.action == Action::Fetch).count();
    let files = copies.len() - fetched;
    let sent = format!("{}, {} in all", words::count(files, "package file"), words::bytes(bytes));
    let fetched_by = format!("{} fetched from repositories", words::count(fetched, "package"));
    Some(match (files, fetched) {
        (0, 0) => return None,
        (_, 0) => sent.into(),
        (0, _) => fetched_by.into(),
        _ => format!("{sent}; {fetched_by}").into(),
    })
}

/// Which changes can be taken back, and what can't.
fn ways_back(plan: &Plan) -> Option<Text> {
    if plan.purpose != Purpose::Release {
        return None;
    }
    let moved = || plan.steps.iter().filter(|step| step.action.interrupts());
    let lasting: BTreeSet<&str> =
        moved().filter(|step| step.back().is_none()).map(|step| step.component.as_str()).collect();
    let (all, back) = (moved().count(), moved().filter(|step| step.back().is_some()).count());
    let lasting: Vec<&str> = lasting.into_iter().collect();
    match (all, back) {
        (0, _) => None,
        (_, 0) => Some(Text::of(Label::Warning, "none: no change can be taken back by mdc")),
        _ if back == all => Some("for every change".into()),
        _ => Some(
            Text::from(format!("for {back} of {all} changes; "))
                .and(Label::Warning, format!("none for {}", lasting.join(", "))),
        ),
    }
}

/// What it all takes when every step takes long, where steps like these were seen before.
fn slow_case(plan: &Plan) -> Option<Text> {
    let seen = plan.steps.iter().filter(|step| step.slow.is_some()).count();
    let changes = plan.steps.iter().filter(|step| step.is_change()).count();
    let steps: Vec<&Step> = plan.steps.iter().collect();
    let time = words::about(slowest(&steps));
    (seen > 0).then(|| {
        format!("about {time}; {seen} of {changes} changes were seen before, with what they took")
            .into()
    })
}

/// When stage 2 may run.
fn window(plan: &Plan) -> Option<Text> {
    let window = plan.window.as_ref()?;
    let all = |texts: Vec<String>| texts.join("; ");
    let open = all(window.open.iter().map(ToString::to_string).collect());
    let freeze = all(window.freeze.iter().map(ToString::to_string).collect());
    let never = if freeze.is_empty() { freeze } else { format!(", never {freeze}") };
    Some(format!("stage 2 only {open} ({}){never}", window.zone).into())
}

/// What follows from failures, where it is more than stopping.
fn policies(plan: &Plan) -> Option<Text> {
    let said: Vec<String> = plan.on_failure.iter().filter_map(policy).collect();
    (!said.is_empty()).then(|| said.join("; ").into())
}

/// What follows when a component's step fails; none when that is only to stop.
pub(in crate::view) fn policy((component, policy): (&ComponentName, &OnFailure)) -> Option<String> {
    let tolerated = (policy.tolerate != Share::default())
        .then(|| format!("up to {} of its hosts may fail", policy.tolerate));
    let back = match policy.then {
        Then::Stop => None,
        Then::RollbackHost => Some("it is rolled back where it failed".to_owned()),
        Then::RollbackWave => {
            Some("it is rolled back on all hosts of the wave in which it failed".to_owned())
        }
    };
    let said: Vec<String> = tolerated.into_iter().chain(back).collect();
    (!said.is_empty()).then(|| format!("{component}: {}", said.join(", ")))
}

/// Which checks the plan goes without.
fn waived(plan: &Plan) -> Option<Text> {
    let covers = plan.waivers.iter().map(|waiver| waiver.covers.len()).sum();
    let waivers = words::count(plan.waivers.len(), "waiver");
    let found = words::count(covers, "finding");
    (!plan.waivers.is_empty()).then(|| {
        Text::of(Label::Warning, waivers).plain(format!(" covering {found} (see the end)"))
    })
}

/// Who has to approve it.
fn approvals(plan: &Plan) -> Option<Text> {
    let rule = plan.approvals.as_ref()?;
    let asked = plan.stages().into_iter().map(|stage| {
        let people = rule.asked_for(stage);
        format!("{people} for {}", words::stage(stage))
    });
    let asked: Vec<String> = asked.collect();
    let mut text = Text::of(Label::Strong, asked.join(", ")).plain(", among ");
    for (place, person) in rule.people.keys().enumerate() {
        text = text.plain(if place == 0 { "" } else { ", " }).plain(person);
    }
    Some(text.plain(format!(" (signers {})", rule.signers.short())))
}

/// That the plan is not the whole answer, said where nobody can miss it.
fn left_out(plan: &Plan) -> Option<Text> {
    let parts = [
        (plan.unknown.len(), "host could not be read", "hosts could not be read"),
        (plan.withheld.len(), "change is withheld", "changes are withheld"),
        (plan.warnings.len(), "warning", "warnings"),
    ];
    let said = parts.iter().filter(|(number, ..)| *number > 0);
    let said: Vec<String> = said
        .map(|(number, one, many)| format!("{number} {}", if *number == 1 { one } else { many }))
        .collect();
    (!said.is_empty()).then(|| Text::of(Label::Warning, said.join(", ")).plain(" (see the end)"))
}

fn times(plan: &Plan) -> Table {
    use Side::{Left, Right};
    let columns = [
        ("part", Left),
        ("steps", Right),
        ("hosts", Right),
        ("waves", Right),
        ("takes about", Right),
    ];
    let mut table = Table::new(&columns);
    for part in parts(plan) {
        let mut cells = vec![Text::of(Label::Stage, part.title)];
        let hosts = hosts(part.steps.iter().copied());
        let numbers = [part.steps.len(), hosts, part.waves()];
        cells.extend(numbers.map(|number| Text::from(number.to_string())));
        cells.push(words::about(elapsed(&part.steps)).into());
        table.rows.push(Row::new(cells));
    }
    table
}

/// What users miss, and for how long in all.
fn impacts(plan: &Plan) -> Table {
    let columns = [
        ("impact", Side::Left),
        ("while these change", Side::Left),
        ("in all, about", Side::Right),
    ];
    let mut table = Table::new(&columns);
    let noticed = plan.steps.iter().filter(|step| !step.impact.is_empty());
    for (impact, steps) in group(noticed, |step| &*step.impact) {
        let components: BTreeSet<&str> = steps.iter().map(|step| step.component.as_str()).collect();
        let components: Vec<&str> = components.into_iter().collect();
        table.rows.push(Row::new(vec![
            impact.into(),
            Text::of(Label::Component, components.join(", ")),
            words::about(elapsed(&steps)).into(),
        ]));
    }
    table
}
