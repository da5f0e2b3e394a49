//! What steps took before, for forecasts: of this cluster or of its staging, in files that
//! `mdc history --durations` writes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label};
use crate::manifest::Manifest;
use crate::source;
use crate::value::Period;

/// The name of the format.
const FORMAT: &str = "mdc/durations";
/// Its version.
const VERSION: u32 = 1;
/// Fewer than so many say little of a slow case: it is taken for twice the median then, a guess.
const FEW: usize = 5;
/// How many of each kind are kept: the newest.
const KEPT: usize = 50;
/// No step takes so many seconds, a year, and sums of such times still are times.
const LONGEST: u64 = 365 * 24 * 3600;
const NEW_FILE: &str = "write it anew with `mdc history --durations > FILE`";

/// What steps took, by `component/action`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Durations {
    /// Always `mdc/durations`.
    format: String,
    /// The version of this format.
    version: u32,
    /// Seconds, oldest first, by `component/action`.
    seconds: BTreeMap<String, Vec<u64>>,
}

/// What a step should take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// Half of them took no longer.
    pub median: Period,
    /// What it takes in a slow case.
    pub slow: Period,
}

impl Default for Durations {
    fn default() -> Self {
        Self { format: FORMAT.to_owned(), version: VERSION, seconds: BTreeMap::new() }
    }
}

impl Durations {
    /// Adds one, newer than all before.
    pub fn add(&mut self, component: &str, action: &str, took: Period) {
        let of = self.seconds.entry(format!("{component}/{action}")).or_default();
        of.push(took.whole_seconds());
        if of.len() > KEPT {
            of.remove(0);
        }
    }

    /// What is to be expected of a step; none when there was never one like it.
    #[must_use]
    pub fn expected(&self, component: &str, action: &str) -> Option<Expected> {
        let mut seconds = self.seconds.get(&format!("{component}/{action}"))?.clone();
        seconds.sort_unstable();
        let median = *seconds.get(seconds.len() / 2)?;
        let longest = *seconds.last()?;
        let least = if seconds.len() < FEW { median.saturating_mul(2) } else { median };
        let slow = longest.max(least);
        // Nothing takes no time.
        Some(Expected {
            median: Period::seconds(median.max(1)),
            slow: Period::seconds(slow.max(1)),
        })
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seconds.is_empty()
    }
}

/// What the files that the manifest names hold together.
pub(super) fn durations(manifest: &Manifest, found: &mut Diagnostics) -> Durations {
    let mut all = Durations::default();
    for written in &manifest.forecast.durations {
        let wrong = |why: String| {
            let message = format!("what steps took before can't be read: {why}");
            let label = Label::new(&manifest.source, written.span.clone(), "named here");
            Diagnostic::new(Code::Durations, message).at(label).help(NEW_FILE)
        };
        let text = match source::read(&manifest.path(&written.value)) {
            Ok(text) => text,
            Err(problem) => {
                found.push(wrong(problem.message.clone()));
                continue;
            }
        };
        match parse(&text.text) {
            Ok(more) => {
                for (of, seconds) in more.seconds {
                    all.seconds.entry(of).or_default().extend(seconds);
                }
            }
            Err(why) => found.push(wrong(format!("{}: {why}", written.value))),
        }
    }
    all
}

fn parse(text: &str) -> Result<Durations, String> {
    let read: Durations = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if read.format != FORMAT || read.version != VERSION {
        return Err(format!(
            "it has the format `{}` version {}; this mdc reads `{FORMAT}` version {VERSION}",
            read.format, read.version
        ));
    }
    let too_long = |seconds: &&u64| **seconds > LONGEST;
    let found = read.seconds.iter().find_map(|(of, all)| Some((of, all.iter().find(too_long)?)));
    if let Some((of, seconds)) = found {
        return Err(format!("`{of}` took {seconds} s, and no step takes longer than {LONGEST} s"));
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Median and slow case, in seconds.
    type Seen = Option<(u64, u64)>;

    fn of(seconds: &[u64]) -> Seen {
        let mut durations = Durations::default();
        for seconds in seconds {
            durations.add("redis", "upgrade", Period::seconds(*seconds));
        }
        let expected = durations.expected("redis", "upgrade")?;
        Some((expected.median.whole_seconds(), expected.slow.whole_seconds()))
    }

    #[test]
    fn a_median_and_a_slow_case_are_of_what_was_seen() {
        let golden: &[(&[u64], Seen)] = &[
            (&[], None),
            (&[0], Some((1, 1))),
            (&[30], Some((30, 60))),
            (&[30, 90], Some((90, 180))),
            (&[10, 300, 20], Some((20, 300))),
            (&[10, 11, 12, 13, 14], Some((12, 14))),
        ];
        for (seconds, expected) in golden {
            assert_eq!(of(seconds), *expected, "{seconds:?}");
        }
    }

    #[test]
    fn the_newest_are_kept() {
        let seconds: Vec<u64> = (0..200).collect();
        assert_eq!(of(&seconds), Some((175, 199)));
    }

    #[test]
    fn no_step_takes_longer_than_a_year() {
        let file = |seconds: u64| {
            format!(
                r#"{{ "format": "mdc/durations", "version": 1,
                    "seconds": {{ "redis/upgrade": [30, {seconds}] }} }}"#
            )
        };
        assert!(parse(&file(LONGEST)).is_ok());
        for seconds in [LONGEST + 1, 9_223_372_036_854_775_000, u64::MAX] {
            let why = parse(&file(seconds)).unwrap_err();
            assert!(why.contains("`redis/upgrade` took"), "{why}");
        }
    }

    #[test]
    fn another_format_is_refused() {
        let text = r#"{ "format": "mdc/durations", "version": 2, "seconds": {} }"#;
        assert!(parse(text).unwrap_err().contains("version 2"));
        assert!(parse("[]").is_err());
    }
}
