//! The inverse of a step, as the plan has it.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Step, shared};
use crate::transport::Command;
use crate::value::Version;

/// How a step is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WayBack {
    /// By the package of the version before, which is kept on the host since before the step, or by its
    /// data, which the step leaves there.
    #[serde(rename_all = "kebab-case")]
    Package {
        /// The version before.
        to: Version,
        /// What is lost by that or may be needed besides, in words; empty when nothing.
        #[serde(default)]
        loses: Arc<str>,
        /// What runs, in this order; the first that fails ends it.
        #[serde(deserialize_with = "shared::deserialize")]
        #[schemars(with = "Vec<Command>")]
        commands: Arc<[Command]>,
    },
    /// By the files as they were, which the step keeps.
    #[serde(rename_all = "kebab-case")]
    Files {
        /// What runs, in this order; the first that fails ends it.
        #[serde(deserialize_with = "shared::deserialize")]
        #[schemars(with = "Vec<Command>")]
        commands: Arc<[Command]>,
    },
    /// By people, or a plan of its own: how, in words.
    ByHand(Arc<str>),
    /// Not at all: why, in words.
    None(Arc<str>),
}

/// [`WayBack`] with commands of the form `C`.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum WayBackForm<'a, C: Serialize> {
    #[serde(rename_all = "kebab-case")]
    Package {
        to: &'a Version,
        #[serde(skip_serializing_if = "str::is_empty")]
        loses: &'a str,
        commands: Option<&'a C>,
    },
    Files {
        commands: Option<&'a C>,
    },
    ByHand(&'a str),
    None(&'a str),
}

impl WayBack {
    /// The commands; none when there is no way back.
    #[must_use]
    pub fn commands(&self) -> Option<&Arc<[Command]>> {
        match self {
            Self::Package { commands, .. } | Self::Files { commands } => Some(commands),
            Self::ByHand(_) | Self::None(_) => None,
        }
    }
}

impl Step {
    /// The commands that take it back, when there are any.
    #[must_use]
    pub fn back(&self) -> Option<&Arc<[Command]>> {
        self.way_back.as_ref().and_then(WayBack::commands)
    }
}
