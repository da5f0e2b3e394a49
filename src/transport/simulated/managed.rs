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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Somebody has changed it since.
    #[serde(default)]
    pub(super) touched: bool,
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
        let (Task::WriteFile { path, mode, owner, .. }, Some(sent)) = (task, sent) else {
            return exit(1, "", "nothing was sent");
        };
        let before = self.managed.get(path.as_str()).cloned();
        let Sent { secrets, text, content } = sent.clone();
        if before.as_ref().is_none_or(|it| it.touched || it.content != Some(content)) {
            self.kept.insert(path.as_str().to_owned(), before);
            self.files_changed = true;
        }
        let (mode, owner) = (mode.trim_start_matches('0').to_owned(), owner.clone());
        let content = Some(content);
        let written = Written { text, secrets, content, mode, owner, touched: false };
        self.managed.insert(path.as_str().to_owned(), written);
        exit(0, "", "")
    }

    pub(super) fn check_written(&self, path: &RemotePath, digest: Digest) -> Output {
        let written = self.managed.get(path.as_str());
        let same = |it: &Written| !it.touched && Digest::of(it.text.as_bytes()) == digest;
        exit(i64::from(!written.is_some_and(same)), "", "")
    }

    pub(super) fn restore_file(&mut self, path: &RemotePath) -> Output {
        if let Some(before) = self.kept.remove(path.as_str()) {
            self.files_changed = true;
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
        let owner =
            if it.owner.contains(':') { it.owner.clone() } else { it.owner.clone() + ":root" };
        let stamp = if it.touched { "2" } else { "1" };
        let about = format!("{component}/{name}");
        let record = encode_block(format!("1\n{}\n{}", it.secrets, it.text).as_bytes());
        format!(
            "{MARK}file {about} {} {owner} {stamp}\n{MARK}file-record {about} {record}\n",
            it.mode
        )
    }
}
