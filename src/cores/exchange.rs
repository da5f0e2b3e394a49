//! One request and its answer. Each has a connection of its own: on one that the server has closed
//! meanwhile, an answer would seem to be lost.

use std::io::Cursor;
use std::time::Duration;

use camino::Utf8PathBuf;
use ureq::http::Request;
use ureq::{Agent, SendBody};

use crate::transport::{Unanswered, pinned, web};
use crate::value::{Digest, harmless};

/// The largest answer that is read: exported settings are the largest.
const LARGEST: u64 = 64 << 20;
/// How long a connection may take: one that is down must not hold a takeover up.
const CONNECT: Duration = Duration::from_secs(5);

/// What is sent.
#[derive(Default)]
pub(super) struct Sent<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) headers: Vec<(&'static str, &'a str)>,
    /// Its type, and its bytes.
    pub(super) body: Option<(&'static str, &'a [u8])>,
    /// Whether what is answered is given on, and not read by people: nothing is hidden in it.
    pub(super) verbatim: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// There is an answer; its body may have been cut.
    Answered { status: u16, body: Result<Vec<u8>, String> },
    /// Nothing of the request was sent.
    NotSent(String),
    /// It was sent, wholly or in part, and no answer came.
    Lost(String),
}

/// A server, and whom its certificate is held against.
pub(super) struct Server<'a> {
    pub(super) url: &'a str,
    pub(super) ca: Option<Utf8PathBuf>,
    /// The digest of its certificate; then neither authorities nor names count.
    pub(super) certificate: Option<Digest>,
}

/// Sends it to the server. No word of `secrets` is in what comes back.
pub(super) fn exchange(
    server: &Server<'_>,
    sent: &Sent<'_>,
    within: Duration,
    secrets: &[&str],
) -> Outcome {
    let url = server.url;
    // What is pinned needs no authorities, which a system may not even have.
    let secure = if server.certificate.is_some() { "" } else { url };
    let config = match web(secure, server.ca.as_deref()) {
        Ok(config) => config,
        Err(why) => return Outcome::NotSent(why),
    };
    let config = config
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(within))
        .max_idle_connections(0)
        .allow_non_standard_methods(true);
    let agent: Agent = match server.certificate {
        Some(certificate) => pinned(config.build(), certificate),
        None => config.build().new_agent(),
    };
    let mut request = Request::builder().method(sent.method).uri(format!("{url}{}", sent.path));
    for (name, value) in &sent.headers {
        request = request.header(*name, *value);
    }
    let answer = match &sent.body {
        None if ["GET", "DELETE"].contains(&sent.method) => {
            request.body(SendBody::none()).map(|request| agent.run(request))
        }
        body => {
            let (kind, bytes) = body.map_or((None, &[][..]), |(kind, bytes)| (Some(kind), bytes));
            if let Some(kind) = kind {
                request = request.header("content-type", kind);
            }
            request
                .header("content-length", bytes.len().to_string())
                .body(SendBody::from_owned_reader(Cursor::new(bytes.to_vec())))
                .map(|request| agent.run(request))
        }
    };
    let mut answer = match answer {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return failed(&error, secrets),
        Err(error) => return Outcome::NotSent(harmless(&error.to_string(), secrets)),
    };
    let body = answer.body_mut().with_config().limit(LARGEST).read_to_vec();
    let status = answer.status().as_u16();
    let body = match body {
        Ok(body) if sent.verbatim && status == 200 => Ok(body),
        Ok(body) => Ok(without(body, secrets)),
        Err(error) => Err(harmless(&error.to_string(), secrets)),
    };
    Outcome::Answered { status, body }
}

/// An answer in which `secrets` are hidden: whoever gets one may repeat it, in plain or as JSON has it.
fn without(body: Vec<u8>, secrets: &[&str]) -> Vec<u8> {
    let in_json = |secret: &&str| {
        let quoted = serde_json::to_string(secret).unwrap_or_default();
        quoted.trim_matches('"').to_owned()
    };
    let forms = secrets.iter().flat_map(|secret| [(*secret).to_owned(), in_json(secret)]);
    let forms: Vec<String> = forms.filter(|form| !form.is_empty()).collect();
    let repeats = |form: &String| body.windows(form.len()).any(|part| part == form.as_bytes());
    if !forms.iter().any(repeats) {
        return body;
    }
    let text = String::from_utf8_lossy(&body).into_owned();
    forms.iter().fold(text, |text, form| text.replace(form, "(secret)")).into_bytes()
}

fn failed(error: &ureq::Error, secrets: &[&str]) -> Outcome {
    let (kind, said) = (Unanswered::of(error), harmless(&error.to_string(), secrets));
    let why = format!("{}: {said}", kind.in_words());
    if kind.may_be_taken() { Outcome::Lost(why) } else { Outcome::NotSent(why) }
}
