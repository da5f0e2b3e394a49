//! Why a step is there.

use crate::plan::{Feeder, Plan, Step};
use crate::review::{Relation, Why};
use crate::view::document::{Block, Document, Field, Label, Text};
use crate::view::group::group;
use crate::view::{plan as whole, words};

/// All about one step of `plan`.
#[must_use]
pub fn document(plan: &Plan, why: &Why<'_>) -> Document {
    let step = why.step;
    let mut document = Document::titled(super::step(step));
    document.push(Block::Paragraph(Text::of(Label::Dim, &*step.id)));
    document.push(Block::Fields(facts(plan, why)));
    document.push(Block::heading("Why it comes here"));
    document.push(place(why));
    document.push(Block::heading("What hangs on it"));
    document.extend(hangs(plan, why));
    document.extend(whole::files::blocks([step]));
    document.push(Block::heading("What it runs"));
    document.push(Block::Code(whole::lines(plan, step)));
    document
}

fn facts(plan: &Plan, why: &Why<'_>) -> Vec<Field> {
    let step = why.step;
    let waves = plan.steps.iter().map(|step| step.wave).max().unwrap_or_default();
    let begins = words::about(why.begins);
    let reasons: Vec<String> = step.reasons.iter().map(words::reason).collect();
    let needs = whole::needs(&step.host, &step.needs_healthy);
    let from = |Feeder { host, site, .. }: &Feeder| format!("{host}, the relay of the site {site}");
    let fields = [
        ("why", reasons.join("; ")),
        ("from", step.feeder.as_deref().map(from).unwrap_or_default()),
        ("part", words::stage(step.stage).to_owned()),
        ("wave", format!("{} of {waves}, about {begins} after the beginning", step.wave)),
        ("takes", words::about(step.forecast.duration())),
        ("impact", step.impact.to_string()),
        ("needs", needs.join("; ")),
        ("way back", step.way_back.as_ref().map(words::way_back).unwrap_or_default()),
    ];
    let said = fields.into_iter().filter(|(_, text)| !text.is_empty());
    said.map(|(key, text)| Field::new(key, text)).collect()
}

fn place(why: &Why<'_>) -> Block {
    if why.after.is_empty() {
        return Block::Paragraph("Nothing has to be over before it.".into());
    }
    let items = why.after.iter().flat_map(|(relation, before)| {
        let because = because(*relation, why.step);
        lines(before).into_iter().map(move |text| text.plain(format!(": {because}")))
    });
    Block::List(items.collect())
}

fn lines(steps: &[&Step]) -> Vec<Text> {
    let groups = group(steps.iter().copied(), |step| (step.component.clone(), step.action));
    let line = |((component, action), same): ((crate::address::ComponentName, _), Vec<&Step>)| {
        let hosts = words::hosts(same.iter().map(|step| step.host.as_str()));
        super::steps((action, component.as_str()), &hosts)
    };
    groups.into_iter().map(line).collect()
}

fn because(relation: Relation, step: &Step) -> String {
    match relation {
        Relation::Brings => {
            "every package is on its host before anything changes, so that nothing waits for a copy"
                .to_owned()
        }
        Relation::Feeds => "it brings the file that this one gets from there".to_owned(),
        Relation::Fed => "its host gets the file from here, where it stays until then".to_owned(),
        Relation::Gate => "what it looks at has to be so first".to_owned(),
        Relation::Tells => "people are told before".to_owned(),
        Relation::Stage => "stage 2 begins when stage 1 is over".to_owned(),
        Relation::Needed => format!("{} needs it", step.component),
        Relation::Batch => {
            format!("an earlier batch of {}, which shows that it goes well", step.component)
        }
        Relation::Host => "one step at a time changes a host".to_owned(),
        Relation::OneByOne => "in stage 2 one component changes after the other".to_owned(),
        Relation::Procedure => "the procedure has it earlier".to_owned(),
    }
}

fn hangs(plan: &Plan, why: &Why<'_>) -> Vec<Block> {
    if why.behind.is_empty() {
        return vec![Block::Paragraph("Nothing waits for it.".into())];
    }
    let changes = why.behind.iter().filter(|step| step.is_change()).count();
    let then = plan.on_failure.get_key_value(&why.step.component);
    let then = then.filter(|_| why.step.is_change()).and_then(whole::policy);
    let text = format!(
        "What is not begun when it fails: {}, of which {} change what runs{}.",
        words::count(why.behind.len(), "step"),
        changes,
        then.map(|then| format!("; {then}")).unwrap_or_default(),
    );
    let next = lines(&why.next).into_iter().collect();
    vec![
        Block::Paragraph(text.into()),
        Block::Paragraph("Right after it:".into()),
        Block::List(next),
    ]
}
