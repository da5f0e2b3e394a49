//! A part of a number of things, as people write it: `2` or `"10%"`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// So many, or so many in a hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Share {
    /// This many.
    Count(u32),
    /// This many in a hundred, at most 100.
    Percent(u8),
}

/// Why a text is not a share.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a share is written like `2` or `10%`, with at most `100%`")]
pub struct ShareError;

impl Share {
    /// How many of `all`, rounded down, never more than all.
    #[must_use]
    pub fn of(self, all: usize) -> usize {
        match self {
            Self::Count(count) => usize::try_from(count).unwrap_or(usize::MAX).min(all),
            Self::Percent(percent) => {
                all / 100 * usize::from(percent) + all % 100 * usize::from(percent) / 100
            }
        }
    }

    /// How many of `all` a promise of at least this share means: rounded up, and a count that is more
    /// than all stays what it is.
    #[must_use]
    pub fn at_least(self, all: usize) -> usize {
        match self {
            Self::Count(count) => usize::try_from(count).unwrap_or(usize::MAX),
            Self::Percent(percent) => {
                let percent = usize::from(percent);
                all / 100 * percent + (all % 100 * percent).div_ceil(100)
            }
        }
    }

    /// Whether it is nothing, of however many.
    #[must_use]
    pub const fn is_none(self) -> bool {
        matches!(self, Self::Count(0) | Self::Percent(0))
    }
}

impl Default for Share {
    fn default() -> Self {
        Self::Count(0)
    }
}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, ShareError> {
        match text.strip_suffix('%') {
            None => text.parse().map(Self::Count).map_err(|_| ShareError),
            Some(percent) => match percent.parse() {
                Ok(percent @ 0..=100) => Ok(Self::Percent(percent)),
                _ => Err(ShareError),
            },
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Count(count) => Ok(Self::Count(count)),
            Written::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

/// As it stands in a file: a bare number is a count.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written<'a> {
    Count(u32),
    Text(Cow<'a, str>),
}

impl JsonSchema for Share {
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number such as `2`, or a part such as `\"10%\"`.",
            "anyOf": [{ "type": "integer", "minimum": 0, "maximum": u32::MAX }, { "type": "string" }],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_down() {
        for (text, all, some) in [
            ("0", 10, 0),
            ("3", 10, 3),
            ("30", 10, 10),
            ("10%", 9, 0),
            ("10%", 10, 1),
            ("33%", 10, 3),
            ("100%", 7, 7),
        ] {
            assert_eq!(text.parse::<Share>().unwrap().of(all), some, "{text} of {all}");
        }
        for (text, all, some) in [
            ("3", 10, 3),
            ("30", 10, 30),
            ("10%", 9, 1),
            ("33%", 3, 1),
            ("34%", 3, 2),
            ("100%", 7, 7),
        ] {
            assert_eq!(text.parse::<Share>().unwrap().at_least(all), some, "{text} of {all}");
        }
        for text in ["", "-1", "101%", "x", "1.5", "%"] {
            assert_eq!(text.parse::<Share>(), Err(ShareError), "{text}");
        }
    }
}
