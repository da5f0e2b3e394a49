//! What came to logs while a run went on.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::ComponentName;
use crate::plan::Plan;
use crate::state::LogsRead;

/// What came to the logs of one component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LogReview {
    /// Which.
    pub component: ComponentName,
    /// What was found.
    pub read: LogsRead,
}

/// The reviews of a run of `plan`, of which the steps in `read` were passed.
pub(super) fn of(plan: &Plan, read: &BTreeMap<String, LogsRead>) -> Vec<LogReview> {
    let review = |step: &crate::plan::Step| {
        let (component, read) = (step.component.clone(), read.get(&*step.id)?.clone());
        Some(LogReview { component, read })
    };
    plan.steps.iter().filter_map(review).collect()
}
