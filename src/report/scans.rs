//! What test scans came to before and after.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diff::Action;
use crate::plan::Plan;
use crate::scan::{Sample, Scanned, Verdict};
use crate::value::Period;

/// A test file, scanned before the first change and after the last one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TestScan {
    /// Which file.
    pub file: Sample,
    /// What came of it before; none when it was left out or not passed.
    pub before: Option<ScanResult>,
    /// What came of it afterwards.
    pub after: Option<ScanResult>,
}

/// What came of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScanResult {
    /// What was found.
    pub verdict: Verdict,
    /// From submission to verdict.
    pub took: Period,
}

/// The test scans of a run of `plan`, of which the steps in `scanned` were passed.
pub(super) fn of(plan: &Plan, scanned: &BTreeMap<String, Box<[Scanned]>>) -> Vec<TestScan> {
    let result = |action: Action, file: Sample| {
        let step = plan.steps.iter().find(|step| step.action == action)?;
        let scan = scanned.get(&*step.id)?.iter().find(|scan| scan.file == file)?;
        Some(ScanResult { verdict: scan.verdict.clone(), took: scan.took })
    };
    let both = |file| TestScan {
        file,
        before: result(Action::ScanBefore, file),
        after: result(Action::ScanAfter, file),
    };
    let seen = |scan: &TestScan| scan.before.is_some() || scan.after.is_some();
    Sample::ALL.into_iter().map(both).filter(seen).collect()
}
