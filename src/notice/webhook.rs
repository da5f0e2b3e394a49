//! A notice as a request to a web server.

use std::time::Duration;

use camino::Utf8Path;
use serde_json::{Value, json};
use ureq::Agent;

use super::{Letter, Trouble};
use crate::manifest::notice::Webhook;
use crate::source::template::render;
use crate::transport::{Unanswered, resolve_secret, web};
use crate::value::{Secret, harmless};

/// The largest answer that is read.
const LARGEST: u64 = 64 << 10;

/// What is posted: the template filled in, or all variables with subject and text.
pub(super) fn body(
    webhook: &Webhook,
    template: Option<&str>,
    letter: &Letter,
) -> Result<String, Trouble> {
    let mut values = letter.variables.clone();
    if let Value::Object(values) = &mut values {
        values.insert("subject".to_owned(), json!(letter.subject));
        values.insert("text".to_owned(), json!(letter.text));
    }
    let Some(template) = template else { return Ok(values.to_string()) };
    let body = render(template, &values)
        .map_err(|why| Trouble::lasting(format!("its body can't be filled in: {why}")))?;
    if webhook.is_json()
        && let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&body)
    {
        return Err(Trouble::lasting(format!("its body is no JSON: {error}")));
    }
    Ok(body)
}

/// Posts `body`; what the server answers.
pub(super) fn post(
    webhook: &Webhook,
    body: String,
    (folder, within): (&Utf8Path, Duration),
) -> Result<String, Trouble> {
    let here = |error: crate::value::SecretError| Trouble::lasting(error.to_string());
    let path = webhook.secret_path.as_ref().map(|path| resolve_secret(path, folder));
    let path = path.transpose().map_err(here)?;
    let header = webhook.secret_header.as_ref();
    let value = header.map(|header| resolve_secret(&header.value, folder));
    let value = value.transpose().map_err(here)?;
    let secrets: Vec<&str> = path.iter().chain(&value).map(Secret::expose).collect();
    let url = match &path {
        // It may be written with the slash that stands between, or without.
        Some(path) => {
            let (before, after) = (webhook.url.trim_end_matches('/'), path.expose());
            format!("{before}/{}", after.trim_start_matches('/'))
        }
        None => webhook.url.clone(),
    };
    let mut request = agent(webhook, (folder, within)).map_err(Trouble::lasting)?.post(url);
    request = request.header("content-type", webhook.content_type());
    for (name, text) in webhook.headers.iter().filter(|(name, _)| *name != "content-type") {
        request = request.header(name, text);
    }
    if let (Some(header), Some(value)) = (header, &value) {
        request = request.header(&header.name, value.expose());
    }
    let mut answer = request.send(body).map_err(|error| trouble(&error, &secrets))?;
    let status = answer.status();
    let said = answer.body_mut().with_config().limit(LARGEST).read_to_vec().unwrap_or_default();
    let said = harmless(&String::from_utf8_lossy(&said), &secrets);
    let said =
        format!("{} {}", status.as_u16(), if said.is_empty() { "nothing said" } else { &said });
    if status.is_success() {
        return Ok(said);
    }
    let to = if status.is_redirection() { ", which mdc does not follow" } else { "" };
    Err(Trouble::lasting(format!("the server answers {said}{to}")))
}

fn agent(webhook: &Webhook, (folder, within): (&Utf8Path, Duration)) -> Result<Agent, String> {
    let ca = webhook.ca.as_ref().map(|path| folder.join(path));
    let config = web(&webhook.url, ca.as_deref())?.timeout_global(Some(within));
    Ok(config.build().new_agent())
}

fn trouble(error: &ureq::Error, secrets: &[&str]) -> Trouble {
    let (kind, said) = (Unanswered::of(error), harmless(&error.to_string(), secrets));
    let why = format!("{}: {said}", kind.in_words());
    match kind {
        Unanswered::NoConnection => Trouble::passing(why),
        _ if kind.may_be_taken() => {
            Trouble::lasting(format!("{why}; it may have been taken all the same"))
        }
        _ => Trouble::lasting(why),
    }
}
