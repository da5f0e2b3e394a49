//! Who may sign.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use ssh_key::PublicKey;

use super::line;
use super::pattern::fits_list;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};
use crate::value::Digest;

/// The most signers that a file may have.
const MOST: usize = 10_000;

/// The people who may sign, and their keys: a file of the form that ssh-keygen(1) describes under
/// ALLOWED SIGNERS. Supported are names (no patterns), keys (no certificates), and the options
/// `namespaces`, `valid-after` and `valid-before` (in UTC). Any other line is refused, and the file with
/// it.
#[derive(Debug, Clone)]
pub struct Signers {
    /// The SHA-256 of the file's bytes.
    pub digest: Digest,
    /// Every line's.
    pub all: Vec<Signer>,
}

/// A key and whose it is.
#[derive(Debug, Clone)]
pub struct Signer {
    /// The names that its line gives, the first first.
    pub names: Vec<String>,
    /// Who it is counted as: the first name in the file of all that are linked with this one by a
    /// common name or a common key. Two keys of one person are one person's, and so is one key of two
    /// names.
    pub person: String,
    /// The key.
    pub key: PublicKey,
    /// The key's SHA-256, as `ssh-keygen -l` shows it.
    pub fingerprint: String,
    /// The list of patterns of namespaces that it may sign for; all when there is none.
    pub namespaces: Option<String>,
    /// From when it is valid.
    pub after: Option<Timestamp>,
    /// Until when.
    pub before: Option<Timestamp>,
}

impl Signers {
    /// The signers that `source` names.
    ///
    /// # Errors
    /// Every line that can't be used, with its place.
    pub fn parse(source: &Arc<SourceText>) -> Result<Self, Diagnostics> {
        let mut found = Diagnostics::default();
        let mut all = Vec::new();
        let mut start = 0;
        for whole in source.text.split_inclusive('\n') {
            let text = whole.trim_matches([' ', '\t', '\r', '\n']);
            let place = start + (whole.len() - whole.trim_start_matches([' ', '\t']).len());
            start += whole.len();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            match line::parse(text) {
                Ok(signer) => all.push(signer),
                Err((what, help)) => found.push(
                    Diagnostic::new(Code::SignersFile, what)
                        .at(Label::new(source, place..place + text.len(), "this line"))
                        .help(help),
                ),
            }
        }
        if all.len() > MOST || (all.is_empty() && found.is_empty()) {
            let what = if all.is_empty() {
                "the file names nobody who may sign".to_owned()
            } else {
                format!("the file names more than {MOST} keys")
            };
            found.push(
                Diagnostic::new(Code::SignersFile, what)
                    .at(Label::new(source, 0..0, "in this file"))
                    .help("write a line `name keytype key` for each key, as in ssh-keygen(1)"),
            );
        }
        if !found.is_empty() {
            return Err(found);
        }
        name_people(&mut all);
        Ok(Self { digest: Digest::of(source.text.as_bytes()), all })
    }

    /// The people who can sign for `namespace` at some time, each once.
    #[must_use]
    pub fn people(&self, namespace: &str) -> BTreeSet<&str> {
        let may = self.all.iter().filter(|signer| signer.may_sign_for(namespace));
        may.map(|signer| signer.person.as_str()).collect()
    }
}

impl Signer {
    /// What makes it one with others: its names and its key.
    fn links(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str).chain([self.fingerprint.as_str()])
    }

    /// Whether its line lets it sign for `namespace`.
    #[must_use]
    pub fn may_sign_for(&self, namespace: &str) -> bool {
        self.namespaces.as_ref().is_none_or(|list| fits_list(list, namespace))
    }
}

/// Gives linked signers one person's name: in each pass everybody takes the earliest place that any of
/// their names, or their key, has reached, until nothing changes.
fn name_people(all: &mut [Signer]) {
    let mut places: Vec<usize> = (0..all.len()).collect();
    loop {
        let mut earliest: BTreeMap<&str, usize> = BTreeMap::new();
        for (signer, &place) in all.iter().zip(&places) {
            for link in signer.links() {
                let earliest = earliest.entry(link).or_insert(place);
                *earliest = place.min(*earliest);
            }
        }
        let reached = |signer: &Signer| signer.links().filter_map(|it| earliest.get(it)).min();
        let next: Vec<usize> = all.iter().filter_map(reached).copied().collect();
        if next == places {
            break;
        }
        places = next;
    }
    let names: Vec<Option<String>> = places
        .iter()
        .map(|&place| all.get(place).and_then(|signer| signer.names.first()).cloned())
        .collect();
    for (signer, name) in all.iter_mut().zip(names) {
        signer.person = name.unwrap_or_default();
    }
}
