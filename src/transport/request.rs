//! Requests to Control Center, as a plan holds them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::manifest::center::{Method, Until};
use crate::value::Digest;

/// One request. `{{name}}` in its texts stands for what an earlier answer has told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Request {
    /// What it does, in words.
    pub say: String,
    /// Its method.
    pub method: Method,
    /// The path behind Control Center's address.
    pub path: String,
    /// The body, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The file that is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<UploadedFile>,
    /// The statuses that say yes.
    pub expect: Vec<u16>,
    /// What is taken from the answer: by name, where it stands.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub save: BTreeMap<String, String>,
    /// What the answer is waited for to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Until>,
}

/// A file that is sent to Control Center.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UploadedFile {
    /// On the controller, relative to the release file.
    pub from: String,
    /// The content.
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
    /// The field of the form that has it; without one, it alone is the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl UploadedFile {
    /// Its name, as Control Center is told it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.from.rsplit('/').next().unwrap_or_default()
    }
}

impl Request {
    /// Whether it changes something, so that it is never sent again when its answer was not seen.
    #[must_use]
    pub const fn changes(&self) -> bool {
        !self.method.only_asks()
    }

    /// What tells it from others: a run sends the same file to the same place once.
    #[must_use]
    pub fn what(&self) -> String {
        let file = self.upload.as_ref();
        let file = file.map(|file| format!(" with {} ({})", file.name(), file.digest));
        let body = self.body.as_ref().map(|body| format!(" {body}"));
        let (method, path) = (self.method.as_str(), &self.path);
        format!("{method} {path}{}{}", body.unwrap_or_default(), file.unwrap_or_default())
    }
}
