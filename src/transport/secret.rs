//! Gets a secret's value at the moment of use. No error and no text of this file holds the value.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use zeroize::Zeroizing;

use crate::value::{Secret, SecretError, SecretReference};

/// The longest secret; a file that is larger is none.
const LONGEST: u64 = 64 * 1024;
/// How long a secret's command may take.
const WITHIN: Duration = Duration::from_secs(30);

/// The value behind `reference`; relative files start at `folder`.
///
/// # Errors
/// When there is no value, when others can read its file, when its command fails or takes longer
/// than 30 s.
pub fn resolve(reference: &SecretReference, folder: &Utf8Path) -> Result<Secret, SecretError> {
    had(reference, folder, usable)
}

/// The same for a secret that may have several lines, such as a key in PEM.
///
/// # Errors
/// As for [`resolve`].
pub fn resolve_text(reference: &SecretReference, folder: &Utf8Path) -> Result<Secret, SecretError> {
    had(reference, folder, usable_text)
}

/// The same for a file that is handed on byte for byte, such as a licence: its last line end stays.
///
/// # Errors
/// As for [`resolve`].
pub fn resolve_exact(
    reference: &SecretReference,
    folder: &Utf8Path,
) -> Result<Secret, SecretError> {
    let SecretReference::File(path) = reference else { return resolve_text(reference, folder) };
    let path = folder.join(path);
    let value = opened(&path).and_then(whole);
    value
        .and_then(|value| usable_text(&value))
        .map_err(|problem| SecretError { reference: format!("the secret's file {path}"), problem })
}

/// The bytes of a file that holds a secret and is no text.
///
/// # Errors
/// When others can read it, or it is longer than a secret; in words.
pub(super) fn bytes(path: &Utf8Path) -> Result<Zeroizing<Vec<u8>>, String> {
    opened(path).and_then(whole_bytes)
}

fn had(
    reference: &SecretReference,
    folder: &Utf8Path,
    usable: impl Fn(&Zeroizing<String>) -> Result<Secret, String>,
) -> Result<Secret, SecretError> {
    let (named, value) = match reference {
        SecretReference::Env(name) => {
            (format!("the environment variable `{name}`"), from_environment(name))
        }
        SecretReference::File(path) => {
            let path = folder.join(path);
            (format!("the secret's file {path}"), from_file(&path))
        }
        SecretReference::Command(words) => {
            let program = words.first().map_or("", String::as_str);
            (format!("the secret's command `{program}`"), from_command(words, folder, WITHIN))
        }
    };
    value
        .and_then(|value| usable(&value))
        .map_err(|problem| SecretError { reference: named, problem })
}

#[expect(clippy::disallowed_methods, reason = "secrets are the one input read at their use")]
fn from_environment(name: &str) -> Result<Zeroizing<String>, String> {
    match std::env::var(name) {
        Ok(value) => Ok(Zeroizing::new(value)),
        Err(std::env::VarError::NotPresent) => Err("isn't set; export it and start again".into()),
        Err(std::env::VarError::NotUnicode(_)) => Err("isn't UTF-8 text".into()),
    }
}

fn from_file(path: &Utf8Path) -> Result<Zeroizing<String>, String> {
    bounded(opened(path)?)
}

fn opened(path: &Utf8Path) -> Result<File, String> {
    let unreadable = |error: io::Error| format!("can't be read: {error}");
    let file = File::open(path).map_err(unreadable)?;
    let mode = file.metadata().map_err(unreadable)?.mode();
    if mode & 0o077 != 0 {
        return Err(format!(
            "may be used by other users (mode {:03o}); run `chmod 600 {path}`",
            mode & 0o777
        ));
    }
    Ok(file)
}

fn from_command(
    words: &[String],
    folder: &Utf8Path,
    within: Duration,
) -> Result<Zeroizing<String>, String> {
    let (program, arguments) = words.split_first().ok_or("has no words")?;
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(if folder.as_str().is_empty() { Utf8Path::new(".") } else { folder })
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("can't be started: {error}"))?;
    let until = Instant::now() + within;
    let value = read_output(&mut child, until);
    let status = value.is_ok().then(|| end_of(&mut child, until)).flatten();
    if status.is_none() {
        // The child is stuck or talks without end: nothing of it is wanted any more.
        let _ = child.kill();
        let _ = child.wait();
    }
    match (value?, status) {
        (value, Some(status)) if status.success() => Ok(value),
        (_, Some(status)) => Err(format!("failed ({status}); run it by hand to see why")),
        (_, None) => Err(too_slow(within)),
    }
}

/// Reads the child's output in a thread of its own, because a pipe has no time limit.
fn read_output(child: &mut Child, until: Instant) -> Result<Zeroizing<String>, String> {
    let stdout = child.stdout.take().ok_or("has no output")?;
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::spawn(move || sender.send(bounded(stdout)));
    let left = until.saturating_duration_since(Instant::now());
    receiver.recv_timeout(left).unwrap_or_else(|_| Err(too_slow(left)))
}

fn end_of(child: &mut Child, until: Instant) -> Option<std::process::ExitStatus> {
    while Instant::now() < until {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        // Its output is at its end, so that its own end is a matter of moments.
        std::thread::sleep(Duration::from_millis(2));
    }
    None
}

fn too_slow(within: Duration) -> String {
    format!("gave no answer within {} s; run it by hand to see why", within.as_secs())
}

fn bounded(source: impl Read) -> Result<Zeroizing<String>, String> {
    let text = whole(source)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Zeroizing::new(text.strip_suffix('\r').unwrap_or(text).to_owned()))
}

fn whole(source: impl Read) -> Result<Zeroizing<String>, String> {
    let bytes = whole_bytes(source)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| "isn't UTF-8 text")?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn whole_bytes(source: impl Read) -> Result<Zeroizing<Vec<u8>>, String> {
    let mut bytes = Zeroizing::new(Vec::new());
    let read = source.take(LONGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("can't be read: {error}"))?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!("is longer than {LONGEST} bytes"));
    }
    Ok(bytes)
}

/// A secret that is empty or has several lines would be cut by whatever reads it.
fn usable(value: &Zeroizing<String>) -> Result<Secret, String> {
    if value.contains(['\n', '\r']) {
        return Err("holds more than one line".to_owned());
    }
    usable_text(value)
}

fn usable_text(value: &Zeroizing<String>) -> Result<Secret, String> {
    if value.is_empty() {
        return Err("is empty".to_owned());
    }
    if value.contains('\0') {
        return Err("holds a character that no text has".to_owned());
    }
    Ok(Secret::new(value.as_str().to_owned()))
}

#[cfg(test)]
mod tests;
