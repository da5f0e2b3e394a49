//! The plan that drops what was kept for ways back, and does nothing else.

use std::sync::Arc;

use super::{Basis, Compared, Plan, Purpose, Step, UsedFacts, WayBack};
use crate::address::Address;
use crate::catalog::Stage;
use crate::desired::Desired;
use crate::diff::{Action, Reason};
use crate::observe::ComponentFacts;
use crate::step;
use crate::value::{Period, Version};

/// What dropping should take: a guess.
const FORECAST: Period = Period::seconds(30);

/// Data of a major version before that are kept for the way back.
#[derive(Debug, Clone)]
pub struct Kept<'a> {
    /// Where.
    pub address: Address,
    /// The version that they are of.
    pub from: Version,
    /// The run that has kept them.
    pub run: String,
    /// What there is besides.
    pub facts: &'a ComponentFacts,
}

/// The plan that drops all that is `kept`. What the catalog knows no way for stays.
#[must_use]
pub fn finalise(desired: &Desired, kept: &[Kept<'_>]) -> Plan {
    let steps: Vec<Step> = kept.iter().filter_map(|one| dropped(desired, one)).collect();
    let used = kept.iter().map(|one| {
        (format!("{}/{}", one.address.host, one.address.component), UsedFacts::from(one.facts))
    });
    let compared = Compared { hosts: desired.hosts.len(), resources: desired.resources.len() };
    let basis = Basis { compared, facts: used.collect(), ..Basis::of(desired) };
    Plan { purpose: Purpose::Finalise, steps, ..Plan::bare(desired, basis) }.grounded(desired)
}

fn dropped(desired: &Desired, kept: &Kept<'_>) -> Option<Step> {
    let Address { host, component } = &kept.address;
    let resource = desired.resources.get(&kept.address)?;
    let commands: Arc<[_]> = step::finalise(resource, &kept.from).into();
    if commands.is_empty() {
        return None;
    }
    let step = Step::bare((host, component), Action::Finalise, &resource.version, commands);
    let why = "what was kept for it is dropped, and only a backup leads back";
    Some(Step {
        // There may be several of one component.
        id: format!("{}-{}", step.id, kept.from.major()).into(),
        // Nothing that runs is touched.
        stage: Stage::Live,
        reasons: vec![Reason::FinaliseAsked { run: kept.run.clone() }],
        forecast: FORECAST,
        way_back: Some(WayBack::None(why.into())),
        ..step
    })
}
