//! The test scan: the same two files before and after a plan, and what is compared.

use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Seen, Verdict};
use super::gateway::Gateway;
use super::sample::Sample;
use super::trouble::Trouble;
use crate::transport::ScanBounds;
use crate::value::Period;

/// The pause between two questions, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What the scan of a test file came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Scanned {
    /// Which file.
    pub file: Sample,
    /// What came of it.
    pub verdict: Verdict,
    /// From its submission to its verdict, seen from the controller.
    pub took: Period,
}

impl Scanned {
    /// In words: `the harmless file: No Threat Detected, Allowed in 312ms`.
    #[must_use]
    pub fn in_words(&self) -> String {
        format!("{}: {} in {}", self.file.in_words(), self.verdict.in_words(), self.took)
    }

    /// What is wrong with the verdict by itself, if anything.
    fn problem(&self) -> Option<String> {
        let fits = match self.file {
            Sample::Harmless => self.verdict.is_harmless(),
            Sample::Eicar => self.verdict.is_threat(),
        };
        (!fits).then(|| match self.file {
            Sample::Harmless => {
                format!("the harmless file is not found harmless: {}", self.verdict.in_words())
            }
            Sample::Eicar => {
                format!("the EICAR test pattern is not found: {}", self.verdict.in_words())
            }
        })
    }
}

/// Waits for a time; true when nothing more is wanted. Is told what was seen last.
pub type Wait<'w> = dyn Fn(Duration, String) -> bool + 'w;

/// Scans `file` and waits for its verdict.
///
/// # Errors
/// When there is none within `within`, in words with what was seen last, or the gateway says no.
pub fn test(
    gateway: &Gateway,
    file: Sample,
    within: Duration,
    wait: &Wait<'_>,
) -> Result<Scanned, String> {
    let start = Instant::now();
    let content = file.content();
    let mut pause = FIRST_PAUSE;
    // When the submission that was accepted began, and its id.
    let mut accepted: Option<(Instant, String)> = None;
    loop {
        let begun = Instant::now();
        let left = within.saturating_sub(start.elapsed()).max(FIRST_PAUSE);
        let seen = match &accepted {
            None => gateway
                .submit((file.file_name(), content.len() as u64), &mut content.as_slice(), left)
                .map(|id| {
                    accepted = Some((begun, id));
                    "submitted".to_owned()
                }),
            Some((since, id)) => match gateway.look(id) {
                Ok(Seen::Finished(verdict)) => {
                    let took = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
                    return Ok(Scanned { file, verdict, took: Period::millis(took) });
                }
                Ok(Seen::At(percent)) => Ok(format!("{percent} % of {}", file.in_words())),
                Ok(Seen::Unknown) => {
                    Ok("the gateway doesn't know the file that it accepted".into())
                }
                Err(trouble) => Err(trouble),
            },
        };
        let last = seen.or_else(|trouble| passing(file, &trouble))?;
        if start.elapsed() >= within {
            return Err(format!(
                "{} has no verdict after {}; last: {last}",
                file.in_words(),
                Period::millis(u64::try_from(within.as_millis()).unwrap_or(u64::MAX))
            ));
        }
        if wait(pause.min(within.saturating_sub(start.elapsed())), last) {
            return Err("it was cancelled".to_owned());
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// What may pass, in words; what won't is the end.
fn passing(file: Sample, trouble: &Trouble) -> Result<String, String> {
    if trouble.may_pass() {
        Ok(trouble.to_string())
    } else {
        Err(format!("{}: {trouble}", file.in_words()))
    }
}

/// What is wrong with `scans`, one sentence each; beside those `before`, if there are any.
#[must_use]
pub fn compare(scans: &[Scanned], before: &[Scanned], bounds: Option<&ScanBounds>) -> Vec<String> {
    let mut wrong = Vec::new();
    for scan in scans {
        let earlier = before.iter().find(|it| it.file == scan.file);
        wrong.extend(scan.problem());
        let Some(earlier) = earlier else { continue };
        let limit = bounds.map(|bounds| limit(earlier.took, bounds));
        if let Some(limit) = limit.filter(|limit| scan.took > *limit) {
            wrong.push(format!(
                "{} took {}, more than the {limit} that are allowed after {} before",
                scan.file.in_words(),
                scan.took,
                earlier.took
            ));
        }
    }
    wrong
}

/// How long a scan may take that took so long before.
fn limit(before: Period, bounds: &ScanBounds) -> Period {
    let times = before.duration().saturating_mul(bounds.slower_than);
    let longest = times.max(before.duration().saturating_add(bounds.grace.duration()));
    Period::millis(u64::try_from(longest.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(file: Sample, index: i64, millis: u64) -> Scanned {
        let verdict = Verdict { index, result: format!("r{index}"), processed: String::new() };
        Scanned { file, verdict, took: Period::millis(millis) }
    }

    #[test]
    fn scans_after_are_measured_by_those_before() {
        let bounds = ScanBounds { slower_than: 3, grace: Period::seconds(2) };
        let both = |harmless: (i64, u64), eicar: (i64, u64)| {
            [
                scanned(Sample::Harmless, harmless.0, harmless.1),
                scanned(Sample::Eicar, eicar.0, eicar.1),
            ]
        };
        let before = both((0, 1000), (1, 100));
        for (after, wrong) in [
            (both((0, 1100), (1, 90)), &[][..]),
            (both((0, 3000), (1, 2100)), &[]),
            (both((0, 3001), (1, 2101)), &["more than the 3s", "more than the 2s 100ms"]),
            (both((0, 1000), (0, 100)), &["the EICAR test pattern is not found: r0"]),
            (both((3, 1000), (1, 100)), &["the harmless file is not found harmless: r3"]),
        ] {
            let said = compare(&after, &before, Some(&bounds));
            assert_eq!(said.len(), wrong.len(), "{said:?}");
            assert!(said.iter().zip(wrong).all(|(said, part)| said.contains(part)), "{said:?}");
        }
        // A new version may put the same verdict in other words.
        let mut other = both((0, 1000), (1, 100));
        other[1].verdict.processed = "Allowed".to_owned();
        assert_eq!(compare(&other, &before, Some(&bounds)), Vec::<String>::new());
        // Without a measure the verdicts still have to be right.
        assert_eq!(compare(&both((0, 9000), (1, 9000)), &[], Some(&bounds)), Vec::<String>::new());
        assert_eq!(compare(&both((0, 1), (2, 1)), &[], None).len(), 1);
    }
}
