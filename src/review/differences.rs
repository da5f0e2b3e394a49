//! What moved between two plans in meaning: what is done, where, in which order, by which commands, with
//! what in the way, on which facts, and what people should know of it. The text may differ more: seal,
//! tool, locator of the manifest, what should be beyond the steps, waves, and forecasts without a window.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::order::Order;
use super::step::{Both, ChangedStep};
use crate::desired::Desired;
use crate::plan::{Plan, Rehearsal, Step, rewording};
use crate::value::Digest;

/// What moved between two plans.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Differences<'p> {
    /// What is not of one step.
    pub about: Vec<Moved>,
    /// Steps that only the older plan has.
    pub gone: Vec<&'p Step>,
    /// Steps that only the newer plan has.
    pub come: Vec<&'p Step>,
    /// Steps that mean another thing.
    pub changed: Vec<ChangedStep<'p>>,
}

/// Something that a plan says once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Moved {
    /// What it is, in a word or two.
    pub what: &'static str,
    /// What only the older plan says.
    pub gone: Vec<String>,
    /// What only the newer plan says.
    pub come: Vec<String>,
}

impl Differences<'_> {
    /// Whether both plans mean the same.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.about.is_empty()
            && self.gone.is_empty()
            && self.come.is_empty()
            && self.changed.is_empty()
    }
}

/// What moved since `saved` was made, with `now` made anew from `desired`: also what the same is done for,
/// since nobody carries a plan out under another manifest than it was made from.
#[must_use]
pub fn since<'p>(saved: &'p Plan, now: &'p Plan, desired: &Desired) -> Differences<'p> {
    let mut found = differences(saved, now);
    // Not of the steps of `now`: that others are to be done doesn't mean that anything was written anew.
    let moved = rewording(saved, desired);
    if !moved.is_empty() {
        let line = |fact: &str, value: &str| format!("{fact}: {value}");
        found.about.push(Moved {
            what: "manifest, release or catalog",
            gone: moved.iter().map(|(fact, then, _)| line(fact, then)).collect(),
            come: moved.iter().map(|(fact, _, now)| line(fact, now)).collect(),
        });
    }
    found
}

/// What moved from `old` to `new`.
#[must_use]
pub fn differences<'p>(old: &'p Plan, new: &'p Plan) -> Differences<'p> {
    let both = Both { plans: (old, new), orders: (Order::of(old), Order::of(new)) };
    let (first, second) = &both.orders;
    let only = |plan: &'p Plan, other: &Order<'p>| -> Vec<&'p Step> {
        plan.steps.iter().filter(|step| other.step(&step.id).is_none()).collect()
    };
    let changed = new.steps.iter().filter_map(|step| both.changed(first.step(&step.id)?, step));
    Differences {
        about: about(old, new),
        gone: only(old, second),
        come: only(new, first),
        changed: changed.collect(),
    }
}

fn about(old: &Plan, new: &Plan) -> Vec<Moved> {
    said(old)
        .into_iter()
        .zip(said(new))
        .filter_map(|((what, then), (_, now))| {
            let gone = without(&then, &now);
            let come = without(&now, &then);
            (!(gone.is_empty() && come.is_empty())).then_some(Moved { what, gone, come })
        })
        .collect()
}

/// What `all` has more of than `others`; the same line may stand there several times.
fn without(all: &[String], others: &[String]) -> Vec<String> {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for line in others {
        *left.entry(line).or_default() += 1;
    }
    let mut rest = Vec::new();
    for line in all {
        match left.get_mut(line.as_str()) {
            Some(times) if *times > 0 => *times -= 1,
            _ => rest.push(line.clone()),
        }
    }
    rest
}

fn said(plan: &Plan) -> [(&'static str, Vec<String>); 13] {
    let unknown = plan.unknown.iter().map(|it| format!("{}: {}", it.host, it.reason));
    let withheld = plan
        .withheld
        .iter()
        .map(|it| format!("{}/{}/{}: {}", it.host, it.component, it.action.as_str(), it.reason));
    let asked = plan.members.values().flat_map(|members| &members.0).map(|member| {
        let by = Digest::of_json(&*member.check.list()).short();
        format!("{} on {}, by the commands {by}", member.component, member.host)
    });
    let failure = plan.on_failure.iter().map(|(name, then)| format!("{name}: {}", text(then)));
    [
        ("cluster", vec![plan.cluster.clone()]),
        ("environment", vec![plan.environment.clone()]),
        ("release", vec![plan.release.clone()]),
        ("purpose", vec![text(&plan.purpose)]),
        ("window", plan.window.iter().flat_map(by_key).collect()),
        ("after a failure", failure.collect()),
        ("asked for their health", asked.collect()),
        ("approvals", plan.approvals.iter().flat_map(by_key).collect()),
        ("rehearsals", rehearsals(plan)),
        ("unknown", unknown.collect()),
        ("left out", withheld.collect()),
        ("warnings", plan.warnings.iter().map(ToString::to_string).collect()),
        (
            "waivers, notices",
            plan.waivers.iter().map(text).chain(plan.notices.iter().map(text)).collect(),
        ),
    ]
}

/// What has to have been rehearsed and was not; by which evidence the rest was is no part of the meaning.
fn rehearsals(plan: &Plan) -> Vec<String> {
    let of = |it: &Rehearsal| std::iter::once(text(&it.rule)).chain(it.missing.clone()).collect();
    plan.rehearsal.as_ref().map(of).unwrap_or_default()
}

/// Each key as it stands in the plan file, with its value: what didn't move of it is not told.
fn by_key(value: &impl Serialize) -> Vec<String> {
    match serde_json::to_value(value) {
        Ok(Value::Object(keys)) => {
            keys.iter().map(|(key, value)| format!("{key}: {}", listed(value))).collect()
        }
        _ => vec![text(value)],
    }
}

fn listed(value: &Value) -> String {
    match value.as_array() {
        Some(values) if !values.is_empty() => {
            values.iter().map(text).collect::<Vec<_>>().join(", ")
        }
        _ => text(value),
    }
}

/// As it stands in the plan file.
fn text(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        Ok(value) => value.to_string(),
        Err(error) => error.to_string(),
    }
}

impl Serialize for Differences<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ids = |steps: &[&Step]| steps.iter().map(|step| step.id.to_string()).collect();
        let changed = self.changed.iter().map(|step| Changed {
            id: &step.new.id,
            fields: &step.fields,
            no_longer_after: &step.before.0,
            now_after: &step.before.1,
        });
        Form {
            format: "mdc/differences",
            version: 1,
            same: self.is_empty(),
            about: &self.about,
            gone: ids(&self.gone),
            come: ids(&self.come),
            changed: changed.collect(),
        }
        .serialize(serializer)
    }
}

/// The form of [`Differences`] for programs.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Form<'d> {
    /// The format's name.
    format: &'static str,
    /// The version of the format.
    version: u32,
    /// Whether both plans mean the same.
    same: bool,
    /// What is not of one step.
    about: &'d [Moved],
    /// Steps that only the older plan has, by their ids.
    gone: Vec<String>,
    /// Steps that only the newer plan has, by their ids.
    come: Vec<String>,
    /// Steps that mean another thing.
    changed: Vec<Changed<'d>>,
}

/// A step that means another thing.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Changed<'d> {
    /// Its id.
    id: &'d str,
    /// What moved of it.
    fields: &'d [super::StepField],
    /// What came before it and doesn't any more.
    no_longer_after: &'d [&'d str],
    /// What comes before it now and didn't.
    now_after: &'d [&'d str],
}
