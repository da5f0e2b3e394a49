//! Amounts of data that people write: `56MB`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// The units, decimal as networks and disks count, largest first.
const UNITS: [(&str, u64); 4] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000), ("B", 1)];

/// An amount of data in bytes, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(u64);

/// Why a text is not a size.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "a size is a whole number with its unit, `B`, `kB`, `MB` or `GB`, such as `56MB`; at least `1B`"
)]
pub struct SizeError;

impl Size {
    /// So many bytes; one when there are none.
    #[must_use]
    pub const fn of(bytes: u64) -> Self {
        Self(if bytes == 0 { 1 } else { bytes })
    }

    /// In bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let found = UNITS.iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?, size)));
        let (number, unit) = found.ok_or(SizeError)?;
        let digits = number.trim_end();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(SizeError);
        }
        let bytes = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(*unit));
        bytes.filter(|bytes| *bytes > 0).map(Self).ok_or(SizeError)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().find(|(_, size)| self.0.is_multiple_of(*size));
        let (unit, size) = whole.copied().unwrap_or(("B", 1));
        write!(f, "{}{unit}", self.0 / size)
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Size {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "An amount of data such as `56MB`, in `B`, `kB`, `MB` or `GB`.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_whole_numbers_with_a_unit() {
        for (text, bytes, shown) in [
            ("1B", 1, "1B"),
            ("56MB", 56_000_000, "56MB"),
            ("56 MB", 56_000_000, "56MB"),
            ("2000kB", 2_000_000, "2MB"),
            ("1001B", 1_001, "1001B"),
        ] {
            let size: Size = text.parse().unwrap();
            assert_eq!((size.bytes(), size.to_string().as_str()), (bytes, shown), "{text}");
        }
        for text in ["", "B", "0B", "0MB", "-1MB", "+1MB", "1.5MB", "56", "56MiB", "99999999999GB"]
        {
            assert_eq!(text.parse::<Size>(), Err(SizeError), "{text}");
        }
    }
}
