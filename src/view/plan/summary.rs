//! What a plan comes to: how much changes, how long it takes, what stops meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use super::rehearsal;
use super::width::hosts;
use crate::address::ComponentName;
use crate::catalog::{OnFailure, Then};
use crate::diff::Action;
use crate::plan::{self, Clock, Given, Plan, Purpose, Step, WayBack, elapsed, parts, slowest};
use crate::review;
use crate::value::Share;
use crate::view::document::{Block, Field, Label, Row, Side, Table, Text};
use crate::view::words;

const CHANGES: [Action; 15] = [
    Action::Upgrade,
    Action::Install,
    Action::Downgrade,
    Action::Rollback,
    Action::Repair,
    Action::Start,
    Action::Reconfigure,
    Action::Remove,
    Action::Finalise,
    Action::Register,
    Action::Unregister,
    Action::Nominate,
    Action::Activate,
    Action::Deactivate,
    Action::ImportSettings,
];

pub(super) fn blocks(plan: &Plan) -> Vec<Block> {
    // For a large plan each takes its time.
    let (fields, (times, impacts)) = rayon::join(|| fields(plan), || (times(plan), impacts(plan)));
    let mut blocks = vec![Block::Fields(fields), Block::Table(times)];
    if !impacts.rows.is_empty() {
        blocks.push(Block::Table(impacts));
    }
    blocks
}

fn fields(plan: &Plan) -> Vec<Field> {
    let mut fields = Vec::new();
    if plan.purpose != Purpose::Stage {
        fields.push(Field::new("changes", changes(plan)));
    }
    fields.extend(copies(plan).map(|text| Field::new("copies", text)));
    fields.extend(plan::feeding(plan).iter().map(|site| Field::new("relay", relay(site))));
    fields.extend(ways_back(plan).map(|text| Field::new("way back", text)));
    fields.push(Field::new("takes", takes(plan)));
    fields.push(Field::new("expires", expires(plan)));
    fields.extend(window(plan).map(|text| Field::new("window", text)));
    fields.extend(policies(plan).map(|text| Field::new("on failure", text)));
    fields.extend(waived(plan).map(|text| Field::new("waived", text)));
    fields.extend(approvals(plan).map(|text| Field::new("approvals", text)));
    fields.extend(rehearsal::summary(plan).map(|text| Field::new("rehearsed", text)));
    fields.extend(left_out(plan).map(|text| Field::new("but", text)));
    fields
}

fn changes(plan: &Plan) -> Text {
    let changing =
        || plan.steps.iter().filter(|step| !step.action.only_copies() && !step.action.is_gate());
    let hosts = hosts(changing());
    let mut text = Text::of(Label::Strong, changing().count().to_string())
        .plain(format!(" on {}", words::count(hosts, "host")));
    let mut numbers: BTreeMap<Action, usize> = BTreeMap::new();
    for step in changing() {
        *numbers.entry(step.action).or_default() += 1;
    }
    let mut before = ": ";
    for action in CHANGES {
        if let Some(&number) = numbers.get(&action) {
            let one = match action {
                Action::ImportSettings => "settings import",
                Action::Nominate => "nomination",
                _ => words::action(action),
            };
            let what = words::count(number, one);
            text = text.plain(before).and(Label::Action(action), what);
            before = ", ";
        }
    }
    text
}

fn copies(plan: &Plan) -> Option<Text> {
    let copies = plan.steps.iter().filter(|step| step.action.only_copies());
    let copies: Vec<&Step> = copies.filter(|step| step.action != Action::Clear).collect();
    let bytes = copies.iter().map(|step| step.brings()).fold(0, u64::saturating_add);
    let fetched = copies.iter().filter(|step| step.action == Action::Fetch).count();
    let files = copies.len() - fetched;
    let staged = copies.iter().filter(|step| step.staged).count();
    let sent = match staged {
        0 => format!("{}, {} in all", words::count(files, "package file"), words::bytes(bytes)),
        _ => staged_of(bytes, (staged, files)),
    };
    let fetched_by = format!("{} fetched from repositories", words::count(fetched, "package"));
    Some(match (files, fetched) {
        (0, 0) => return None,
        (_, 0) => sent.into(),
        (0, _) => fetched_by.into(),
        _ => format!("{sent}; {fetched_by}").into(),
    })
}

/// Who feeds whom in a site, and what goes over the controller's line to it.
fn relay(Given { site, relay, hosts, sent, given }: &Given<'_>) -> Text {
    let bytes = |number: u64| if number == 0 { "0 bytes".to_owned() } else { words::bytes(number) };
    Text::from(format!("{site}: "))
        .and(Label::Host, relay.as_str())
        .plain(" feeds ")
        .and(Label::Host, words::hosts(hosts.iter().map(|host| host.as_str())))
        .plain(format!("; {} from the controller, {} within the site", bytes(*sent), bytes(*given)))
}

/// What is left to copy, and how many files needn't be.
#[must_use]
pub fn staged_of(bytes: u64, (staged, files): (usize, usize)) -> String {
    let left = if bytes == 0 { "0 bytes".to_owned() } else { words::bytes(bytes) };
    let of = words::count(files, "package file");
    format!("{left} to copy: {staged} of {of} are on their hosts already")
}

