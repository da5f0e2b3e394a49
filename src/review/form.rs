//! Answers for programs: steps by their ids, durations as plans have them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::{Differences, Fit, Relation, Standing, Why};
use crate::address::ComponentName;
use crate::plan::{Plan, Step, Unknown, Withheld, elapsed};
use crate::value::Period;

fn ids<'p>(steps: &[&'p Step]) -> Vec<&'p str> {
    steps.iter().map(|step| &*step.id).collect()
}

fn period(duration: Duration) -> Period {
    Period::millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// [`Why`], key by key.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct WhyForm<'p> {
    format: &'static str,
    version: u32,
    step: &'p str,
    after: BTreeMap<Relation, Vec<&'p str>>,
    begins: Period,
    next: Vec<&'p str>,
    behind: Vec<&'p str>,
}

impl Serialize for Why<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let after = self.after.iter().map(|(relation, steps)| (*relation, ids(steps)));
        WhyForm {
            format: "mdc/why",
            version: 1,
            step: &self.step.id,
            after: after.collect(),
            begins: period(self.begins),
            next: ids(&self.next),
            behind: ids(&self.behind),
        }
        .serialize(serializer)
    }
}

/// [`Standing`], key by key.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct StandingForm<'p> {
    format: &'static str,
    version: u32,
    changes: Vec<&'p str>,
    others: Vec<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<&'p Unknown>,
    withheld: &'p [&'p Withheld],
    as_desired: Vec<&'p ComponentName>,
}

impl Serialize for Standing<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        StandingForm {
            format: "mdc/why-not",
            version: 1,
            changes: ids(&self.changes),
            others: ids(&self.others),
            unknown: self.unknown,
            withheld: &self.withheld,
            as_desired: self.as_desired.iter().copied().collect(),
        }
        .serialize(serializer)
    }
}

/// What would be otherwise.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct WhatIf<'p> {
    format: &'static str,
    version: u32,
    asked: &'p str,
    takes: Period,
    would_take: Period,
    differences: &'p Differences<'p>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fit: Option<FitForm<'p>>,
}

/// [`Fit`], key by key.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct FitForm<'p> {
    window: Period,
    stage_2_takes: Period,
    stage_2_slow: Period,
    not_begun: Vec<&'p str>,
}

impl<'p> WhatIf<'p> {
    /// The answer: what was `asked`, in words, what the plans of `now` and `then` differ in, and how the
    /// latter fits a window.
    #[must_use]
    pub fn new(
        asked: &'p str,
        (now, then): (&'p Plan, &'p Plan),
        differences: &'p Differences<'p>,
        fit: Option<(Duration, &'p Fit<'p>)>,
    ) -> Self {
        let takes = |plan: &Plan| period(elapsed(&plan.steps.iter().collect::<Vec<_>>()));
        let fit = fit.map(|(window, fit)| FitForm {
            window: period(window),
            stage_2_takes: period(fit.takes),
            stage_2_slow: period(fit.slow),
            not_begun: ids(&fit.not_begun),
        });
        let (format, version) = ("mdc/what-if", 1);
        Self {
            format,
            version,
            asked,
            takes: takes(now),
            would_take: takes(then),
            differences,
            fit,
        }
    }
}
