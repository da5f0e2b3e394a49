//! What an answer means. Only what was surely not done may be sent again.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::exchange::Outcome;
use super::pointer;
use crate::transport::Request;
use crate::value::{harmless, steers};

/// The longest value that is taken from an answer.
const LONGEST: usize = 500;

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Control Center says yes.
    Accepted(Accepted),
    /// It says no, and has done nothing.
    Refused(String),
    /// Nothing was sent.
    NotSent(String),
    /// It was sent, and what became of it is not known.
    Unknown(String),
}

/// A yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// What was taken from it.
    pub saved: BTreeMap<String, String>,
    /// What stands where something is waited for.
    pub seen: Option<String>,
}

/// What `outcome` means for `request`.
pub(super) fn understood(request: &Request, outcome: Outcome) -> Answer {
    let (status, body) = match outcome {
        Outcome::NotSent(why) => return Answer::NotSent(why),
        Outcome::Lost(why) => return Answer::Unknown(why),
        Outcome::Answered { status, body } => (status, body),
    };
    let no = format!("it answers {status}: {}", said(status, &body));
    match status {
        _ if request.expect.contains(&status) => match taken(request, &body) {
            Ok(accepted) => Answer::Accepted(accepted),
            Err(why) if request.changes() => Answer::Unknown(format!("it answers {status}, {why}")),
            Err(why) => Answer::Refused(format!("it answers {status}, {why}")),
        },
        400..=499 => Answer::Refused(no),
        _ if request.changes() => Answer::Unknown(no),
        500.. => Answer::Unknown(no),
        _ => Answer::Refused(no),
    }
}

fn taken(request: &Request, body: &Result<Vec<u8>, String>) -> Result<Accepted, String> {
    let mut saved = BTreeMap::new();
    let bytes = || body.as_deref().map_err(|why| format!("and the rest of it was lost: {why}"));
    for (name, at) in &request.save {
        let value = pointer::text(bytes()?, at);
        let value = value.ok_or_else(|| format!("and there is no text or number at {at}"))?;
        if value.chars().count() > LONGEST || value.chars().any(steers) {
            return Err(format!("and what is at {at} can't be used in another request"));
        }
        saved.insert(name.clone(), value);
    }
    let seen = match &request.until {
        Some(until) => pointer::text(bytes()?, &until.pointer).map(|seen| harmless(&seen, &[])),
        None => None,
    };
    Ok(Accepted { saved, seen })
}

/// A refusal, as the vendor's document has it.
#[derive(Deserialize)]
struct Refusal {
    err: String,
}

/// What the answer to a login says, where it says that as the vendor's document has it. Whatever else
/// may repeat what was sent is not shown.
pub(super) fn said_to_login(body: &Result<Vec<u8>, String>, password: &str) -> String {
    let body = body.as_deref().unwrap_or_default();
    match serde_json::from_slice(body) {
        Ok(Refusal { err }) => harmless(&err, &[password]),
        Err(_) => "what it says besides is not shown".to_owned(),
    }
}

/// What an answer says: its `err`, as the vendor's document has it, or its beginning.
pub(super) fn said(status: u16, body: &Result<Vec<u8>, String>) -> String {
    let Ok(body) = body else { return "nothing that could be read".to_owned() };
    match serde_json::from_slice(body) {
        Ok(Refusal { err }) => harmless(&err, &[]),
        Err(_) if (300..400).contains(&status) => {
            "it wants to send mdc to another address".to_owned()
        }
        Err(_) if body.is_empty() => "nothing said".to_owned(),
        Err(_) => harmless(&String::from_utf8_lossy(body), &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::center::Method;

    #[test]
    fn only_a_plain_no_says_that_nothing_was_done() {
        let request = |method, save: Option<(&str, &str)>| Request {
            say: "try".to_owned(),
            method,
            path: "/a".to_owned(),
            body: None,
            upload: None,
            expect: vec![200, 202],
            save: save.into_iter().map(|(a, b)| (a.to_owned(), b.to_owned())).collect(),
            until: None,
        };
        let answer = |method, status, save| {
            let body = Ok(br#"{"err":"no","id":17}"#.to_vec());
            match understood(&request(method, save), Outcome::Answered { status, body }) {
                Answer::Accepted(accepted) => {
                    accepted.saved.get("id").map_or("yes".to_owned(), Clone::clone)
                }
                Answer::Refused(_) => "no".to_owned(),
                Answer::NotSent(_) => "not sent".to_owned(),
                Answer::Unknown(_) => "unknown".to_owned(),
            }
        };
        let lacking = Some(("id", "/job"));
        for (method, status, save, expected) in [
            (Method::Post, 202, None, "yes"),
            (Method::Post, 202, Some(("id", "/id")), "17"),
            (Method::Post, 202, lacking, "unknown"),
            (Method::Get, 200, lacking, "no"),
            (Method::Post, 409, None, "no"),
            (Method::Get, 404, None, "no"),
            // Done, perhaps: another yes than the one that is known, a redirection, an error half-way.
            (Method::Post, 204, None, "unknown"),
            (Method::Post, 303, None, "unknown"),
            (Method::Post, 502, None, "unknown"),
            (Method::Get, 503, None, "unknown"),
            (Method::Get, 302, None, "no"),
        ] {
            assert_eq!(answer(method, status, save), expected, "{method:?} {status}");
        }
    }
}
