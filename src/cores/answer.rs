//! What answers mean. `success` is a boolean in one route and a sentence in another; 405 says that the
//! user has no rights; the licence server says failures by 200 and a body that begins with `error:`.

use serde_json::Value;

use super::exchange::Outcome;
use crate::value::harmless;

/// How many errors of settings are told.
const DETAILS: usize = 3;

/// What came of a request that moves something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is done, in the words of the answer.
    Done(String),
    /// It is not done, and why.
    Refused(String),
    /// Nothing was sent.
    NotSent(String),
    /// It was sent, and what became of it is not known.
    Unknown(String),
}

/// What `outcome` of a request to an instance means.
pub(super) fn of_core(outcome: Outcome, secrets: &[&str]) -> Answer {
    let (status, body) = match outcome {
        Outcome::NotSent(why) => return Answer::NotSent(why),
        Outcome::Lost(why) => return Answer::Unknown(why),
        Outcome::Answered { status, body } => (status, body),
    };
    let said = said(status, &body, secrets);
    match status {
        200 => done(&body, secrets).unwrap_or_else(|| {
            Answer::Unknown(format!("it answers 200, and not as MD Core does: {said}"))
        }),
        304 => Answer::Done("the settings are the same".to_owned()),
        400..=499 => Answer::Refused(said),
        _ => Answer::Unknown(said),
    }
}

fn done(body: &Result<Vec<u8>, String>, secrets: &[&str]) -> Option<Answer> {
    let value: Value = serde_json::from_slice(body.as_deref().ok()?).ok()?;
    if let Some(error) = value.get("err").and_then(Value::as_str) {
        return Some(Answer::Refused(harmless(error, secrets)));
    }
    match value.get("success").or_else(|| value.get("result"))? {
        Value::Bool(true) => Some(Answer::Done("done".to_owned())),
        Value::Bool(false) => Some(Answer::Refused("it says that it did not succeed".to_owned())),
        Value::String(sentence) => Some(Answer::Done(harmless(sentence, secrets))),
        _ => None,
    }
}

/// What `outcome` of a request to the licence server means.
pub(super) fn of_server(outcome: Outcome, secrets: &[&str]) -> Answer {
    let (status, body) = match outcome {
        Outcome::NotSent(why) => return Answer::NotSent(why),
        Outcome::Lost(why) => return Answer::Unknown(why),
        Outcome::Answered { status, body } => (status, body),
    };
    match (status, &body) {
        (200, Ok(text)) => {
            let text = String::from_utf8_lossy(text);
            let said = harmless(&text, secrets);
            if text.trim_start().to_ascii_lowercase().starts_with("error:") {
                Answer::Refused(format!("the licence server says `{said}`"))
            } else if text.trim_start().starts_with('<') {
                Answer::Unknown(format!("the licence server answers with a page: {said}"))
            } else {
                Answer::Done(said)
            }
        }
        (400..=499, _) => Answer::Refused(said(status, &body, secrets)),
        _ => Answer::Unknown(said(status, &body, secrets)),
    }
}

/// What an answer says: its `err`, as the vendor's document has it, or its beginning.
pub(super) fn said(status: u16, body: &Result<Vec<u8>, String>, secrets: &[&str]) -> String {
    let means = match status {
        403 => " (not allowed: wrong credentials, or the session has ended)",
        405 => " (the user has no rights for this)",
        _ => "",
    };
    let body = match body {
        Ok(body) => body,
        Err(why) => return format!("it answers {status}{means}, and the rest was lost: {why}"),
    };
    let value = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let words = match value.get("err").and_then(Value::as_str) {
        Some(error) => harmless(&format!("{error}{}", details(&value)), secrets),
        None if (300..400).contains(&status) => {
            "it wants to send mdc to another address".to_owned()
        }
        None if body.is_empty() => "nothing said".to_owned(),
        None => harmless(&String::from_utf8_lossy(body), secrets),
    };
    format!("it answers {status}{means}: {words}")
}

/// What is wrong with settings, and with which: without their values, which may be secret.
fn details(value: &Value) -> String {
    let detail = |it: &Value| {
        let word = |key: &str| it.get(key).and_then(Value::as_str);
        Some(format!("; {}: {}", word("key").unwrap_or("a setting"), word("error")?))
    };
    let errors = value.pointer("/err_details/errors").and_then(Value::as_array);
    errors.into_iter().flatten().take(DETAILS).filter_map(detail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Outcome {
        Outcome::Answered { status, body: Ok(body.as_bytes().to_vec()) }
    }

    fn word(answer: &Answer) -> &'static str {
        match answer {
            Answer::Done(_) => "done",
            Answer::Refused(_) => "no",
            Answer::NotSent(_) => "not sent",
            Answer::Unknown(_) => "unknown",
        }
    }

    #[test]
    fn only_a_plain_yes_or_no_is_believed() {
        for (status, body, expected) in [
            (200, r#"{"success":true}"#, "done"),
            (200, r#"{"success":"This instance is now fully activated."}"#, "done"),
            (200, r#"{"result":"Successfully imported"}"#, "done"),
            (304, "", "done"),
            (200, r#"{"success":false}"#, "no"),
            (200, r#"{"err":"no"}"#, "no"),
            (400, r#"{"err":"no"}"#, "no"),
            (403, r#"{"err":"Access denied"}"#, "no"),
            (405, r#"{"err":"Access denied"}"#, "no"),
            // Done, perhaps.
            (200, "<html>login</html>", "unknown"),
            (200, "{}", "unknown"),
            (201, r#"{"success":true}"#, "unknown"),
            (302, "", "unknown"),
            (500, r#"{"err":"x"}"#, "unknown"),
            (502, "<html>", "unknown"),
        ] {
            assert_eq!(word(&of_core(answered(status, body), &[])), expected, "{status} {body}");
        }
        let rights = of_core(answered(405, r#"{"err":"Access denied"}"#), &[]);
        assert!(matches!(rights, Answer::Refused(why) if why.contains("no rights")));
    }

    #[test]
    fn the_licence_server_fails_by_200() {
        for (status, body, expected) in [
            (200, "error: invalid key", "no"),
            (200, "  Error: no such deployment", "no"),
            (200, "OK", "done"),
            (200, "", "done"),
            (200, "<html>proxy</html>", "unknown"),
            (404, "", "no"),
            (503, "", "unknown"),
        ] {
            assert_eq!(word(&of_server(answered(status, body), &[])), expected, "{status} {body}");
        }
        let hidden = of_server(answered(200, "error: key K-1 unknown"), &["K-1"]);
        assert!(matches!(hidden, Answer::Refused(why) if !why.contains("K-1")));
    }
}
