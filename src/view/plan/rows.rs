//! Equal steps on many hosts as one row.

use std::time::Duration;

use crate::address::{ComponentName, HostName};
use crate::diff::{Action, Reason};
use crate::plan::{Clock, HealthyBefore, Step};
use crate::value::Period;
use crate::view::group::group;
use crate::view::words;

/// What is the same for every step of a row. The order of the fields is the order of the rows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Same<'a> {
    pub(super) wave: u32,
    pub(super) component: &'a ComponentName,
    pub(super) action: Action,
    pub(super) from: Option<&'a str>,
    pub(super) to: &'a str,
    pub(super) reasons: Vec<String>,
    pub(super) asks: String,
    pub(super) keeps: Vec<String>,
    pub(super) impact: &'a str,
    pub(super) needs: Vec<String>,
    pub(super) way_back: String,
    pub(super) forecast: Period,
    pub(super) slow: Period,
    pub(super) size: u64,
    pub(super) staged: bool,
    pub(super) fed_by: Option<&'a str>,
    pub(super) feeds: String,
}

/// A row: steps that differ only in their host.
pub(super) struct StepRow<'a> {
    pub(super) same: Same<'a>,
    pub(super) steps: Vec<&'a Step>,
    /// When they begin, and whether that is counted from when the window opens.
    pub(super) begins: (Duration, bool),
}

impl StepRow<'_> {
    /// What stops meanwhile, when, and for how long on each host; empty when nothing does.
    pub(super) fn impact(&self) -> String {
        let Same { impact, forecast, slow, .. } = &self.same;
        if impact.is_empty() {
            return String::new();
        }
        format!(
            "{impact}; {}, for {}, {} in a slow case",
            words::after(self.begins),
            words::about(forecast.duration()),
            words::about(slow.duration())
        )
    }

    /// The hosts in few words.
    pub(super) fn hosts(&self) -> String {
        words::hosts(self.steps.iter().map(|step| step.host.as_str()))
    }
}

/// The steps as rows: waves in order, within a wave in the order of the plan.
pub(super) fn rows<'a>(
    steps: impl IntoIterator<Item = &'a Step>,
    clock: &Clock,
) -> Vec<StepRow<'a>> {
    let row = |(same, steps): (Same<'a>, Vec<&'a Step>)| {
        let begins = steps.first().map(|step| clock.begins(step)).unwrap_or_default();
        StepRow { same, steps, begins }
    };
    let mut rows: Vec<StepRow<'a>> = group(steps, |step| same(step)).into_iter().map(row).collect();
    rows.sort_by_key(|row| row.same.wave);
    rows
}

fn same(step: &Step) -> Same<'_> {
    // Why a file is copied, and what it replaces, is said once by the step that installs it or goes back to it.
    let changes = !step.action.only_copies() && !step.action.is_gate();
    Same {
        wave: step.wave,
        component: &step.component,
        action: step.action,
        from: step.from.as_ref().filter(|_| changes).map(|it| it.upstream().as_str()),
        to: if step.action.is_gate() { "" } else { step.to.as_str() },
        asks: words::asks(&step.commands).unwrap_or_default(),
        keeps: step.commands.iter().filter_map(|command| words::keeps(&command.task)).collect(),
        reasons: step.reasons.iter().filter(|_| changes).map(words::reason).collect(),
        impact: &step.impact,
        needs: needs(&step.host, &step.needs_healthy),
        way_back: step.way_back.as_ref().map(words::way_back).unwrap_or_default(),
        forecast: step.forecast,
        slow: step.slow_case(),
        size: step.copied().map_or(0, |(_, size)| size),
        staged: step.staged,
        fed_by: step.feeder.as_ref().map(|feeder| feeder.host.as_str()),
        feeds: feeds(step),
    }
}

/// Whom it gives its file to.
fn feeds(step: &Step) -> String {
    let fed = step.reasons.iter().find_map(|reason| match reason {
        Reason::Feeds { hosts } => Some(hosts),
        _ => None,
    });
    fed.map(|hosts| words::hosts(hosts.iter().map(HostName::as_str))).unwrap_or_default()
}

/// What has to be healthy, without the name of the step's own host, so that steps compare alike.
pub(in crate::view) fn needs(own: &HostName, needs: &[HealthyBefore]) -> Vec<String> {
    group(needs, |need| (need.component.clone(), need.host == *own))
        .into_iter()
        .map(|((component, same_host), needs)| {
            if same_host {
                return format!("{component} on the same host");
            }
            let hosts = words::hosts(needs.iter().map(|need| need.host.as_str()));
            format!("{component} on {hosts}")
        })
        .collect()
}
