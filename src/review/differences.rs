//! What moved between two plans in meaning: what is done, where, in which order, by which commands, with
//! what in the way, on which facts, and what people should know of it. The text may differ more: seal,
//! tool, locator of the manifest, what should be beyond the steps, waves, and forecasts without a window.

use std::collections::BTreeMap;

use serde::Serialize;

use super::order::Order;
use super::step::{Both, ChangedStep};
use crate::plan::{Plan, Rehearsal, Step};
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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

/// What moved since `saved` was made, with `now` made anew: also what the same is done for, since nobody
/// carries a plan out under another manifest than it was made from.
#[must_use]
pub fn since<'p>(saved: &'p Plan, now: &'p Plan) -> Differences<'p> {
    let mut found = differences(saved, now);
    if saved.basis.desired != now.basis.desired {
        let digest = |plan: &Plan| vec![plan.basis.desired.to_string()];
        let what = "manifest, release or catalog";
        found.about.push(Moved { what, gone: digest(saved), come: digest(now) });
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
        ("window", plan.window.iter().map(text).collect()),
        ("after a failure", failure.collect()),
        ("asked for their health", asked.collect()),
        ("approvals", plan.approvals.iter().map(text).collect()),
        ("rehearsals", rehearsals(plan)),
        ("unknown", unknown.collect()),
        ("left out", withheld.collect()),
        ("warnings", plan.warnings.clone()),
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

/// As it stands in the plan file.
fn text(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
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
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Form<'d> {
    format: &'static str,
    version: u32,
    same: bool,
    about: &'d [Moved],
    gone: Vec<String>,
    come: Vec<String>,
    changed: Vec<Changed<'d>>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Changed<'d> {
    id: &'d str,
    fields: &'d [super::StepField],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    no_longer_after: &'d [&'d str],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    now_after: &'d [&'d str],
}
