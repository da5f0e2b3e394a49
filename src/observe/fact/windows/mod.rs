//! The facts of a Windows host. One script, a constant, asks all of them and prints the same lines as the
//! pieces for POSIX, so that their parsers read both; what to ask are its words.

use std::collections::BTreeSet;

use crate::desired::Probe;
use crate::transport::{Questions, ResourceQuestions};

/// The script.
pub const SCRIPT: &str = include_str!("facts.ps1");

/// What stands between the parts of a word: the character that is made for that.
const PART: &str = "\u{1f}";

/// The words for `questions`. Never none: the script is called with one empty word then.
pub(in crate::observe) fn words(questions: &Questions) -> Vec<String> {
    let mut words = Vec::new();
    let mut ask = |parts: &[&str]| words.push(parts.join(PART));
    let resources = questions.resources.values();
    let packages: BTreeSet<&str> = resources
        .clone()
        .flat_map(ResourceQuestions::packages)
        .chain(questions.also.packages.iter().map(String::as_str))
        .collect();
    for name in packages {
        ask(&["package", name]);
    }
    // In the order in which the answer is read.
    let units: BTreeSet<&str> = resources.map(|it| it.unit.as_str()).collect();
    for name in units {
        ask(&["unit", name]);
    }
    for (component, asked) in &questions.resources {
        let (way, what) = match &asked.health {
            Probe::Http(url) => ("http", url),
            Probe::Command(text) => ("command", text),
        };
        ask(&["health", component.as_str(), &asked.package, way, what]);
        if way == "http" && what.starts_with("https://") {
            ask(&["tls", component.as_str(), &asked.package, what]);
        }
        for (name, file) in &asked.files {
            let secret = if file.holds_secrets { "secret" } else { "" };
            let key = format!("{component}/{name}");
            ask(&["file", &key, file.path.as_str(), file.record.as_str(), secret]);
        }
    }
    for endpoint in &questions.also.reach {
        ask(&["reach", &endpoint.address, &endpoint.port.to_string()]);
    }
    for (place, path) in questions.also.certificates.iter().enumerate() {
        ask(&["pem", &place.to_string(), path.as_str()]);
    }
    if words.is_empty() {
        words.push(String::new());
    }
    words
}
