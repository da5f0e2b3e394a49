//! What a plan has for one host, and why not more.

use std::collections::BTreeSet;

use crate::address::{ComponentName, HostName};
use crate::plan::{Plan, Step, Unknown, Withheld};

/// How a host stands in a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing<'p> {
    /// What changes there.
    pub changes: Vec<&'p Step>,
    /// What else is done there.
    pub others: Vec<&'p Step>,
    /// Why it could not be read.
    pub unknown: Option<&'p Unknown>,
    /// What is left out there, and why.
    pub withheld: Vec<&'p Withheld>,
    /// The components that are as they should be.
    pub as_desired: BTreeSet<&'p ComponentName>,
}

impl Standing<'_> {
    /// Whether the plan says nothing of the host.
    #[must_use]
    pub fn is_unknown_to_plan(&self) -> bool {
        self.changes.is_empty()
            && self.others.is_empty()
            && self.unknown.is_none()
            && self.withheld.is_empty()
            && self.as_desired.is_empty()
    }
}

/// How `host` stands in `plan`.
#[must_use]
pub fn standing<'p>(plan: &'p Plan, host: &str) -> Standing<'p> {
    let there = |it: &HostName| it.as_str() == host;
    let (changes, others): (Vec<&Step>, Vec<&Step>) =
        plan.steps.iter().filter(|step| there(&step.host)).partition(|step| step.is_change());
    let mut as_desired: BTreeSet<&ComponentName> = plan
        .members
        .values()
        .flat_map(|members| &members.0)
        .filter(|member| there(&member.host))
        .map(|member| &member.component)
        .collect();
    as_desired.retain(|name| !changes.iter().any(|step| step.component == **name));
    let withheld: Vec<&Withheld> = plan.withheld.iter().filter(|it| there(&it.host)).collect();
    as_desired.retain(|name| !withheld.iter().any(|it| it.component == **name));
    let unknown = plan.unknown.iter().find(|it| there(&it.host));
    Standing { changes, others, unknown, withheld, as_desired }
}
