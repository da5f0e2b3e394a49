//! `known_hosts` files (`sshd(8)`, `SSH_KNOWN_HOSTS FILE FORMAT`). libssh2's own reader takes
//! `@cert-authority` for a host's name and passes over `@revoked`; so each line is read by the
//! `ssh-key` crate, and matched here.

mod append;

pub(super) use append::append;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use ssh_key::known_hosts::{Entry, HostPatterns, Marker};
use ssh_key::public::KeyData;

use super::pattern::matches_list;
use super::text_file;

/// The largest file that is read.
const LARGEST: u64 = 16 * 1024 * 1024;

/// One line: what it says of which hosts' keys.
#[derive(Debug)]
pub(super) struct Known {
    file: Arc<Utf8Path>,
    line: usize,
    /// What the key is.
    pub(super) role: Role,
    hosts: HostPatterns,
    /// The key.
    pub(super) key: KeyData,
}

/// What a line's key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A host's.
    Host,
    /// One whose certificates are believed.
    Authority,
    /// One that is never believed again.
    Revoked,
}

/// All lines of some files. Never changes once it is read.
#[derive(Debug, Default)]
pub(super) struct KnownHosts {
    files: Vec<Utf8PathBuf>,
    lines: Vec<Known>,
    /// Lines that name hosts one by one, by name in lower case.
    by_name: BTreeMap<String, Vec<usize>>,
    /// The other lines.
    by_pattern: Vec<usize>,
    /// Lines that can't be read, one sentence each.
    pub(super) faults: Vec<String>,
}

impl Known {
    /// Where it stands: `file:line`.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }

    fn is_for(&self, name: &str) -> bool {
        match &self.hosts {
            HostPatterns::Patterns(patterns) => {
                matches_list(patterns.iter().map(String::as_str), name)
            }
            HostPatterns::HashedName { salt, hash } => Hmac::<Sha1>::new_from_slice(salt)
                .is_ok_and(|mac| mac.chain_update(name).verify_slice(hash).is_ok()),
        }
    }
}

impl KnownHosts {
    /// Reads `files`; one that isn't there is as good as an empty one.
    ///
    /// # Errors
    /// When a file can't be read, or when a line about a revoked key can't: passing over it would
    /// mean to believe that key.
    pub(super) fn read(files: Vec<Utf8PathBuf>) -> Result<Self, String> {
        let mut known = Self::default();
        for file in &files {
            match text_file::read(file, LARGEST) {
                Ok(bytes) => known.take(file, &String::from_utf8_lossy(&bytes))?,
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(format!("{file} can't be read: {error}")),
            }
        }
        known.files = files;
        Ok(known)
    }

    /// The names of the files, for a message.
    pub(super) fn files(&self) -> String {
        let names: Vec<&str> = self.files.iter().map(|file| file.as_str()).collect();
        if names.is_empty() { "no file".to_owned() } else { names.join(", ") }
    }

    /// The first file, where a new line is best added.
    pub(super) fn first_file(&self) -> &Utf8Path {
        self.files.first().map_or(Utf8Path::new("~/.ssh/known_hosts"), |file| file)
    }

    /// The lines about `name`, in the order of reading.
    pub(super) fn lines_for(&self, name: &str) -> Vec<&Known> {
        let name = name.to_ascii_lowercase();
        let exact = self.by_name.get(&name).into_iter().flatten().copied();
        let others = self.by_pattern.iter().copied();
        let matching = others.filter(|&at| self.lines.get(at).is_some_and(|l| l.is_for(&name)));
        let mut found: Vec<usize> = exact.chain(matching).collect();
        found.sort_unstable();
        found.into_iter().filter_map(|at| self.lines.get(at)).collect()
    }

    /// Takes the lines of `text` in, which stands in `file`.
    pub(super) fn take(&mut self, file: &Utf8Path, text: &str) -> Result<(), String> {
        let file: Arc<Utf8Path> = file.into();
        for (index, text) in text.lines().enumerate() {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let line = index + 1;
            match text.split_ascii_whitespace().collect::<Vec<_>>().join(" ").parse::<Entry>() {
                Ok(entry) => self.add(&file, line, &entry),
                Err(error) if text.starts_with("@revoked") => {
                    return Err(format!(
                        "{file}:{line} revokes a key but can't be read ({error}); mend or remove it"
                    ));
                }
                Err(error) => {
                    self.faults.push(format!("{file}:{line} can't be read ({error}); passed over"));
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, file: &Arc<Utf8Path>, line: usize, entry: &Entry) {
        let role = match entry.marker() {
            None => Role::Host,
            Some(Marker::CertAuthority) => Role::Authority,
            Some(Marker::Revoked) => Role::Revoked,
        };
        let at = self.lines.len();
        let hosts = entry.host_patterns().clone();
        match &hosts {
            HostPatterns::Patterns(names) if !names.iter().any(|n| n.contains(['*', '?', '!'])) => {
                for name in names {
                    self.by_name.entry(name.to_ascii_lowercase()).or_default().push(at);
                }
            }
            _ => self.by_pattern.push(at),
        }
        let key = entry.public_key().key_data().clone();
        self.lines.push(Known { file: Arc::clone(file), line, role, hosts, key });
    }
}

/// Whether the text of a `known_hosts` file says something about the host `name` (`address`, or
/// `[address]:port` except for port 22).
///
/// # Errors
/// In words, when a line about a revoked key can't be read.
pub fn knows_host(text: &str, name: &str) -> Result<bool, String> {
    let mut known = KnownHosts::default();
    known.take(Utf8Path::new("known_hosts"), text)?;
    Ok(!known.lines_for(name).is_empty())
}

#[cfg(test)]
mod tests;
