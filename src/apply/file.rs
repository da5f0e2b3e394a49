//! Managed files on their way to a host: secrets are put in at the last moment, and exist here only.

use std::collections::BTreeMap;
use std::io::Cursor;

use camino::Utf8Path;
use zeroize::Zeroizing;

use super::worker::Worker;
use crate::desired::SECRET_MARK;
use crate::plan::Step;
use crate::state::{FailureKind, StepFailure};
use crate::transport::{Command, Output, Task, random_word, resolve_text};
use crate::value::Secret;

impl Worker<'_> {
    /// Sends a managed file, with what the host keeps to tell it again.
    pub(super) fn write_file(&self, step: &Step, command: &Command) -> Result<Output, StepFailure> {
        self.enter(step)?;
        let sent = input(&command.task, self.notices.folder()).map_err(|why| StepFailure {
            kind: FailureKind::Here,
            during: format!("{} on {}", command.task.in_words(), step.host),
            command: String::new(),
            ended: why,
            output: Box::default(),
            hint: "nothing was sent to the host; make the secret available where the manifest says, then \
                   resume"
                .to_owned(),
        })?;
        self.on_host(step, command, &mut |host| {
            host.run(command, Some(&mut Cursor::new(sent.as_bytes())))
        })
    }
}

/// What goes over standard input: a line that tells secrets apart, a line with the sizes of what
/// follows, the text with the marks of secrets, and the content.
fn input(task: &Task, folder: &Utf8Path) -> Result<Zeroizing<String>, String> {
    let Task::WriteFile { content, secrets, .. } = task else {
        return Err("it is not a file".to_owned());
    };
    let salt = random_word().map_err(|error| format!("no random numbers: {error}"))?;
    let (mut told, mut known) = (Vec::new(), BTreeMap::new());
    for (name, reference) in secrets {
        let secret = resolve_text(reference, folder).map_err(|why| why.to_string())?;
        told.push(format!("{name}={}", secret.fingerprint(&salt)));
        known.insert(name.as_str(), secret);
    }
    let whole = filled(content, &known)?;
    let sizes = format!("{} {}", content.len(), whole.len());
    Ok(Zeroizing::new(format!("{}\n{sizes}\n{content}{}", told.join(" "), whole.as_str())))
}

/// A part of a text with marks of secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'t> {
    /// As it is.
    Text(&'t str),
    /// The place of a secret.
    Secret {
        /// Which.
        name: &'t str,
        /// Whether it stands between double quotes.
        quoted: bool,
    },
}

/// The parts of `text`, first to last.
#[must_use]
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest, mut is_inside) = (Vec::new(), text, false);
    while let Some((before, marked)) = rest.split_once(SECRET_MARK) {
        is_inside = is_quoted(is_inside, before);
        pieces.push(Piece::Text(before));
        let Some((name, after)) = marked.split_once('>') else {
            pieces.push(Piece::Text(SECRET_MARK));
            rest = marked;
            continue;
        };
        rest = after;
        pieces.push(Piece::Secret { name, quoted: is_inside });
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// `text` with secrets in the places of their marks. Between double quotes a secret is written as JSON
/// writes a text, which YAML reads alike (YAML 1.2.2, section 7.3.1); elsewhere as it is, on one line.
fn filled(text: &str, secrets: &BTreeMap<&str, Secret>) -> Result<Zeroizing<String>, String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len() + 4096));
    for piece in pieces(text) {
        let (name, quoted) = match piece {
            Piece::Text(text) => {
                out.push_str(text);
                continue;
            }
            Piece::Secret { name, quoted } => (name, quoted),
        };
        match secrets.get(name) {
            Some(secret) if quoted => {
                let json = Zeroizing::new(serde_json::json!(secret.expose()).to_string());
                out.push_str(json.trim_start_matches('"').strip_suffix('"').unwrap_or_default());
            }
            Some(secret) if secret.expose().contains(['\n', '\r']) => {
                return Err(format!(
                    "the secret `{name}` has several lines, and its place is not between double quotes: \
                     write `{{{{json secrets.{name}}}}}`"
                ));
            }
            Some(secret) => out.push_str(secret.expose()),
            None => return Err(format!("nothing tells where the secret `{name}` is had")),
        }
    }
    Ok(out)
}

/// Whether what comes after `text` stands between double quotes, on its line.
fn is_quoted(before: bool, text: &str) -> bool {
    let (mut quoted, mut escaped) = (before, false);
    for c in text.chars() {
        match c {
            '\n' => (quoted, escaped) = (false, false),
            '\\' if quoted => escaped = !escaped,
            '"' if !escaped => quoted = !quoted,
            _ => escaped = false,
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_take_the_places_of_their_marks() {
        let secrets = |value: &str| BTreeMap::from([("key", Secret::new(value.to_owned()))]);
        let text = "a: \"<secret:key>\"\nb=<secret:key>\ndsn: \"x=\\\"1\\\" p=<secret:key>;\" <secret:key>\n";
        let quote = "x\"\\y";
        assert_eq!(
            *filled(text, &secrets(quote)).unwrap(),
            "a: \"x\\\"\\\\y\"\nb=x\"\\y\ndsn: \"x=\\\"1\\\" p=x\\\"\\\\y;\" x\"\\y\n"
        );
        let pem = "-----BEGIN\nAAAA\n-----END";
        assert_eq!(
            *filled("k: \"<secret:key>\"\n", &secrets(pem)).unwrap(),
            "k: \"-----BEGIN\\nAAAA\\n-----END\"\n"
        );
        let why = filled("k: <secret:key>\n", &secrets(pem)).unwrap_err();
        assert!(why.contains("several lines") && !why.contains("AAAA"), "{why}");
        assert!(filled("<secret:other>", &secrets("x")).is_err());
    }
}
