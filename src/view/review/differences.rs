//! What moved between two plans.

use std::collections::BTreeSet;

use similar::TextDiff;

use crate::plan::{HealthyBefore, Plan, Step, UsedFacts};
use crate::review::{ChangedStep, Differences, Moved, StepField};
use crate::transport::Command;
use crate::view::document::{Block, Document, Field, Label, Text};
use crate::view::group::group;
use crate::view::plan::{mark, own_lines};
use crate::view::words;

/// Lines around a difference that are shown.
const AROUND: usize = 1;

/// The difference between `old` and `new` as people read it.
#[must_use]
pub fn document((old, new): (&Plan, &Plan), differences: &Differences<'_>) -> Document {
    let title = Text::of(Label::Strong, &new.cluster).plain(": what moved between two plans");
    let mut document = Document::titled(title);
    document.marker = Some(mark("diff", new));
    let seals =
        Text::of(Label::Dim, format!("from seal {} to {}", old.seal.short(), new.seal.short()));
    document.push(Block::Paragraph(seals));
    document.extend(moved((old, new), differences));
    document
}

/// Whether anything moved, and what.
pub(super) fn moved((old, new): (&Plan, &Plan), differences: &Differences<'_>) -> Vec<Block> {
    let mut blocks = vec![Block::Paragraph(verdict((old, new), differences))];
    if differences.is_empty() {
        return blocks;
    }
    blocks.extend(about(&differences.about));
    blocks.extend(only("No longer done", &differences.gone));
    blocks.extend(only("Done besides", &differences.come));
    if !differences.changed.is_empty() {
        blocks.push(Block::heading("Done otherwise"));
        blocks.extend(changed((old, new), &differences.changed));
    }
    blocks
}

fn verdict((old, new): (&Plan, &Plan), differences: &Differences<'_>) -> Text {
    if differences.is_empty() {
        let besides = if old.seal == new.seal { "" } else { besides(old, new) };
        return Text::of(Label::Good, "Both mean the same.").plain(besides);
    }
    let Differences { about, gone, come, changed } = differences;
    let amounts = [
        (gone.len(), "no longer done"),
        (come.len(), "done besides"),
        (changed.len(), "done otherwise"),
    ];
    let mut said: Vec<String> = amounts
        .into_iter()
        .filter(|(amount, _)| *amount > 0)
        .map(|(amount, what)| format!("{} {what}", words::count(amount, "step")))
        .collect();
    if !about.is_empty() {
        let what: Vec<&str> = about.iter().map(|moved| moved.what).collect();
        said.push(format!("other {}", what.join(", ")));
    }
    Text::of(Label::Warning, "They differ: ").plain(said.join("; ")).plain(".")
}

/// What may be another text and means nothing else.
fn besides(old: &Plan, new: &Plan) -> &'static str {
    let forecast = |plan: &Plan| plan.steps.iter().map(|step| step.forecast).collect::<Vec<_>>();
    match (forecast(old) == forecast(new), old.basis.tool == new.basis.tool) {
        (true, true) => " Their seals differ by what led to the same steps.",
        (false, _) => " They expect their steps to take other times.",
        (true, false) => " They were made by different versions of mdc.",
    }
}

fn about(all: &[Moved]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for Moved { what, gone, come } in all {
        let lines = gone.iter().map(|line| format!("- {line}"));
        let lines = lines.chain(come.iter().map(|line| format!("+ {line}")));
        blocks.push(Block::Paragraph(Text::of(Label::Strong, *what)));
        blocks.push(Block::Code(lines.collect()));
    }
    blocks
}

fn only(title: &'static str, all: &[&Step]) -> Vec<Block> {
    if all.is_empty() {
        return Vec::new();
    }
    let key = |step: &&Step| (step.component.clone(), step.action, super::version(step));
    let items =
        group(all.iter().copied(), key).into_iter().map(|((name, action, version), same)| {
            let hosts = words::hosts(same.iter().map(|step| step.host.as_str()));
            super::steps((action, name.as_str()), &hosts).plain(version)
        });
    vec![Block::heading(title), Block::List(items.collect())]
}

