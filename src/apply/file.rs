//! Managed files on their way to a host: secrets are put in at the last moment, and exist here only.

use std::fmt::Write;
use std::io::Cursor;

use camino::Utf8Path;
use zeroize::Zeroizing;

use super::worker::Worker;
use crate::desired::secret_mark;
use crate::plan::Step;
use crate::state::{FailureKind, StepFailure};
use crate::transport::{Command, Output, Task, random_word, resolve_secret};

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
    let mut told = String::new();
    let mut whole = Zeroizing::new(content.clone());
    for (name, reference) in secrets {
        let secret = resolve_secret(reference, folder).map_err(|why| why.to_string())?;
        if !told.is_empty() {
            told.push(' ');
        }
        let _ = write!(told, "{name}={}", secret.fingerprint(&salt));
        whole = filled(&whole, name, secret.expose());
    }
    Ok(Zeroizing::new(format!(
        "{told}\n{} {}\n{content}{}",
        content.len(),
        whole.len(),
        whole.as_str()
    )))
}

/// `text` with a secret in the places of its mark. Between double quotes it is written as JSON writes a
/// text, which YAML reads alike (YAML 1.2.2, section 7.3.1).
fn filled(text: &str, name: &str, secret: &str) -> Zeroizing<String> {
    let mark = secret_mark(name);
    let quoted = Zeroizing::new(serde_json::Value::String(secret.to_owned()).to_string());
    let text = Zeroizing::new(text.replace(&format!("\"{mark}\""), &quoted));
    Zeroizing::new(text.replace(&mark, secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_take_the_places_of_their_marks() {
        let text = "a: \"<secret:key>\"\nb=<secret:key>\nc: <secret:other>\n";
        assert_eq!(
            *filled(text, "key", "x\"\ny"),
            "a: \"x\\\"\\ny\"\nb=x\"\ny\nc: <secret:other>\n"
        );
    }
}
