//! What a step needs healthy, as the plan file has it: a map from addresses to the names of commands.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::{Commands, HealthyBefore};
use crate::address::Address;

/// Those that have a component, with how each is asked for its health.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Members(
    #[serde(serialize_with = "serialize", deserialize_with = "deserialize")] pub Vec<HealthyBefore>,
);

impl JsonSchema for Members {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Members".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeMap::<String, String>::json_schema(generator)
    }
}

pub(super) fn serialize<S: Serializer>(
    needs: &[HealthyBefore],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(needs.len()))?;
    for need in needs {
        let address = [need.host.as_str(), "/", need.component.as_str()].concat();
        map.serialize_entry(&address, &need.check)?;
    }
    map.end()
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<HealthyBefore>, D::Error> {
    deserializer.deserialize_map(Needs)
}

/// Keeps the order of the file.
struct Needs;

impl<'de> Visitor<'de> for Needs {
    type Value = Vec<HealthyBefore>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map from `host/component` to the name of commands")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut needs = Vec::new();
        while let Some((address, check)) = map.next_entry::<String, Commands>()? {
            let Address { host, component } = address.parse().map_err(serde::de::Error::custom)?;
            needs.push(HealthyBefore { host, component, check });
        }
        Ok(needs)
    }
}
