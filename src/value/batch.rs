//! How many of a number of things go at once, as people write it: `2` or `"25%"`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use super::Share;

/// So many at once, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Batch(Share);

/// Why a text is not a batch.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("so many at once is written like `2` or `25%`, from 1 and from `1%` to `100%`")]
pub struct BatchError;

impl Batch {
    /// One after another.
    pub const ONE: Self = Self(Share::Count(1));

    /// How many of `all` go at once: a part is rounded down, but never to none; less than `100%` of
    /// several is never all of them.
    #[must_use]
    pub fn of(self, all: usize) -> usize {
        self.0.of(all).max(1)
    }
}

impl TryFrom<Share> for Batch {
    type Error = BatchError;

    fn try_from(share: Share) -> Result<Self, BatchError> {
        if share.is_none() { Err(BatchError) } else { Ok(Self(share)) }
    }
}

impl FromStr for Batch {
    type Err = BatchError;

    fn from_str(text: &str) -> Result<Self, BatchError> {
        text.parse::<Share>().map_err(|_| BatchError)?.try_into()
    }
}

impl fmt::Display for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Batch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Share::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Batch {
    fn schema_name() -> Cow<'static, str> {
        "Batch".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number such as `2`, or a part such as `\"25%\"`.",
            "anyOf": [{ "type": "integer", "minimum": 1, "maximum": u32::MAX }, { "type": "string" }],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_none_and_never_all_by_surprise() {
        for (text, all, some) in [
            ("2", 10, 2),
            ("30", 10, 10),
            ("1%", 10, 1),
            ("99%", 2, 1),
            ("25%", 10, 2),
            ("100%", 3, 3),
        ] {
            assert_eq!(text.parse::<Batch>().unwrap().of(all), some, "{text} of {all}");
        }
        for percent in 1..100 {
            for all in 2..300 {
                let some = Batch(Share::Percent(percent)).of(all);
                assert!((1..all).contains(&some), "{percent} % of {all}");
            }
        }
        for text in ["0", "0%", "101%", "", "x", "-1"] {
            assert_eq!(text.parse::<Batch>(), Err(BatchError), "{text}");
        }
    }
}