/// Which changes can be taken back, and what can't.
fn ways_back(plan: &Plan) -> Option<Text> {
    if plan.purpose != Purpose::Release {
        return None;
    }
    let is_moved = |step: &&Step| step.action.interrupts() || step.action.is_of_licence();
    let moved = || plan.steps.iter().filter(|step| step.is_change()).filter(is_moved);
    let by_hand = |step: &&Step| matches!(step.way_back, Some(WayBack::ByHand(_)));
    let (back, people) = (moved().filter(|step| step.back().is_some()), moved().filter(by_hand));
    let (all, back, people) = (moved().count(), back.count(), people.count());
    let lasting = moved().filter(|step| step.back().is_none() && !by_hand(step));
    let lasting: BTreeSet<&str> = lasting.map(|step| step.component.as_str()).collect();
    let mut parts = Vec::new();
    match (all, back) {
        (0, _) => return None,
        (_, 0) if people == 0 => {
            return Some(Text::of(Label::Warning, "none: no change can be taken back by mdc"));
        }
        _ if back == all => return Some("for every change".into()),
        (_, 0) => {}
        _ => parts.push(format!("for {back} of {all} changes")),
    }
    parts.extend((people > 0).then(|| format!("by hand for {people}")));
    let text = Text::from(parts.join("; "));
    if lasting.is_empty() {
        return Some(text);
    }
    let lasting: Vec<&str> = lasting.into_iter().collect();
    Some(text.plain("; ").and(Label::Warning, format!("none for {}", lasting.join(", "))))
}

/// What it all takes, and when every step takes long; and what that is known from.
fn takes(plan: &Plan) -> Text {
    let seen = plan.steps.iter().filter(|step| step.slow.is_some()).count();
    let changes = plan.steps.iter().filter(|step| step.is_change()).count();
    let steps: Vec<&Step> = plan.steps.iter().collect();
    let known = if seen > 0 {
        format!("{seen} of {changes} changes were seen before, with what they took")
    } else {
        "a guess of three times, since none of it was seen before".to_owned()
    };
    let (time, slow) = (words::about(elapsed(&steps)), words::about(slowest(&steps)));
    format!("about {time}, {slow} in a slow case; {known}").into()
}

/// Until when it may be begun.
fn expires(plan: &Plan) -> Text {
    let max_age = plan.basis.max_age;
    let long = words::days(max_age);
    match plan.basis.snapshot.map(|taken| taken.checked_add(max_age.duration())) {
        Some(Ok(end)) => {
            format!("{}, {long} after its snapshot was taken", words::time(end)).into()
        }
        _ => format!("{long} after its file was written").into(),
    }
}

/// When stage 2 may run.
fn window(plan: &Plan) -> Option<Text> {
    let window = plan.window.as_ref()?;
    let all = |texts: Vec<String>| texts.join("; ");
    let open = all(window.open.iter().map(ToString::to_string).collect());
    let freeze = all(window.freeze.iter().map(ToString::to_string).collect());
    let never = if freeze.is_empty() { freeze } else { format!(", never {freeze}") };
    let text = Text::from(format!("stage 2 only {open} ({}){never}; ", window.zone));
    let Some((shortest, longest)) = window.lengths() else {
        return Some(text.and(Label::Warning, "it never opens"));
    };
    let fit = review::fit(plan, shortest);
    let length = match (words::about(shortest), words::about(longest)) {
        (one, other) if one == other => one,
        (one, other) => format!("{one} to {other}"),
    };
    let (time, slow) = (words::about(fit.takes), words::about(fit.slow));
    let text = text.plain(format!("it takes about {time}, {slow} in a slow case, of {length}: "));
    Some(if fit.not_begun.is_empty() {
        text.and(Label::Good, "it fits, with room for a slow case and the way back of each step")
    } else {
        let later = words::count(fit.not_begun.len(), "change");
        text.and(Label::Warning, format!("{later} may have to wait for another opening"))
    })
}

/// What follows from failures, where it is more than stopping.
fn policies(plan: &Plan) -> Option<Text> {
    let said: Vec<String> = plan.on_failure.iter().filter_map(policy).collect();
    (!said.is_empty()).then(|| said.join("; ").into())
}

/// What follows when a component's step fails; none when that is only to stop.
pub(in crate::view) fn policy((component, policy): (&ComponentName, &OnFailure)) -> Option<String> {
    let tolerated = (policy.tolerate != Share::default())
        .then(|| format!("up to {} of its hosts may fail, but not the first", policy.tolerate));
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
        ("slow case", Right),
    ];
    let mut table = Table::new(&columns);
    for part in parts(plan) {
        let mut cells = vec![Text::of(Label::Stage, part.title)];
        let hosts = hosts(part.steps.iter().copied());
        let numbers = [part.steps.len(), hosts, part.waves()];
        cells.extend(numbers.map(|number| Text::from(number.to_string())));
        cells.push(words::about(elapsed(&part.steps)).into());
        cells.push(words::about(slowest(&part.steps)).into());
        table.rows.push(Row::new(cells));
    }
    table
}

/// What users miss, when, and for how long in all.
fn impacts(plan: &Plan) -> Table {
    let columns = [
        ("impact", Side::Left),
        ("while changing", Side::Left),
        ("after start", Side::Left),
        ("in all", Side::Right),
        ("slow", Side::Right),
    ];
    let mut table = Table::new(&columns);
    for impact in plan::impacts(plan, &Clock::of(plan)) {
        let components: BTreeSet<&str> =
            impact.steps.iter().map(|step| step.component.as_str()).collect();
        let components: Vec<&str> = components.into_iter().collect();
        let (from, to) = impact.between;
        let since = if impact.in_window { "window + " } else { "" };
        table.rows.push(Row::new(vec![
            impact.what.into(),
            Text::of(Label::Component, components.join(", ")),
            format!("{since}{}", words::between(from, to)).into(),
            words::about(impact.lasts).into(),
            words::about(impact.slow).into(),
        ]));
    }
    table
}
