//! Lengths of time that people write: `30s`, `5m`, `1h 30m`, `30d`.

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
#[error("a period is written like `30s`, `5m`, `1h 30m` or `30d`")]
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

    /// As it is worth reading: in seconds below ten minutes, in minutes above. Parts that are left out
    /// are rounded up, so that a forecast is never too short.
    #[must_use]
    pub const fn rounded(self) -> Self {
        let seconds = self.whole_seconds();
        Self::seconds(if seconds < 600 { seconds } else { seconds.div_ceil(60).saturating_mul(60) })
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
        let (days, rest) = days(text)?;
        let rest: SignedDuration = match (days, rest) {
            (Some(_), "") => SignedDuration::ZERO,
            (_, rest) => rest.parse().map_err(|_| PeriodError)?,
        };
        let rest = Duration::try_from(rest).map_err(|_| PeriodError)?;
        let period = days.unwrap_or_default().checked_add(rest).ok_or(PeriodError)?;
        Ok(Self(Duration::from_millis(u64::try_from(period.as_millis()).map_err(|_| PeriodError)?)))
    }
}

/// The days at the beginning of `text`, if it has any, and what stands after them. A day has 24 hours here; jiff
/// takes none, since days of a calendar differ.
fn days(text: &str) -> Result<(Option<Duration>, &str), PeriodError> {
    let text = text.trim();
    let (number, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(0));
    let unit = rest.trim_start();
    let words = ["days", "day", "d"];
    let Some(rest) = words.iter().find_map(|word| unit.strip_prefix(word)) else {
        return Ok((None, text));
    };
    let seconds = number.parse::<u64>().ok().and_then(|days| days.checked_mul(24 * 3600));
    Ok((Some(Duration::from_secs(seconds.ok_or(PeriodError)?)), rest.trim_start()))
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
            "description": "A length of time such as `30s`, `5m`, `1h 30m` or `30d`.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_with_days_and_written_without() {
        for (text, wanted) in [
            ("30s", "30s"),
            ("1h 30m", "1h 30m"),
            ("90 seconds", "1m 30s"),
            ("30d", "720h"),
            ("1d 12h", "36h"),
            ("1d12h", "36h"),
            ("2 days 1m", "48h 1m"),
            (" 1 day ", "24h"),
            ("0s", "0s"),
            ("0d", "0s"),
        ] {
            let period = text.parse::<Period>().map(|it| it.to_string());
            assert_eq!(period.as_deref(), Ok(wanted), "{text}");
            assert_eq!(wanted.parse::<Period>().map(|it| it.to_string()).as_deref(), Ok(wanted));
        }
        for bad in
            ["", "30", "d", "-1d", "1d -1h", "1d 1d", "1 decade", "1.5d", "9999999999999999d"]
        {
            assert_eq!(bad.parse::<Period>(), Err(PeriodError), "{bad}");
        }
    }

    #[test]
    fn what_is_rounded_is_never_too_short() {
        let rounded = |millis| Period::millis(millis).rounded().to_string();
        assert_eq!(rounded(1_200), "2s");
        assert_eq!(rounded(599_000), "9m 59s");
        assert_eq!(rounded(3_601_000), "1h 1m");
    }
}
