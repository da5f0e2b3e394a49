//! Versions of products and of packages.
//!
//! The packaging revision (`-1` in `2.9.0-1`) and the epoch (`5:` in `5:7.0.15-1`) belong to the
//! package, not to the product: a manifest names product versions, hosts report package versions.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// The longest version text that is accepted, in bytes; a host's bytes are not trusted to be short.
const LONGEST: usize = 128;

/// A product version such as `2.9.0`, ordered as Debian orders upstream versions
/// (deb-version(7)): digits as numbers, `~` before everything, letters before other characters.
/// Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version(Arc<str>);

/// Why a text is not a version.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VersionError {
    /// Not beginning with a digit.
    #[error("a version begins with a digit")]
    NoDigit,
    /// Longer than any real version.
    #[error("a version has at most {LONGEST} characters")]
    TooLong,
    /// A character that no package manager allows in a version.
    #[error("`{}` can't be in a version", .0.escape_debug())]
    BadCharacter(char),
}

impl Version {
    /// The major version: the first number.
    #[must_use]
    pub fn major(&self) -> &str {
        self.as_str().split(['.', '-', '+', '~']).next().unwrap_or_default()
    }

    /// The version as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An extended regular expression for the Debian package versions of this version: with any epoch
    /// and any packaging revision (deb-version(7)).
    #[must_use]
    pub fn in_debian(&self) -> String {
        format!("([0-9]+:)?{}(-[^-]+)?", literal(&self.0))
    }

    /// One for the versions that `rpm` tells of packages of this version, with release and epoch.
    #[must_use]
    pub fn in_rpm(&self) -> String {
        format!("([0-9]+:)?{}-[^-]+", literal(&self.0))
    }
}

/// `text` as an extended regular expression that matches just it.
fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if ".+^$*?()[]{}|\\".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        if !text.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(VersionError::NoDigit);
        }
        if text.len() > LONGEST {
            return Err(VersionError::TooLong);
        }
        // The characters of deb-version(7) and of rpm's VERSION tag; none has a meaning to a shell
        // inside single quotes.
        let allowed =
            |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '~' | '-' | '^' | '_');
        match text.chars().find(|c| !allowed(c)) {
            Some(bad) => Err(VersionError::BadCharacter(bad)),
            None => Ok(Self(text.into())),
        }
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.0, &other.0)
            // Texts such as `1.0` and `1.00` compare alike but are not equal: keep a total order.
            .then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Version {
    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": LONGEST, "pattern": "^[0-9][A-Za-z0-9.+~^_-]*$" })
    }
}

/// The comparison of deb-version(7): runs of non-digits and of digits in turn.
fn compare(mut left: &str, mut right: &str) -> Ordering {
    loop {
        let (left_word, left_rest) = split_run(left, |c| !c.is_ascii_digit());
        let (right_word, right_rest) = split_run(right, |c| !c.is_ascii_digit());
        let (left_number, left_after) = split_run(left_rest, |c| c.is_ascii_digit());
        let (right_number, right_after) = split_run(right_rest, |c| c.is_ascii_digit());
        let order = compare_words(left_word, right_word)
            .then_with(|| compare_numbers(left_number, right_number));
        if order != Ordering::Equal || (left_after.is_empty() && right_after.is_empty()) {
            return order;
        }
        (left, right) = (left_after, right_after);
    }
}

fn split_run(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

fn compare_words(left: &str, right: &str) -> Ordering {
    let weights =
        |word: &str| -> Vec<i32> { word.chars().map(weight).chain(std::iter::once(0)).collect() };
    weights(left).cmp(&weights(right))
}

/// `~` sorts before the end of the word, letters before all other characters.
const fn weight(c: char) -> i32 {
    match c {
        '~' => -1,
        c if c.is_ascii_alphabetic() => c as i32,
        c => c as i32 + 256,
    }
}

/// Numbers of any length, without converting them.
fn compare_numbers(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// A package manager's version: `[epoch:]upstream[-revision]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PackageVersion {
    text: Arc<str>,
    upstream: Version,
}

impl PackageVersion {
    /// The product's version, without epoch and packaging revision.
    #[must_use]
    pub const fn upstream(&self) -> &Version {
        &self.upstream
    }

    /// The whole version, as the package manager reported it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for PackageVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let without_epoch = match text.split_once(':') {
            Some((epoch, rest)) if epoch.bytes().all(|b| b.is_ascii_digit()) => rest,
            Some(_) => return Err(VersionError::BadCharacter(':')),
            None => text,
        };
        let upstream =
            without_epoch.rsplit_once('-').map_or(without_epoch, |(upstream, _)| upstream);
        without_epoch.parse::<Version>()?;
        Ok(Self { text: text.into(), upstream: upstream.parse()? })
    }
}

impl fmt::Display for PackageVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Serialize for PackageVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for PackageVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for PackageVersion {
    fn schema_name() -> Cow<'static, str> {
        "PackageVersion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": LONGEST })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_order_as_debian_orders_them() {
        let ascending = ["1.0~rc1", "1.0", "1.0a", "1.0.1", "1.2", "1.10", "2.0-1", "10.0"];
        let parsed: Vec<Version> = ascending.iter().filter_map(|v| v.parse().ok()).collect();
        assert_eq!(parsed.len(), ascending.len());
        assert!(parsed.windows(2).all(|pair| pair[0] < pair[1]), "{parsed:?}");
    }

    #[test]
    fn a_literal_matches_only_itself() {
        assert_eq!(literal("2.9.0+b1~x"), r"2\.9\.0\+b1~x");
    }

    #[test]
    fn epoch_and_revision_belong_to_the_package() {
        for (text, upstream) in [
            ("5:7.0.15-1~deb12u1", "7.0.15"),
            ("2.9.0-1", "2.9.0"),
            ("3.10.8-1.1+deb12u1", "3.10.8"),
            ("15.20", "15.20"),
        ] {
            let version: PackageVersion = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(version.upstream().as_str(), upstream);
        }
    }

    #[test]
    fn texts_that_a_shell_could_read_are_not_versions() {
        for text in ["", "v1", "1 2", "1;reboot", "1$(x)", "1\n", "x:1.0"] {
            assert!(text.parse::<PackageVersion>().is_err(), "{text:?}");
        }
    }
}
