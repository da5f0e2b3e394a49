//! Answers for programs: steps by their ids, durations as plans have them.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Serialize, Serializer};

use super::differences::Form as DifferencesForm;
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
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct WhyForm<'p> {
    /// The format's name.
    format: &'static str,
    /// The version of the format.
    version: u32,
    /// The step, by its id in the plan.
    step: &'p str,
    /// What comes before it, by why; steps by their ids.
    after: BTreeMap<Relation, Vec<&'p str>>,
    /// When it begins, by the forecast, counted from the start.
    begins: Period,
    /// What may begin when it is done, if nothing else is waited for.
    next: Vec<&'p str>,
    /// All that hangs on it.
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
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct StandingForm<'p> {
    /// The format's name.
    format: &'static str,
    /// The version of the format.
    version: u32,
    /// What is changed on the host, by the ids of the steps.
    changes: Vec<&'p str>,
    /// What else is done there.
    others: Vec<&'p str>,
    /// Why it can't be read, if it can't.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<&'p Unknown>,
    /// What would be changed, and is left out.
    withheld: &'p [&'p Withheld],
    /// Components that are as desired.
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
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct WhatIf<'p> {
    /// The format's name.
    format: &'static str,
    /// The version of the format.
    version: u32,
    /// What was asked, in words.
    asked: &'p str,
    /// What the plan takes as it is.
    takes: Period,
    /// What it would take.
    would_take: Period,
    /// What would change in the plan.
    #[schemars(with = "DifferencesForm<'p>")]
    differences: &'p Differences<'p>,
    /// How stage 2 would fit into the window, when one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    fit: Option<FitForm<'p>>,
}

/// [`Fit`], key by key.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct FitForm<'p> {
    /// The window.
    window: Period,
    /// What stage 2 should take.
    stage_2_takes: Period,
    /// What it takes in a slow case.
    stage_2_slow: Period,
    /// The changes that would not be begun, by the ids of their steps.
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

/// The JSON schemas of the answers, by the names of their formats.
#[must_use]
pub fn schemas() -> [(&'static str, Schema); 4] {
    fn of<T: JsonSchema>() -> Schema {
        SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>()
    }
    [
        ("differences", of::<DifferencesForm<'static>>()),
        ("why", of::<WhyForm<'static>>()),
        ("why-not", of::<StandingForm<'static>>()),
        ("what-if", of::<WhatIf<'static>>()),
    ]
}
