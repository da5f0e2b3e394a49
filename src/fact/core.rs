//! What can be known of a standalone MD Core instance by its own interface.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::standby::Role;
use crate::value::Digest;

/// What an instance tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CoreFacts {
    /// The part that it plays by its licence.
    pub role: Role,
    /// Its deployment id, by which the licence server knows it.
    pub deployment: String,
    /// Whether its licence came over the network; none when it doesn't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online: Option<bool>,
    /// Days until its licence expires. No plan rests on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_left: Option<i64>,
    /// The version that it tells.
    pub version: String,
    /// What it says of its health: none when it is healthy. No plan rests on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unhealthy: Option<String>,
    /// What of its health keeps it from taking over, whatever its licence. No plan rests on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ailing: Vec<String>,
    /// Questions that it did not answer, and why. No plan rests on them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unanswered: BTreeMap<String, String>,
    /// Its engines, by name. No plan rests on them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub engines: BTreeMap<String, EngineFacts>,
    /// Its settings: of each part the digest; none when they were not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<BTreeMap<String, Digest>>,
}

/// What is known of an engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EngineFacts {
    /// Its version.
    pub version: String,
    /// The vendor's word for its state: `production` once it works.
    pub state: String,
    /// How much of it is downloaded, of a hundred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<u8>,
}

impl EngineFacts {
    /// Whether it works, or is not meant to.
    #[must_use]
    pub fn is_there(&self) -> bool {
        matches!(self.state.as_str(), "production" | "removed")
    }
}

impl CoreFacts {
    /// The settings as one digest, when they are known.
    #[must_use]
    pub fn settings_digest(&self) -> Option<Digest> {
        self.settings.as_ref().map(Digest::of_json)
    }

    /// Why it can't take over now, in words; nothing when it can. `production`: the one that it stands
    /// by for, when that could be asked.
    #[must_use]
    pub fn not_ready(&self, production: Option<&Self>) -> Vec<String> {
        let mut why = Vec::new();
        if self.role != Role::Backup {
            why.push(format!("it is {}, not registered as a backup", self.role.as_str()));
        }
        if self.days_left.is_some_and(|days| days < 0) && self.role != Role::Unlicensed {
            why.push("its licence has expired".to_owned());
        }
        why.extend(self.ailing.iter().cloned());
        why.extend(
            self.unanswered.values().map(|why| format!("not all of it could be seen: {why}")),
        );
        if self.engines.is_empty() && self.unanswered.is_empty() {
            why.push("it has no engines yet".to_owned());
        }
        for (name, engine) in self.engines.iter().filter(|(_, engine)| !engine.is_there()) {
            let progress = engine.progress.map(|it| format!(" ({it} %)")).unwrap_or_default();
            why.push(format!("its engine {name} is {}{progress}", engine.state));
        }
        if let Some(production) = production {
            why.extend(self.behind(production));
        }
        why
    }

    /// That it was known by another deployment id, in words.
    #[must_use]
    pub fn moved_from(&self, known: &str) -> String {
        format!(
            "it has the deployment id {}, and was known as {known}: a changed network card or host name makes a new \
             one, which counts as a new activation",
            self.deployment
        )
    }

    /// Whether both are known to be of one version.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        !self.version.is_empty() && self.version == other.version
    }

    /// What of `production` it lacks, in words.
    fn behind(&self, production: &Self) -> Vec<String> {
        let mut why = Vec::new();
        for (name, engine) in production.engines.iter().filter(|(_, engine)| engine.is_there()) {
            match self.engines.get(name) {
                None if engine.state == "production" => {
                    why.push(format!("it lacks the engine {name}"));
                }
                Some(own) if own.is_there() => {
                    let (own, its) = (&own.version, &engine.version);
                    why.extend(match newer(own, its) {
                        Some(Ordering::Less) => {
                            Some(format!("its engine {name} is {own}, in production {its}"))
                        }
                        None => Some(format!(
                            "its engine {name} is {own}, in production {its}, and which is newer can't be told"
                        )),
                        Some(Ordering::Equal | Ordering::Greater) => None,
                    });
                }
                _ => {}
            }
        }
        // Another version may write the same settings otherwise.
        let differing =
            if self.is_like(production) { self.differing_settings(production) } else { Vec::new() };
        if !differing.is_empty() {
            why.push(format!("its settings differ: {}", differing.join(", ")));
        }
        why
    }

    /// What is worth knowing of a backup and keeps it from nothing, in words.
    #[must_use]
    pub fn notes(&self, production: &Self) -> Vec<String> {
        let note = |(name, own): (&String, &EngineFacts)| {
            let its = production.engines.get(name)?;
            let is_newer = newer(&own.version, &its.version) == Some(Ordering::Greater);
            let (own, its) = (&own.version, &its.version);
            is_newer
                .then(|| format!("its engine {name} is newer ({own}) than in production ({its})"))
        };
        self.engines.iter().filter_map(note).collect()
    }

    /// The parts of the settings that are not as in `production`; none when those of one are not known.
    #[must_use]
    pub fn differing_settings(&self, production: &Self) -> Vec<String> {
        let (Some(own), Some(its)) = (&self.settings, &production.settings) else {
            return Vec::new();
        };
        let names = own.keys().chain(its.keys().filter(|name| !own.contains_key(*name)));
        let mut differing: Vec<String> =
            names.filter(|name| own.get(*name) != its.get(*name)).cloned().collect();
        differing.sort();
        differing
    }
}

/// How one version of an engine stands to another; none when they are not numbers, such as `3.0-43`, alone.
fn newer(one: &str, other: &str) -> Option<Ordering> {
    if one == other {
        return Some(Ordering::Equal);
    }
    let numbers = |version: &str| -> Option<Vec<u64>> {
        version.split(['.', '-', '_']).map(|part| part.parse().ok()).collect()
    };
    Some(numbers(one)?.cmp(&numbers(other)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_engines_are_ordered_by_their_numbers() {
        for (one, other, expected) in [
            ("3.0-43", "3.0-43", Some(Ordering::Equal)),
            ("3.0-9", "3.0-43", Some(Ordering::Less)),
            ("3.10", "3.9.1", Some(Ordering::Greater)),
            ("x", "x", Some(Ordering::Equal)),
            ("3.0-beta", "3.0-43", None),
            ("", "3.0-43", None),
        ] {
            assert_eq!(newer(one, other), expected, "{one} {other}");
        }
    }
}
