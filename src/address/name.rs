//! Names that people write: short, lower case, safe in file names, shells and URLs.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// The longest name: a DNS label (RFC 1035, section 2.3.4), so that host names fit.
const LONGEST: usize = 63;

/// Marks a [`Name`] as a host's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfHost;
/// Marks a [`Name`] as a component's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfComponent;
/// Marks a [`Name`] as a connection's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfConnection;

/// The name of a host, as written in the manifest.
pub type HostName = Name<OfHost>;
/// The name of a component, as in the catalog.
pub type ComponentName = Name<OfComponent>;
/// The name of a connection, as written in the manifest.
pub type ConnectionName = Name<OfConnection>;

/// A checked name. Cheap to clone; `K` keeps hosts, components and connections apart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name<K>(Arc<str>, PhantomData<fn() -> K>);

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// Nothing was written.
    #[error("a name can't be empty")]
    Empty,
    /// More than 63 characters.
    #[error("a name has at most {LONGEST} characters")]
    TooLong,
    /// A character outside the allowed set.
    #[error(
        "`{0}` can't be in a name: use letters, digits, `-`, `.` and `_`, beginning with a letter or digit"
    )]
    BadCharacter(char),
}

impl<K> Name<K> {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<K> FromStr for Name<K> {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let first = text.chars().next().ok_or(NameError::Empty)?;
        if text.len() > LONGEST {
            return Err(NameError::TooLong);
        }
        let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        if let Some(bad) = text.chars().find(|c| !allowed(c)) {
            return Err(NameError::BadCharacter(bad));
        }
        if !first.is_ascii_alphanumeric() {
            return Err(NameError::BadCharacter(first));
        }
        Ok(Self(text.into(), PhantomData))
    }
}

impl<K> fmt::Display for Name<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<K> fmt::Debug for Name<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<K> Borrow<str> for Name<K> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<K> Serialize for Name<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, K> Deserialize<'de> for Name<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<K> JsonSchema for Name<K> {
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "maxLength": LONGEST,
            "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$",
        })
    }
}
