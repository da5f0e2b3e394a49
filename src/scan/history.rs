//! How many scans are in progress, as a route of the user's own tells: the vendor publishes none.

use std::time::Duration;

use camino::Utf8Path;
use serde_json::Value;
use ureq::Agent;

use super::gateway::read;
use super::trouble::Trouble;
use crate::manifest::HistoryGate;
use crate::transport::{resolve_secret, web};
use crate::value::Secret;

/// How long a connection may take, and an answer.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(20);

/// A way to the route. Holds the key, and is therefore made only when it is used.
pub struct History {
    agent: Agent,
    url: String,
    header: String,
    key: Option<Secret>,
}

/// Makes a way to the route, at the moment of its use.
pub type ToHistory<'a> = dyn Fn() -> Result<History, Trouble> + Sync + 'a;

impl History {
    /// The route that `gate` names; relative paths start at `folder`.
    ///
    /// # Errors
    /// When its key or the certificates of authorities can't be had.
    pub fn of(gate: &HistoryGate, folder: &Utf8Path) -> Result<Self, Trouble> {
        let key = gate.api_key.as_ref().map(|key| resolve_secret(key, folder)).transpose()?;
        let ca = gate.ca.as_ref().map(|path| folder.join(path));
        let config = web(&gate.url, ca.as_deref())
            .map_err(Trouble::Here)?
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(ANSWER));
        let (url, header) = (gate.url.clone(), gate.header.clone());
        Ok(Self { agent: config.build().new_agent(), url, header, key })
    }

    /// How many scans are in progress: the number that `pointer` leads to, or how long the list there is.
    ///
    /// # Errors
    /// When there is no answer that tells.
    pub fn in_progress(&self, pointer: &str) -> Result<u64, Trouble> {
        let mut request = self.agent.get(&self.url);
        if let Some(key) = &self.key {
            request = request.header(&self.header, key.expose());
        }
        counted(&read(request.call(), self.key.as_ref())?, pointer)
    }
}

fn counted(body: &[u8], pointer: &str) -> Result<u64, Trouble> {
    let strange = |said: String| Trouble::Strange(said);
    let answer: Value =
        serde_json::from_slice(body).map_err(|_| strange("it is not JSON".to_owned()))?;
    let place = if pointer.is_empty() { "the answer itself" } else { pointer };
    match answer.pointer(pointer) {
        Some(Value::Array(list)) => Ok(list.len().try_into().unwrap_or(u64::MAX)),
        Some(Value::Number(number)) => number
            .as_u64()
            .ok_or_else(|| strange(format!("{place} is {number}, which counts nothing"))),
        Some(_) => Err(strange(format!("{place} is neither a number nor a list"))),
        None => Err(strange(format!("it has no {place}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_and_lists_are_counted() {
        for (body, pointer, expected) in [
            (r#"{"total":0}"#, "/total", Some(0)),
            (r#"{"total":12}"#, "/total", Some(12)),
            (r#"{"scans":[{},{}]}"#, "/scans", Some(2)),
            ("[]", "", Some(0)),
            // What can't be understood never counts as nothing.
            (r#"{"total":"0"}"#, "/total", None),
            (r#"{"total":-1}"#, "/total", None),
            (r#"{"total":0.5}"#, "/total", None),
            (r#"{"total":null}"#, "/total", None),
            (r#"{"scans":{}}"#, "/scans", None),
            (r#"{"scans":[]}"#, "/total", None),
            (r#"{"scans":[]}"#, "", None),
            ("<html>", "/total", None),
            ("", "", None),
        ] {
            assert_eq!(counted(body.as_bytes(), pointer).ok(), expected, "{body} {pointer}");
        }
    }
}
