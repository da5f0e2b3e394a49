//! What a plan comes to: how much changes, how long it takes, what stops meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::rows::size;
use crate::catalog::Stage;
use crate::diff::Action;
use crate::plan::{Plan, Step};
use crate::view::document::{Block, Label, Row, Side, Table, Text};
use crate::view::group::group;
use crate::view::words;

const ACTIONS: [Action; 5] =
    [Action::Upgrade, Action::Install, Action::Downgrade, Action::Repair, Action::Start];

pub(super) fn blocks(plan: &Plan) -> Vec<Block> {
    let mut blocks = vec![Block::Paragraph(changes(plan))];
    blocks.extend(copies(plan).map(Block::Paragraph));
    blocks.extend(left_out(plan).map(Block::Paragraph));
    blocks.push(Block::Table(stages(plan)));
    let stops = stops(plan);
    if !stops.rows.is_empty() {
        blocks.push(Block::Table(stops));
    }
    blocks
}

fn changes(plan: &Plan) -> Text {
    let changing = || plan.steps.iter().filter(|step| step.action != Action::Copy);
    let hosts: BTreeSet<_> = changing().map(|step| &step.host).collect();
    let mut text = Text::of(Label::Strong, words::count(changing().count(), "change"))
        .plain(format!(" on {}:", words::count(hosts.len(), "host")));
    let mut comma = " ";
    for action in ACTIONS {
        let number = changing().filter(|step| step.action == action).count();
        if number > 0 {
            let what = format!("{number} {}", words::action(action));
            text = text.plain(comma).and(Label::Action(action), what);
            comma = ", ";
        }
    }
    text.plain(".")
}

fn copies(plan: &Plan) -> Option<Text> {
    let copies = || plan.steps.iter().filter(|step| step.action == Action::Copy);
    let bytes = copies().map(size).fold(0, u64::saturating_add);
    (copies().count() > 0).then(|| {
        let files = words::count(copies().count(), "package file");
        Text::from(format!(
            "{files} to copy, {} in all; copying changes nothing that runs.",
            words::bytes(bytes)
        ))
    })
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
    (!said.is_empty()).then(|| {
        Text::of(Label::Warning, "But:").plain(format!(" {} (see below).", said.join(", ")))
    })
}

fn stages(plan: &Plan) -> Table {
    use Side::{Left, Right};
    let columns = [
        ("stage", Left),
        ("changes", Right),
        ("copies", Right),
        ("hosts", Right),
        ("waves", Right),
        ("takes about", Right),
    ];
    let mut table = Table::new(&columns);
    for stage in [Stage::Live, Stage::Critical] {
        let steps: Vec<&Step> = plan.steps.iter().filter(|step| step.stage == stage).collect();
        if steps.is_empty() {
            continue;
        }
        let copies = steps.iter().filter(|step| step.action == Action::Copy).count();
        let hosts: BTreeSet<_> = steps.iter().map(|step| &step.host).collect();
        let waves: BTreeSet<_> = steps.iter().map(|step| step.wave).collect();
        let numbers = [steps.len() - copies, copies, hosts.len(), waves.len()];
        let mut cells = vec![Text::of(Label::Stage, words::stage(stage))];
        cells.extend(numbers.map(|number| Text::from(number.to_string())));
        cells.push(words::about(elapsed(&steps)).into());
        table.rows.push(Row::new(cells));
    }
    table
}

/// What users miss, and for how long in all.
fn stops(plan: &Plan) -> Table {
    let columns = [
        ("while this changes", Side::Left),
        ("users notice", Side::Left),
        ("in all about", Side::Right),
    ];
    let mut table = Table::new(&columns);
    let noticed = plan.steps.iter().filter(|step| !step.impact.is_empty());
    for (impact, steps) in group(noticed, |step| step.impact.as_str()) {
        let components: BTreeSet<&str> = steps.iter().map(|step| step.component.as_str()).collect();
        let components: Vec<&str> = components.into_iter().collect();
        table.rows.push(Row::new(vec![
            Text::of(Label::Component, components.join(", ")),
            impact.into(),
            words::about(elapsed(&steps)).into(),
        ]));
    }
    table
}

/// The time that the steps take: in a wave as long as its longest step, and one wave after the other.
pub(super) fn elapsed(steps: &[&Step]) -> Duration {
    let mut waves: BTreeMap<u32, Duration> = BTreeMap::new();
    for step in steps {
        let longest = waves.entry(step.wave).or_default();
        *longest = step.forecast.duration().max(*longest);
    }
    waves.into_values().fold(Duration::ZERO, Duration::saturating_add)
}
