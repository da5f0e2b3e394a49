//! How much is copied at once, and by which way.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::HostName;
use crate::source::At;
use crate::value::Size;

/// How much is copied at once, and by which way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Copying {
    /// The package files that are on their way at once have at most so many bytes together, such as `2GB`;
    /// a larger one goes alone. Without it, as many go as hosts are worked on at once.
    #[schemars(with = "Option<Size>")]
    pub in_flight: Option<At<Size>>,
    /// So many files are on their way at once at most.
    #[schemars(with = "Option<std::num::NonZeroU32>")]
    pub files: Option<At<std::num::NonZeroU32>>,
    /// The label of hosts that tells their site; default `site`.
    pub label: Option<String>,
    /// By site, the one host that package files are copied to once, and that gives them to the others.
    #[schemars(with = "BTreeMap<String, RelayText>")]
    pub relays: BTreeMap<At<String>, RelayText>,
}

/// The relay of a site.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RelayText {
    /// The host, which is one of the site and reached by SSH.
    #[schemars(with = "HostName")]
    pub host: At<HostName>,
    /// By which name or address the others of its site reach it; default: its own `address`.
    #[schemars(length(min = 1))]
    pub address: Option<String>,
    /// The port of its SSH server; default: that of its connection, or 22.
    #[schemars(range(min = 1))]
    pub port: Option<u16>,
    /// What becomes of files that it can't give to a host; default `refuse`.
    #[serde(default)]
    pub otherwise: Otherwise,
}

/// What becomes of a file that the relay can't give to a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Otherwise {
    /// The copy fails: the controller's line is never used more than the plan says.
    #[default]
    Refuse,
    /// The controller sends it, and tells so.
    Controller,
}

impl Copying {
    /// The label of hosts that tells their site.
    #[must_use]
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or("site")
    }

    /// The most bytes at once.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.in_flight.as_ref().map_or(u64::MAX, |size| size.value.bytes())
    }

    /// The most files at once.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.files.as_ref().map_or(u64::MAX, |files| files.value.get().into())
    }
}
