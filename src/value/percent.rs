//! A part of a hundred, as people write it: `"50%"`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// So many in a hundred, at most 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percent(u8);

/// Why a text is not a part of a hundred.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a part of a hundred is written like `50%`, with at most `100%`")]
pub struct PercentError;

impl Percent {
    /// One half.
    pub const HALF: Self = Self(50);

    /// So many in a hundred.
    #[must_use]
    pub const fn of_hundred(self) -> u8 {
        self.0
    }
}

impl FromStr for Percent {
    type Err = PercentError;

    fn from_str(text: &str) -> Result<Self, PercentError> {
        match text.strip_suffix('%').map(str::parse) {
            Some(Ok(percent @ 0..=100)) => Ok(Self(percent)),
            _ => Err(PercentError),
        }
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'_, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Percent {
    fn schema_name() -> Cow<'static, str> {
        "Percent".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "A part of a hundred, such as `\"50%\"`.", "type": "string" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_no_part_of_a_hundred() {
        for text in ["0%", "50%", "100%"] {
            assert_eq!(text.parse::<Percent>().unwrap().to_string(), text);
        }
        for text in ["", "%", "3", "101%", "-1%", "1.5%"] {
            assert_eq!(text.parse::<Percent>(), Err(PercentError), "{text}");
        }
    }
}
