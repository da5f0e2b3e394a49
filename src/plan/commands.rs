//! Checks that many steps make alike are kept once, in memory and in the file. What a step itself runs
//! stands with the step, so that it can be read there.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Plan, shared};
use crate::transport::Command;

/// Commands with the name that they have in [`Plan::checks`]. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commands {
    name: Arc<str>,
    list: Arc<[Command]>,
}

impl Commands {
    /// Commands under a name.
    pub fn new(name: impl Into<Arc<str>>, list: impl Into<Arc<[Command]>>) -> Self {
        Self { name: name.into(), list: list.into() }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The commands alone.
    #[must_use]
    pub fn list(&self) -> Arc<[Command]> {
        Arc::clone(&self.list)
    }

    /// The entry of [`Plan::checks`] that these are.
    #[must_use]
    pub fn entry(&self) -> (Arc<str>, Arc<[Command]>) {
        (Arc::clone(&self.name), Arc::clone(&self.list))
    }
}

impl Deref for Commands {
    type Target = [Command];

    fn deref(&self) -> &[Command] {
        &self.list
    }
}

impl Serialize for Commands {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

/// Gives the name alone; reading a [`Plan`] fills in the rest.
impl<'de> Deserialize<'de> for Commands {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { name: Arc::deserialize(deserializer)?, list: Arc::default() })
    }
}

impl JsonSchema for Commands {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Commands".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

impl<'de> Deserialize<'de> for Plan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut plan = shared::within(|| Self::deserialize(deserializer))?;
        let needs = plan.steps.iter_mut().flat_map(|step| &mut step.needs_healthy);
        let members = plan.members.values_mut().chain(plan.asked.values_mut());
        let members = members.flat_map(|members| &mut members.0);
        for need in needs.chain(members) {
            let Some((name, list)) = plan.checks.get_key_value(&need.check.name) else {
                return Err(serde::de::Error::custom(format!(
                    "{}/{} is asked by the check `{}`, which the plan doesn't have",
                    need.host, need.component, need.check.name
                )));
            };
            need.check = Commands::new(Arc::clone(name), Arc::clone(list));
        }
        Ok(plan)
    }
}
