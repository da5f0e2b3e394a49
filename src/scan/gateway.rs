//! The API Gateway, as a client sees it.

use std::io::Read;
use std::time::Duration;

use camino::Utf8Path;
use ureq::http::Response;
use ureq::{Agent, Body, SendBody};

use super::answer::{self, Seen};
use super::trouble::Trouble;
use crate::manifest::TestScans;
use crate::transport::{Unanswered, resolve_secret, web};
use crate::value::{Secret, harmless};

/// The route of the vendor's document.
const FILE: &str = "file";
/// The largest answer that is read.
const LARGEST: u64 = 1 << 20;
/// How long a connection may take, and an answer.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(20);

/// A way to the gateway. Holds the key, and is therefore made only when it is used.
pub struct Gateway {
    agent: Agent,
    url: String,
    key: Option<Secret>,
    rule: Option<String>,
}

/// Makes a way to the gateway, at the moment of its use.
pub type ToGateway<'a> = dyn Fn() -> Result<Gateway, Trouble> + Sync + 'a;

impl Gateway {
    /// The gateway that `scans` names; relative paths start at `folder`.
    ///
    /// # Errors
    /// When its key or the certificates of authorities can't be had.
    pub fn of(scans: &TestScans, folder: &Utf8Path) -> Result<Self, Trouble> {
        let key = scans.api_key.as_ref().map(|key| resolve_secret(key, folder)).transpose()?;
        let ca = scans.ca.as_ref().map(|path| folder.join(path));
        let config = web(&scans.url, ca.as_deref())
            .map_err(Trouble::Here)?
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(ANSWER))
            .timeout_recv_body(Some(ANSWER));
        let (url, rule) = (scans.url.clone(), scans.rule.clone());
        Ok(Self { agent: config.build().new_agent(), url, key, rule })
    }

    /// Submits `size` bytes of `content` under the name `file`, and says by which id it is asked for.
    ///
    /// # Errors
    /// When it is not known to be accepted within `within`.
    pub fn submit(
        &self,
        (file, size): (&str, u64),
        content: &mut dyn Read,
        within: Duration,
    ) -> Result<String, Trouble> {
        let mut request = self
            .agent
            .post(format!("{}/{FILE}", self.url))
            .config()
            .timeout_global(Some(within))
            .build()
            .header("content-type", "application/octet-stream")
            // The vendor's interface takes no chunked transfer.
            .header("content-length", size.to_string())
            .header("filename", file);
        if let Some(key) = &self.key {
            request = request.header("apikey", key.expose());
        }
        if let Some(rule) = &self.rule {
            request = request.header("rule", encoded(rule));
        }
        let mut content = content;
        let answer = request.send(SendBody::from_reader(&mut content));
        answer::data_id(&read(answer, self.key.as_ref())?)
    }

    /// Asks how far the scan of a file is.
    ///
    /// # Errors
    /// When there is no answer that tells.
    pub fn look(&self, id: &str) -> Result<Seen, Trouble> {
        let mut request = self
            .agent
            .get(format!("{}/{FILE}/{id}", self.url))
            .config()
            .timeout_global(Some(ANSWER))
            .build();
        if let Some(key) = &self.key {
            request = request.header("apikey", key.expose());
        }
        match read(request.call(), self.key.as_ref()) {
            Ok(bytes) => answer::seen(&bytes),
            Err(Trouble::Refused { status: 404, .. }) => Ok(Seen::Unknown),
            Err(trouble) => Err(trouble),
        }
    }
}

/// The body of an answer that says yes.
pub(super) fn read(
    answer: Result<Response<Body>, ureq::Error>,
    key: Option<&Secret>,
) -> Result<Vec<u8>, Trouble> {
    let unreachable = |error: ureq::Error| {
        let said = harmless(&error.to_string(), &[]);
        match Unanswered::of(&error) {
            Unanswered::Untrusted => Trouble::Untrusted(said),
            _ => Trouble::Unreachable(said),
        }
    };
    let mut answer = answer.map_err(unreachable)?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(LARGEST).read_to_vec();
    match (status, body) {
        (200, Ok(body)) => Ok(without(&body, key)),
        (200, Err(ureq::Error::BodyExceedsLimit(_))) => {
            Err(Trouble::Strange(format!("it is longer than {LARGEST} bytes")))
        }
        (200, Err(error)) => Err(unreachable(error)),
        (status, body) => {
            let body = without(&body.unwrap_or_default(), key);
            let body = String::from_utf8_lossy(&body);
            Err(Trouble::Refused { status, said: said(status, &body) })
        }
    }
}

/// What was answered, without the key, which it may repeat.
fn without(body: &[u8], key: Option<&Secret>) -> Vec<u8> {
    let Some(key) = key.filter(|key| !key.expose().is_empty()) else { return body.to_vec() };
    String::from_utf8_lossy(body).replace(key.expose(), "(the key)").into_bytes()
}

/// What a refusal says: its `err`, as the vendor's document has it, or its beginning.
fn said(status: u16, body: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Refusal {
        err: String,
    }
    match serde_json::from_str(body) {
        Ok(Refusal { err }) => harmless(&err, &[]),
        Err(_) if (300..400).contains(&status) => {
            "it wants to send mdc to another address".to_owned()
        }
        Err(_) if body.is_empty() => "nothing".to_owned(),
        Err(_) => harmless(body, &[]),
    }
}

/// A rule's name as the document wants it in a header: UTF-8, URL encoded (RFC 3986, section 2.1).
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_encoded_and_refusals_are_read() {
        assert_eq!(encoded("File process/ü"), "File%20process%2F%C3%BC");
        assert_eq!(said(503, r#"{"err":"busy"}"#), "busy");
        assert_eq!(said(502, "<html>\x1b[2J"), "<html>\u{fffd}[2J");
        assert_eq!(said(302, ""), "it wants to send mdc to another address");
    }
}
