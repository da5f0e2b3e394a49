//! The managed files of a simulated host: what was written, without what is secret.

use std::io::Read;

use openssl::base64::encode_block;
use serde::{Deserialize, Serialize};

use super::exit;
use super::host::Host;
use crate::address::ComponentName;
use crate::transport::{FileQuestion, MARK, Output, Task};
use crate::value::{Digest, RemotePath};

/// The most that is taken in of a file and its record.
const LARGEST: u64 = 1 << 20;

/// A file as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Written {
    /// With the marks of secrets.
    pub(super) text: String,
    /// What tells the secrets apart.
    #[serde(default)]
    pub(super) secrets: String,
    /// Of the whole content.
    pub(super) content: Option<Digest>,
    pub(super) mode: String,
    pub(super) owner: String,
    /// How often it was written.
    #[serde(default)]
    pub(super) number: u64,
    /// Somebody has changed it since.
    #[serde(default)]
    pub(super) touched: bool,
    /// What identified its content where this host was made from, until it is written.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) found: String,
    /// Nobody knows what it holds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_foreign: bool,
}

impl Written {
    /// What identifies its content.
    fn stamp(&self) -> String {
        if self.found.is_empty() { self.number.to_string() } else { self.found.clone() }
    }
}

/// What a file was before a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Kept {
    key: String,
    before: Option<Written>,
}

/// What came over standard input for a managed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sent {
    secrets: String,
    text: String,
    content: Digest,
}

impl Sent {
    /// Reads the two lines and the two texts that follow them.
    pub(super) fn read(input: &mut dyn Read) -> std::io::Result<Self> {
        let odd = || std::io::Error::other("it is not a file with its record");
        let mut all = String::new();
        input.take(LARGEST).read_to_string(&mut all)?;
        let mut lines = all.splitn(3, '\n');
        let mut next = || lines.next().ok_or_else(odd);
        let (secrets, sizes, texts) = (next()?, next()?, next()?);
        let (size, whole) = sizes.split_once(' ').ok_or_else(odd)?;
        let size: usize = size.parse().map_err(|_| odd())?;
        let (text, content) = texts.split_at_checked(size).ok_or_else(odd)?;
        if content.len().to_string() != whole {
            return Err(odd());
        }
        let content = Digest::of(content.as_bytes());
        Ok(Self { secrets: secrets.to_owned(), text: text.to_owned(), content })
    }
}

impl Host {
    pub(super) fn write_file(&mut self, task: &Task, sent: Option<&Sent>) -> Output {
        let (Task::WriteFile { path, key, mode, owner, .. }, Some(sent)) = (task, sent) else {
            return exit(1, "", "nothing was sent");
        };
        let before = self.managed.get(path.as_str()).cloned();
        let Sent { secrets, text, content } = sent.clone();
        let differs = before.as_ref().is_none_or(|it| it.touched || it.content != Some(content));
        let number = before.as_ref().map_or(1, |it| it.number + 1);
        if differs || self.kept.get(path.as_str()).is_none_or(|kept| kept.key != *key) {
            let kept = Kept { key: key.clone(), before };
            self.kept.insert(path.as_str().to_owned(), kept);
        }
        self.files_changed |= differs;
        let (mode, owner) = (mode.trim_start_matches('0').to_owned(), owner.clone());
        let content = Some(content);
        let written = Written { text, secrets, content, mode, owner, number, ..Written::default() };
        self.managed.insert(path.as_str().to_owned(), written);
        exit(0, "", "")
    }

    pub(super) fn check_written(&self, path: &RemotePath, digest: Digest) -> Output {
        let written = self.managed.get(path.as_str());
        let same = |it: &Written| !it.touched && Digest::of(it.text.as_bytes()) == digest;
        exit(i64::from(!written.is_some_and(same)), "", "")
    }

    pub(super) fn restore_file(&mut self, path: &RemotePath, key: &str) -> Output {
        if self.kept.get(path.as_str()).is_none_or(|kept| kept.key != key) {
            return exit(0, "", "");
        }
        if let Some(Kept { before, .. }) = self.kept.remove(path.as_str()) {
            let now = self.managed.get(path.as_str()).and_then(|it| it.content);
            self.files_changed |= before.as_ref().and_then(|it| it.content) != now;
            match before {
                Some(before) => drop(self.managed.insert(path.as_str().to_owned(), before)),
                None => drop(self.managed.remove(path.as_str())),
            }
        }
        exit(0, "", "")
    }

    /// The lines that the real script prints of a file.
    pub(super) fn file(
        &self,
        component: &ComponentName,
        name: &str,
        asked: &FileQuestion,
    ) -> String {
        let Some(it) = self.managed.get(asked.path.as_str()) else { return String::new() };
        let about = format!("{component}/{name}");
        if it.is_foreign {
            return format!("{MARK}file {about} 600 root:root found\n");
        }
        let owner =
            if it.owner.contains(':') { it.owner.clone() } else { it.owner.clone() + ":root" };
        let written = if it.touched { "another".to_owned() } else { it.stamp() };
        // A file that is found changed has the stamp that it had where this host was made from.
        let stamp =
            if it.touched && it.found.is_empty() { "touched".to_owned() } else { it.stamp() };
        let record = format!("{written}\n{}\n{}", it.secrets, it.text);
        let record = encode_block(record.as_bytes());
        let due =
            if self.files_changed { format!("{MARK}file-due {about}\n") } else { String::new() };
        let text = if asked.holds_secrets || !it.secrets.is_empty() {
            String::new()
        } else {
            format!("{MARK}file-text {about} {}\n", encode_block(it.text.as_bytes()))
        };
        let mode = &it.mode;
        format!(
            "{MARK}file {about} {mode} {owner} {stamp}\n{MARK}file-record {about} {record}\n{text}{due}"
        )
    }
}
