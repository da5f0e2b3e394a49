//! The part of `ssh_config(5)` that a manifest may rely on. Not understood and passed over with a
//! note: `Match` blocks other than `Match all`. Keys that say nothing about whom to reach, as whom
//! and whom to trust are passed over silently.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::pattern::{matches, matches_list};
use super::text_file;

/// How deep files may include each other, as in OpenSSH.
const DEEPEST: usize = 16;
/// How many files may be included: each may name others twice, and those again.
const MOST_FILES: usize = 256;
/// The largest file that is read.
const LARGEST: u64 = 1024 * 1024;

/// The keys that are read, in lower case.
const KEYS: [&str; 12] = [
    "hostname",
    "user",
    "port",
    "identityfile",
    "certificatefile",
    "userknownhostsfile",
    "globalknownhostsfile",
    "proxyjump",
    "identitiesonly",
    "identityagent",
    "connecttimeout",
    "serveraliveinterval",
];
/// The keys of which every value counts; of the others, the first.
const MANY: [&str; 2] = ["identityfile", "certificatefile"];

/// A parsed configuration.
#[derive(Debug, Default)]
pub(super) struct Config {
    blocks: Vec<Block>,
    /// How many files were read.
    files: usize,
    /// What was passed over, one sentence each.
    pub(super) notes: Vec<String>,
}

/// Settings under their conditions: a host must match each list.
#[derive(Debug, Clone, Default)]
struct Block {
    conditions: Vec<Vec<String>>,
    settings: Vec<(String, Vec<String>)>,
}

/// What a configuration says of one host: values by key.
pub(super) type Settings = BTreeMap<String, Vec<Vec<String>>>;

impl Config {
    /// Reads the file at `path`; `home` is where `~` and relative includes start.
    ///
    /// # Errors
    /// When a file that is there can't be read, or a line is no setting.
    pub(super) fn read(path: &Utf8Path, home: Option<&Utf8Path>) -> Result<Self, String> {
        let mut config = Self::default();
        config.take_file(path, home, &[], 0)?;
        Ok(config)
    }

    /// What it says of `host`.
    pub(super) fn about(&self, host: &str) -> Settings {
        let mut settings = Settings::new();
        let applies = |block: &&Block| {
            block.conditions.iter().all(|list| matches_list(list.iter().map(String::as_str), host))
        };
        for (key, values) in self.blocks.iter().filter(applies).flat_map(|block| &block.settings) {
            let known = settings.entry(key.clone()).or_default();
            if known.is_empty() || MANY.contains(&key.as_str()) {
                known.push(values.clone());
            }
        }
        settings
    }

    fn take_file(
        &mut self,
        path: &Utf8Path,
        home: Option<&Utf8Path>,
        conditions: &[Vec<String>],
        depth: usize,
    ) -> Result<(), String> {
        if depth > DEEPEST {
            return Err(format!("{path} is included more than {DEEPEST} files deep"));
        }
        self.files += 1;
        if self.files > MOST_FILES {
            return Err(format!("{path} is one of more than {MOST_FILES} included files"));
        }
        let bytes = text_file::read(path, LARGEST)
            .map_err(|error| format!("{path} can't be read: {error}"))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("{path} is not UTF-8 text"))?;
        self.take(path, &text, home, (conditions, depth))
    }

    fn take(
        &mut self,
        path: &Utf8Path,
        text: &str,
        home: Option<&Utf8Path>,
        (conditions, depth): (&[Vec<String>], usize),
    ) -> Result<(), String> {
        let mut block = Block { conditions: conditions.to_vec(), settings: Vec::new() };
        for (index, line) in text.lines().enumerate() {
            let place = format!("{path}:{}", index + 1);
            let words = words(line).ok_or_else(|| format!("{place} has an open quote"))?;
            let Some((key, values)) = words.split_first() else { continue };
            let key = key.to_ascii_lowercase();
            if values.is_empty() {
                return Err(format!("{place}: `{key}` has no value"));
            }
            match key.as_str() {
                "host" | "match" => {
                    let next = self.condition(&key, values, &place);
                    self.blocks.push(std::mem::take(&mut block));
                    block.conditions = [conditions, &[next]].concat();
                }
                "include" => {
                    self.blocks.push(block.clone());
                    block.settings.clear();
                    for file in values.iter().flat_map(|name| included(name, home)) {
                        self.take_file(&file, home, &block.conditions, depth + 1)?;
                    }
                }
                _ if KEYS.contains(&key.as_str()) => block.settings.push((key, values.to_vec())),
                _ => {}
            }
        }
        self.blocks.push(block);
        Ok(())
    }

    /// The patterns of a `Host` or `Match` line; none match what isn't understood.
    fn condition(&mut self, key: &str, values: &[String], place: &str) -> Vec<String> {
        let is_all = matches!(values, [only] if only.eq_ignore_ascii_case("all"));
        match (key, is_all) {
            ("host", _) => values.to_vec(),
            (_, true) => vec!["*".to_owned()],
            _ => {
                self.notes.push(format!("{place}: `Match` is not understood; its block is unused"));
                Vec::new()
            }
        }
    }
}

/// The words of a line: separated by blanks or one `=`, in double quotes or not. None when a quote
/// is left open.
fn words(line: &str) -> Option<Vec<String>> {
    let line = line.trim();
    if line.starts_with('#') {
        return Some(Vec::new());
    }
    let mut words = Vec::new();
    let mut rest = line;
    while !rest.is_empty() && !rest.starts_with('#') {
        let (word, after) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted.split_once('"')?
        } else {
            let ends = |c: char| c.is_whitespace() || (words.is_empty() && c == '=');
            rest.split_at(rest.find(ends).unwrap_or(rest.len()))
        };
        words.push(word.to_owned());
        rest = after.trim_start();
        if words.len() == 1 {
            rest = rest.strip_prefix('=').unwrap_or(rest).trim_start();
        }
    }
    Some(words)
}

/// The files that an include names, in the order of their names: relative ones are in `~/.ssh`,
/// and the last part may be a pattern.
fn included(name: &str, home: Option<&Utf8Path>) -> BTreeSet<Utf8PathBuf> {
    let path = match (name.strip_prefix("~/"), home) {
        (Some(inside), Some(home)) => home.join(inside),
        (None, Some(home)) => home.join(".ssh").join(name),
        (_, None) => Utf8PathBuf::from(name),
    };
    let (Some(folder), Some(last)) = (path.parent(), path.file_name()) else {
        return BTreeSet::new();
    };
    if !last.contains(['*', '?']) {
        return BTreeSet::from([path.clone()]).into_iter().filter(|file| file.exists()).collect();
    }
    let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
    let files = entries.filter(|entry| matches(last, entry.file_name()));
    files.filter(|entry| entry.path().is_file()).map(|entry| entry.path().to_owned()).collect()
}

/// What the text of an `ssh_config` file says of `host`: values by key, in lower case. Only the keys
/// that ways to hosts depend on are read.
///
/// # Errors
/// In words, when a line is no setting or an included file can't be read.
pub fn settings_about(
    text: &str,
    host: &str,
) -> Result<BTreeMap<String, Vec<Vec<String>>>, String> {
    let mut config = Config::default();
    config.take(Utf8Path::new("ssh_config"), text, None, (&[], 0))?;
    Ok(config.about(host))
}

#[cfg(test)]
mod tests;
