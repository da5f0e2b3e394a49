//! What answers have told, put into later requests.

use std::collections::BTreeMap;

use crate::manifest::center::{Until, encoded, pointed};
use crate::transport::Request;

/// What answers have told, by variable.
pub type Saved = BTreeMap<String, String>;

/// `request` with `saved` in the places of its variables.
///
/// # Errors
/// When its body is no JSON with that, or a variable is not known; in words.
pub fn with(request: &Request, saved: &Saved) -> Result<Request, String> {
    let mut open = None;
    let mut fill = |text: &str, write: &dyn Fn(&str) -> String| {
        filled(text, &mut |name| {
            if !saved.contains_key(name) {
                open.get_or_insert_with(|| name.to_owned());
            }
            saved.get(name).map(|value| write(value)).unwrap_or_default()
        })
    };
    let path = fill(&request.path, &encoded);
    let body = request.body.as_ref().map(|body| fill(body, &within_text));
    let save = request.save.iter().map(|(name, at)| (name.clone(), fill(at, &pointed))).collect();
    let until = request.until.as_ref().map(|until| Until {
        pointer: fill(&until.pointer, &pointed),
        equals: fill(&until.equals, &str::to_owned),
        ..until.clone()
    });
    if let Some(name) = open {
        return Err(format!("no answer has told `{name}`"));
    }
    if let Some(body) = &body
        && let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(body)
    {
        return Err(format!("the body is no JSON with what the answers have told: {error}"));
    }
    Ok(Request { path, body, save, until, ..request.clone() })
}

/// `text` with each `{{name}}` replaced.
fn filled(text: &str, value: &mut dyn FnMut(&str) -> String) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, (name, after))) =
        rest.split_once("{{").and_then(|(before, rest)| Some((before, rest.split_once("}}")?)))
    {
        out.push_str(before);
        out.push_str(&value(name));
        rest = after;
    }
    out + rest
}

/// A value inside of the quotes of a JSON text; a number as it is.
fn within_text(value: &str) -> String {
    let text = serde_json::Value::String(value.to_owned()).to_string();
    text.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned()
}
