//! Lengths of time that people write: `30s`, `5m`, `1h 30m`.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// A length of time that is not negative, to the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Period(Duration);

/// Why a text is not a period.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a period is written like `30s`, `5m` or `1h 30m`")]
pub struct PeriodError;

impl Period {
    /// A period of whole seconds.
    #[must_use]
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// A period of milliseconds.
    #[must_use]
    pub const fn millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// As the standard library's type.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }

    /// In whole seconds, rounded up, for tools that take no fraction.
    #[must_use]
    pub const fn whole_seconds(self) -> u64 {
        self.0.as_secs() + (self.0.subsec_nanos() > 0) as u64
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let signed: SignedDuration = text.parse().map_err(|_| PeriodError)?;
        let period = Duration::try_from(signed).map_err(|_| PeriodError)?;
        Ok(Self(Duration::from_millis(u64::try_from(period.as_millis()).map_err(|_| PeriodError)?)))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, millis) = (self.0.as_secs(), self.0.subsec_millis());
        let units =
            [(whole / 3600, "h"), (whole / 60 % 60, "m"), (whole % 60, "s"), (millis.into(), "ms")];
        let mut text = String::with_capacity(16);
        for (number, unit) in units.iter().filter(|(number, _)| *number > 0) {
            let before = if text.is_empty() { "" } else { " " };
            write!(text, "{before}{number}{unit}")?;
        }
        f.pad(if text.is_empty() { "0s" } else { &text })
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Period {
    fn schema_name() -> Cow<'static, str> {
        "Period".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A length of time such as `30s`, `5m` or `1h 30m`.",
        })
    }
}