/// Steps that moved alike are shown once.
fn changed((old, new): (&Plan, &Plan), all: &[ChangedStep<'_>]) -> Vec<Block> {
    let shown = |step: &ChangedStep<'_>| {
        let lines: Vec<(&'static str, Vec<String>)> = step
            .fields
            .iter()
            .map(|field| (name(*field), field_lines((old, new), step, *field)))
            .collect();
        (step.new.component.clone(), step.new.action, lines)
    };
    let mut blocks = Vec::new();
    for ((component, action, fields), same) in group(all, |step| shown(step)) {
        let hosts = words::hosts(same.iter().map(|step| step.new.host.as_str()));
        blocks.push(Block::Paragraph(super::steps((action, component.as_str()), &hosts)));
        for (name, lines) in fields {
            blocks.push(Block::Fields(vec![Field::new(name, "")]));
            blocks.push(Block::Code(lines));
        }
    }
    blocks
}

const fn name(field: StepField) -> &'static str {
    match field {
        StepField::Version => "version",
        StepField::Stage => "stage",
        StepField::Reasons => "why",
        StepField::Commands => "commands",
        StepField::Needs => "needs healthy",
        StepField::Asks => "asks",
        StepField::Impact => "impact",
        StepField::WayBack => "way back",
        StepField::Facts => "rests on",
        StepField::Room => "room in the window",
        StepField::Order => "order",
    }
}

fn field_lines(
    (old, new): (&Plan, &Plan),
    step: &ChangedStep<'_>,
    field: StepField,
) -> Vec<String> {
    let lines = |(plan, step): (&Plan, &Step), (of_other, other): (&Plan, &Step)| match field {
        StepField::Version => {
            let from = step.from.as_ref().map(ToString::to_string).unwrap_or_default();
            vec![format!("{from} → {}", step.to)]
        }
        StepField::Stage => vec![words::stage(step.stage).to_owned()],
        StepField::Reasons => step.reasons.iter().map(words::reason).collect(),
        StepField::Commands => commands(&step.commands, &other.commands),
        StepField::Needs => asked(&step.needs_healthy, &other.needs_healthy),
        StepField::Asks => asked(whom(plan, step), whom(of_other, other)),
        StepField::Facts => plan.facts(step).map(facts).unwrap_or_default(),
        StepField::Room => vec![step.room().to_string()],
        StepField::Impact => vec![step.impact.to_string()],
        StepField::WayBack => way_back(step, other),
        StepField::Order => Vec::new(),
    };
    if field == StepField::Order {
        let gone = step.before.0.iter().map(|id| format!("- after {id}"));
        return gone.chain(step.before.1.iter().map(|id| format!("+ after {id}"))).collect();
    }
    let (then, now) = ((old, step.old), (new, step.new));
    between(&lines(then, now), &lines(now, then))
}

fn whom<'p>(plan: &'p Plan, step: &Step) -> &'p [HealthyBefore] {
    plan.asked.get(&step.id).map_or(&[][..], |it| &it.0)
}

fn way_back(step: &Step, other: &Step) -> Vec<String> {
    let Some(way) = &step.way_back else { return Vec::new() };
    let back = |step: &Step| step.back().cloned().unwrap_or_default();
    let head = std::iter::once(words::way_back(way));
    head.chain(commands(&back(step), &back(other))).collect()
}

/// Commands as text; those that are the same text in the `other` plan, and another task, with their tasks.
fn commands(own: &[Command], others: &[Command]) -> Vec<String> {
    let mut lines = Vec::new();
    for command in own {
        let text = own_lines(std::slice::from_ref(command));
        let is_twin = |other: &Command| {
            other.task != command.task && own_lines(std::slice::from_ref(other)) == text
        };
        lines.extend(text.iter().cloned());
        if others.iter().any(is_twin) {
            let task = serde_json::to_string_pretty(&command.task).unwrap_or_default();
            lines.extend(task.lines().map(str::to_owned));
        }
    }
    lines
}

fn facts(facts: &UsedFacts) -> Vec<String> {
    let lines = facts.in_words().into_iter().map(|(what, text)| format!("{what}: {text}"));
    lines.chain(facts.files.iter().map(|(name, text)| format!("file {name}: {text}"))).collect()
}

fn asked(members: &[HealthyBefore], others: &[HealthyBefore]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut told = BTreeSet::new();
    for member in members {
        lines.push(format!("{} on {}", member.component, member.host));
        if told.insert(member.check.name()) {
            let is_same = |it: &&HealthyBefore| {
                (&it.host, &it.component) == (&member.host, &member.component)
            };
            let other = others.iter().find(is_same).map_or(&[][..], |it| &it.check);
            lines.extend(commands(&member.check, other));
        }
    }
    lines
}

/// As diff(1) prints it with `-u`, without its first lines.
fn between(old: &[String], new: &[String]) -> Vec<String> {
    let (old, new) = (old.join("\n") + "\n", new.join("\n") + "\n");
    let diff = TextDiff::from_lines(&old, &new);
    let text = diff.unified_diff().context_radius(AROUND).to_string();
    text.lines().filter(|line| !line.starts_with("@@")).map(str::to_owned).collect()
}
