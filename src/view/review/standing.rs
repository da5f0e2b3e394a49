//! Why nothing, or nothing more, is done on a host.

use crate::address::ComponentName;
use crate::plan::{Plan, Step, Unknown};
use crate::review::Standing;
use crate::view::document::{Block, Document, Field, Label, Text};
use crate::view::words;

/// How `host` stands in `plan`.
#[must_use]
pub fn document((plan, host): (&Plan, &str), standing: &Standing<'_>) -> Document {
    let title =
        Text::of(Label::Host, host).plain(" in the plan of ").and(Label::Strong, &plan.cluster);
    let mut document = Document::titled(title);
    if standing.is_unknown_to_plan() {
        document.push(Block::Paragraph(of_all(plan, host)));
        return document;
    }
    document.push(Block::Paragraph(verdict(standing)));
    if let Some(unknown) = standing.unknown {
        let fields = vec![
            Field::new("why", unknown.reason.as_str()),
            Field::new("components", components(unknown)),
            Field::new("next", unknown.hint.as_str()),
        ];
        document.push(Block::Fields(fields));
    }
    list(
        &mut document,
        "Left out",
        standing.withheld.iter().map(|it| {
            super::steps((it.action, it.component.as_str()), host).plain(format!(": {}", it.reason))
        }),
    );
    list(&mut document, "Changes", standing.changes.iter().map(|step| because(step)));
    list(
        &mut document,
        "As desired",
        standing.as_desired.iter().map(|name| Text::of(Label::Component, name.as_str())),
    );
    list(&mut document, "Besides", standing.others.iter().map(|it| super::step(it)));
    document
}

fn components(unknown: &Unknown) -> String {
    let names: Vec<&str> = unknown.components.iter().map(ComponentName::as_str).collect();
    names.join(", ")
}

fn because(step: &Step) -> Text {
    let reasons: Vec<String> = step.reasons.iter().map(words::reason).collect();
    super::step(step).plain(format!(": {}", reasons.join("; ")))
}

fn list(document: &mut Document, title: &'static str, items: impl Iterator<Item = Text>) {
    let items: Vec<Text> = items.collect();
    if !items.is_empty() {
        document.push(Block::heading(title));
        document.push(Block::List(items));
    }
}

/// Of a plan that has nothing to do, and so names no host.
fn of_all(plan: &Plan, host: &str) -> Text {
    let hosts = words::count(plan.basis.compared.hosts, "host");
    Text::of(Label::Good, "Nothing changes on any host: all that the manifest wants is so.").plain(
        format!(
            " Of what was read ({hosts}) the plan names none; whether `{host}` is one of them, \
             `mdc status` shows."
        ),
    )
}

fn verdict(standing: &Standing<'_>) -> Text {
    if standing.unknown.is_some() {
        return Text::of(Label::Warning, "Nothing is done there: it could not be read.");
    }
    let left_out = words::count(standing.withheld.len(), "change");
    match (standing.changes.len(), standing.withheld.is_empty()) {
        (0, true) => {
            Text::of(Label::Good, "Nothing changes there: all that the manifest wants of it is so.")
        }
        (0, false) => Text::of(
            Label::Warning,
            format!(
                "Nothing changes there: {left_out} left out, since what comes before is unknown."
            ),
        ),
        (changes, true) => format!("{} there.", words::count(changes, "change")).into(),
        (changes, false) => Text::of(
            Label::Warning,
            format!("{} there; {left_out} left out.", words::count(changes, "change")),
        ),
    }
}
