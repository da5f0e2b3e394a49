//! What a step should take, by its component's durations.

use crate::catalog::Component;
use crate::desired::{Resource, Source};
use crate::diff::Action;
use crate::graph::Node;
use crate::value::Period;

/// Bytes a second that a copy is expected to make, for forecasts: a quarter of a gigabit line.
pub(super) const EXPECTED_COPY_RATE: u64 = 30_000_000;
/// Seconds that a host is expected to take to load lists and packages from a repository: a guess.
const EXPECTED_FETCH: u64 = 20;

pub(super) fn forecast(node: &Node, resource: &Resource, component: &Component) -> Period {
    let durations = &component.durations;
    let action = node.action;
    let settle = component.settle(node.canary);
    let seconds = match (action, &resource.source) {
        (Action::Copy | Action::Keep, Source::File { size, .. }) => 1 + size / EXPECTED_COPY_RATE,
        (Action::Copy | Action::Keep, _) => 0,
        (Action::Fetch, _) => EXPECTED_FETCH,
        (Action::Start | Action::Reconfigure, _) => {
            durations.start.whole_seconds() + settle.whole_seconds()
        }
        _ => {
            durations.install.whole_seconds()
                + durations.start.whole_seconds()
                + settle.whole_seconds()
        }
    };
    Period::seconds(seconds)
}
