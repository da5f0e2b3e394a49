//! What the gateway answers. Its bytes may be anything.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::trouble::Trouble;
use crate::value::harmless;

/// The longest text that is kept of an answer, in characters.
const LONGEST: usize = 120;
/// Processing results by their index, as the vendor's document lists them.
const NO_THREAT: i64 = 0;
const INFECTED: i64 = 1;
/// Failed, not scanned, given up in an archive, cancelled.
const NOT_SCANNED: [i64; 4] = [3, 10, 16, 19];
const IN_PROGRESS: i64 = 255;

/// What a finished scan came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Verdict {
    /// `scan_all_result_i`: the index of the processing result.
    pub index: i64,
    /// `scan_all_result_a`: the same in words, such as `No Threat Detected`.
    pub result: String,
    /// `process_info.result`: what became of the file, such as `Allowed`; empty when not told.
    pub processed: String,
}

impl Verdict {
    /// Whether no engine found anything.
    #[must_use]
    pub const fn is_harmless(&self) -> bool {
        self.index == NO_THREAT
    }

    /// Whether a threat was found.
    #[must_use]
    pub const fn is_threat(&self) -> bool {
        self.index == INFECTED
    }

    /// Whether the file was not looked at to its end.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        NOT_SCANNED.contains(&self.index)
    }

    /// In words: `No Threat Detected, Allowed`.
    #[must_use]
    pub fn in_words(&self) -> String {
        if self.processed.is_empty() {
            self.result.clone()
        } else {
            format!("{}, {}", self.result, self.processed)
        }
    }
}

/// How far a scan is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Still at work: so many percent.
    At(u8),
    /// Finished.
    Finished(Verdict),
    /// The gateway doesn't know the file.
    Unknown,
}

#[derive(Deserialize)]
struct Submitted {
    data_id: String,
}

/// Of all that an answer may hold, what is used.
#[derive(Deserialize)]
struct Analysis {
    #[serde(default)]
    process_info: Option<ProcessInfo>,
    #[serde(default)]
    scan_results: Option<ScanResults>,
}

#[derive(Deserialize)]
struct ProcessInfo {
    #[serde(default)]
    progress_percentage: Option<i64>,
    #[serde(default)]
    result: Option<String>,
}

#[derive(Deserialize)]
struct ScanResults {
    #[serde(default)]
    progress_percentage: Option<i64>,
    #[serde(default)]
    scan_all_result_i: Option<i64>,
    #[serde(default)]
    scan_all_result_a: Option<String>,
}

/// The id under which a submitted file is asked for. It becomes part of a path.
pub(super) fn data_id(bytes: &[u8]) -> Result<String, Trouble> {
    let Submitted { data_id } = parsed(bytes)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if data_id.is_empty() || data_id.len() > LONGEST || !data_id.bytes().all(plain) {
        return Err(Trouble::Strange(format!(
            "its data_id can't be one: {}",
            harmless(&data_id, &[])
        )));
    }
    Ok(data_id)
}

/// How far the scan is that `bytes` tell of.
pub(super) fn seen(bytes: &[u8]) -> Result<Seen, Trouble> {
    let Analysis { process_info, scan_results } = parsed(bytes)?;
    // The document names no answer for a file that isn't known: one without results is taken for it.
    let Some(scan) = scan_results else { return Ok(Seen::Unknown) };
    let process = process_info.as_ref().and_then(|process| process.progress_percentage);
    let progress = scan.progress_percentage.into_iter().chain(process).min();
    let progress = progress.ok_or_else(|| Trouble::Strange("it tells no progress".to_owned()))?;
    let index = scan.scan_all_result_i.unwrap_or(IN_PROGRESS);
    if progress < 100 || index == IN_PROGRESS {
        return Ok(Seen::At(u8::try_from(progress.clamp(0, 99)).unwrap_or_default()));
    }
    let result =
        scan.scan_all_result_a.map_or_else(|| format!("result {index}"), |it| harmless(&it, &[]));
    let processed = process_info.and_then(|process| process.result).map(|it| harmless(&it, &[]));
    Ok(Seen::Finished(Verdict { index, result, processed: processed.unwrap_or_default() }))
}

fn parsed<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Trouble> {
    // A list would be taken for an object without its keys.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Trouble::Strange("it is no JSON object".to_owned()));
    }
    serde_json::from_slice(bytes)
        .map_err(|error| Trouble::Strange(harmless(&error.to_string(), &[])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::steers;

    #[test]
    fn progress_and_verdict_are_read_out_of_the_documented_answer() {
        let verdict = |index, result: &str, processed: &str| {
            Seen::Finished(Verdict { index, result: result.into(), processed: processed.into() })
        };
        for (text, expected) in [
            (
                r#"{"scan_results":{"progress_percentage":40,"scan_all_result_i":255}}"#,
                Seen::At(40),
            ),
            (
                r#"{"process_info":{"progress_percentage":70},"scan_results":{"progress_percentage":100,"scan_all_result_i":0}}"#,
                Seen::At(70),
            ),
            (r#"{"scan_results":{"progress_percentage":100}}"#, Seen::At(99)),
            (r#"{"61dffeaa":"Not Found"}"#, Seen::Unknown),
            (
                r#"{"process_info":{"progress_percentage":100,"result":"Blocked"},"scan_results":{"progress_percentage":100,"scan_all_result_i":1,"scan_all_result_a":"Infected"}}"#,
                verdict(1, "Infected", "Blocked"),
            ),
            (
                r#"{"scan_results":{"progress_percentage":100,"scan_all_result_i":0,"scan_all_result_a":"a\u001b[2Jb"}}"#,
                verdict(0, "a\u{fffd}[2Jb", ""),
            ),
        ] {
            assert_eq!(seen(text.as_bytes()).unwrap(), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_is_taken_or_refused(bytes: Vec<u8>, number: i64, text: String) {
            let _ = (seen(&bytes), data_id(&bytes));
            let results = serde_json::json!({
                "scan_results": {
                    "progress_percentage": number, "scan_all_result_i": number, "scan_all_result_a": text,
                },
                "process_info": { "result": text },
            });
            if let Ok(Seen::Finished(verdict)) = seen(results.to_string().as_bytes()) {
                assert!(!verdict.in_words().chars().any(steers));
                assert!(verdict.in_words().chars().count() <= 602);
            }
        }
    }

    #[test]
    fn answers_that_are_not_the_documented_ones_are_refused() {
        for text in ["", "[]", "{", r#"{"scan_results":[]}"#, r#"{"scan_results":{}}"#] {
            assert!(matches!(seen(text.as_bytes()), Err(Trouble::Strange(_))), "{text}");
        }
        for id in ["", "../admin", "a b", "a\\r\\nHost: x", &"a".repeat(200)] {
            let text = format!(r#"{{"data_id":"{id}"}}"#);
            assert!(matches!(data_id(text.as_bytes()), Err(Trouble::Strange(_))), "{id}");
        }
        assert_eq!(data_id(br#"{"data_id":"61dffeaa-7_A"}"#).unwrap(), "61dffeaa-7_A");
    }
}
