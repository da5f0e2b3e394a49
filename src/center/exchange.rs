//! One request and its answer. Each has a connection of its own: on one that the server has closed
//! meanwhile, an answer would seem to be lost.

use std::io::{Cursor, Read};
use std::time::Duration;

use camino::Utf8Path;
use ureq::http::Request;
use ureq::{Agent, SendBody};

use super::Content;
use crate::manifest::center::Method;
use crate::transport::{Unanswered, UploadedFile, random_word, web};
use crate::value::{Secret, harmless};

/// The largest answer that is read.
const LARGEST: u64 = 8 << 20;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

pub(super) struct Exchange<'a> {
    agent: Agent,
    url: &'a str,
}

/// What is sent.
pub(super) enum Sent<'a> {
    Nothing,
    Json(&'a str),
    File { file: &'a UploadedFile, content: &'a mut dyn Content },
}

/// What came of it.
pub(super) enum Outcome {
    /// There is an answer; its body may have been cut.
    Answered { status: u16, body: Result<Vec<u8>, String> },
    /// Nothing of the request was sent.
    NotSent(String),
    /// It was sent, wholly or in part, and no answer came.
    Lost(String),
}

impl<'a> Exchange<'a> {
    pub(super) fn new(
        url: &'a str,
        ca: Option<&Utf8Path>,
        within: Duration,
    ) -> Result<Self, String> {
        let config = web(url, ca)?
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(within))
            .max_idle_connections(0)
            .allow_non_standard_methods(true);
        Ok(Self { agent: config.build().new_agent(), url })
    }

    pub(super) fn send(
        &self,
        (method, path): (Method, &str),
        header: Option<(&str, &Secret)>,
        sent: Sent<'_>,
    ) -> Outcome {
        let secret = header.map(|(_, value)| value.expose()).unwrap_or_default();
        let mut request =
            Request::builder().method(method.as_str()).uri(format!("{}{path}", self.url));
        if let Some((name, value)) = header {
            request = request.header(name, value.expose());
        }
        let sized = |body: Option<(&str, u64)>| match body {
            // The vendor's scan interface takes no chunked transfer; this one may not either.
            Some((kind, size)) => {
                request.header("content-type", kind).header("content-length", size.to_string())
            }
            None if method.only_asks() => request,
            None => request.header("content-length", "0"),
        };
        let answer = match sent {
            Sent::Nothing if method.only_asks() => {
                sized(None).body(SendBody::none()).map(|request| self.agent.run(request))
            }
            Sent::Nothing => sized(None)
                .body(SendBody::from_owned_reader(Cursor::new(Vec::new())))
                .map(|request| self.agent.run(request)),
            Sent::Json(body) => {
                let mut bytes = body.as_bytes();
                sized(Some(("application/json", body.len() as u64)))
                    .body(SendBody::from_reader(&mut bytes))
                    .map(|request| self.agent.run(request))
            }
            Sent::File { file, content } => {
                let form = Form::of(file);
                let size = file.size + form.head.len() as u64 + form.tail.len() as u64;
                let content = content.take(file.size);
                let mut whole = form.head.as_bytes().chain(content).chain(form.tail.as_bytes());
                sized(Some((&form.kind, size)))
                    .body(SendBody::from_reader(&mut whole))
                    .map(|request| self.agent.run(request))
            }
        };
        let mut answer = match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return failed(&error, secret),
            Err(error) => return Outcome::NotSent(harmless(&error.to_string(), &[secret])),
        };
        let body = answer.body_mut().with_config().limit(LARGEST).read_to_vec();
        let body = body.map_err(|error| harmless(&error.to_string(), &[secret]));
        // What vouches for mdc goes nowhere, also where the answer repeats it.
        let body = body.map(|body| without(&body, secret));
        Outcome::Answered { status: answer.status().as_u16(), body }
    }
}

fn failed(error: &ureq::Error, secret: &str) -> Outcome {
    let (kind, said) = (Unanswered::of(error), harmless(&error.to_string(), &[secret]));
    let why = format!("{}: {said}", kind.in_words());
    if kind.may_be_taken() { Outcome::Lost(why) } else { Outcome::NotSent(why) }
}

/// A file as the field of a form (RFC 7578), or as it is.
struct Form {
    kind: String,
    head: String,
    tail: String,
}

impl Form {
    fn of(file: &UploadedFile) -> Self {
        let octets = "application/octet-stream";
        let Some(field) = &file.field else {
            return Self { kind: octets.to_owned(), head: String::new(), tail: String::new() };
        };
        let boundary = format!("mdc-{}", random_word().unwrap_or_else(|_| file.digest.to_string()));
        // RFC 7578, section 2: as browsers write names with quotes and line ends.
        let quoted =
            |text: &str| text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\n\
             Content-Type: {octets}\r\n\r\n",
            quoted(field),
            quoted(file.name())
        );
        let kind = format!("multipart/form-data; boundary={boundary}");
        Self { kind, head, tail: format!("\r\n--{boundary}--\r\n") }
    }
}

fn without(body: &[u8], secret: &str) -> Vec<u8> {
    if secret.is_empty() {
        return body.to_vec();
    }
    String::from_utf8_lossy(body).replace(secret, "(secret)").into_bytes()
}
