//! Fingerprints that came another way than over the network: from the host's console, from those
//! who set the host up.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;

use camino::{Utf8Path, Utf8PathBuf};

use crate::address::HostName;
use crate::cli::problem::Problem;
use crate::transport::ShownKey;

/// The largest file that is read.
const LARGEST: u64 = 4 << 20;
/// What a SHA-256 fingerprint begins with, and how many digits (base64 without padding) follow.
const SHA256: &str = "SHA256:";
const DIGITS: usize = 43;

/// Fingerprints by name. A host may have several keys.
pub(super) struct Expected {
    file: Utf8PathBuf,
    by_name: BTreeMap<String, BTreeSet<String>>,
}

impl Expected {
    pub(super) fn read(file: &Utf8Path) -> Result<Self, Problem> {
        let hint = "write one line a key: `NAME SHA256:…`";
        let mut bytes = Vec::new();
        File::open(file)
            .and_then(|open| open.take(LARGEST + 1).read_to_end(&mut bytes))
            .map_err(|error| Problem::file(file, &error, hint))?;
        let text = String::from_utf8(bytes)
            .ok()
            .filter(|text| text.len() as u64 <= LARGEST)
            .ok_or_else(|| Problem::file(file, &"it is not text, or too long", hint))?;
        Self::parse(file, &text)
            .map_err(|line| Problem::file(file, &format!("line {line} is not understood"), hint))
    }

    /// Reads lines `NAME FINGERPRINT`; what follows on a line is for people. An error is the number
    /// of a line that is none.
    fn parse(file: &Utf8Path, text: &str) -> Result<Self, usize> {
        let mut by_name = BTreeMap::<_, BTreeSet<_>>::new();
        for (index, line) in text.lines().enumerate() {
            let mut words = line.split_whitespace();
            let Some(name) = words.next().filter(|word| !word.starts_with('#')) else { continue };
            let print = words.next().and_then(digest).ok_or(index + 1)?;
            by_name.entry(name.to_ascii_lowercase()).or_default().insert(print.to_owned());
        }
        Ok(Self { file: file.to_owned(), by_name })
    }

    /// Whether `key`, which the way to `hosts` needs, is expected; if not, why.
    pub(super) fn allows(&self, key: &ShownKey, hosts: &BTreeSet<HostName>) -> Result<(), String> {
        // A host's own name doesn't stand for the jump hosts on the way to it. Where several hosts
        // are at one address, each one's word counts.
        let own = hosts.iter().filter(|_| !key.is_jump).map(HostName::as_str);
        let names = own.chain([key.name.as_str()]).map(str::to_ascii_lowercase);
        let known: Vec<&BTreeSet<String>> =
            names.filter_map(|name| self.by_name.get(&name)).collect();
        let shown = digest(&key.fingerprint).unwrap_or_default();
        if known.is_empty() {
            return Err(format!("{} has no line for {}", self.file, key.name));
        }
        if known.iter().all(|prints| prints.contains(shown)) {
            return Ok(());
        }
        let expected: Vec<String> =
            known.into_iter().flatten().map(|print| format!("{SHA256}{print}")).collect();
        Err(format!(
            "{} expects {} for {}: find out who answers in its place",
            self.file,
            expected.join(" or "),
            key.name
        ))
    }
}

/// The digits of the SHA-256 fingerprint that `text` ends with.
pub(super) fn digest(text: &str) -> Option<&str> {
    let (_, digits) = text.rsplit_once(SHA256)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
    (digits.len() == DIGITS && digits.chars().all(fits)).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "SHA256:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg";

    #[test]
    fn lines() {
        for (text, expected) in [
            ("", Ok(0)),
            ("# none\n\n", Ok(0)),
            (&*format!("core-01 {A}\n[10.0.0.1]:2222 {A} ED25519 unknown (core-01)"), Ok(2)),
            (&*format!("ok {A}\ncore-01"), Err(2)),
            ("core-01 SHA256:short", Err(1)),
            ("core-01 MD5:00:11", Err(1)),
            (&*format!("{A} core-01"), Err(1)),
            (&*format!("core-01 {A}="), Err(1)),
        ] {
            let read = Expected::parse(Utf8Path::new("f"), text).map(|read| read.by_name.len());
            assert_eq!(read, expected, "{text}");
        }
    }
}
