//! What can be known of a standalone MD Core instance by its own interface.

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
        if self.engines.is_empty() {
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

    /// What of `production` it lacks, in words.
    fn behind(&self, production: &Self) -> Vec<String> {
        let mut why = Vec::new();
        for (name, engine) in production.engines.iter().filter(|(_, engine)| engine.is_there()) {
            match self.engines.get(name) {
                None if engine.state == "production" => {
                    why.push(format!("it lacks the engine {name}"));
                }
                Some(own) if own.is_there() && own.version != engine.version => {
                    let (own, its) = (&own.version, &engine.version);
                    why.push(format!("its engine {name} is {own}, in production {its}"));
                }
                _ => {}
            }
        }
        // Another version may write the same settings otherwise.
        let differing = if self.version == production.version {
            self.differing_settings(production)
        } else {
            Vec::new()
        };
        if !differing.is_empty() {
            why.push(format!("its settings differ: {}", differing.join(", ")));
        }
        why
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
