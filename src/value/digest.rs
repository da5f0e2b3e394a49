//! SHA-256 digests of packages and files (FIPS 180-4).

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufWriter, Read};
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// Bytes that are hashed at once.
const BLOCK: usize = 1 << 18;

/// A SHA-256 digest, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// Why a text is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a SHA-256 digest is 64 hexadecimal digits")]
pub struct DigestError;

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest and the length of everything that `reader` gives.
    ///
    /// # Errors
    /// What the reader reports.
    pub fn of_reader(reader: &mut dyn Read) -> io::Result<(Self, u64)> {
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; BLOCK];
        let mut length = 0;
        loop {
            let count = reader.read(&mut buffer)?;
            if count == 0 {
                return Ok((Self(hasher.finalize().into()), length));
            }
            hasher.update(buffer.get(..count).unwrap_or_default());
            length += count as u64;
        }
    }

    /// The digest of `value` as JSON without spaces. The value must be one that JSON can hold.
    #[must_use]
    pub fn of_json(value: &(impl Serialize + ?Sized)) -> Self {
        // JSON is written a few bytes at a time.
        let mut hasher = BufWriter::with_capacity(1 << 16, Hasher(Sha256::new()));
        let written = serde_json::to_writer(&mut hasher, value);
        debug_assert!(written.is_ok());
        // Hashing can't fail.
        Self(hasher.into_inner().map(|hasher| hasher.0).unwrap_or_default().finalize().into())
    }

    /// The first twelve digits, for people.
    #[must_use]
    pub fn short(&self) -> String {
        self.to_string().chars().take(12).collect()
    }
}

struct Hasher(Sha256);

impl io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        if text.len() != 64 || !text.is_ascii() {
            return Err(DigestError);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| DigestError)?;
            if !pair.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(DigestError);
            }
            *byte = u8::from_str_radix(pair, 16).map_err(|_| DigestError)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(64);
        for place in self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
            text.push(DIGITS.get(usize::from(place)).copied().map_or('?', char::from));
        }
        f.write_str(&text)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Digest {
    fn schema_name() -> Cow<'static, str> {
        "Sha256".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-fA-F]{64}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_has_the_digest_of_its_whole_json() {
        for length in [0, 1, BLOCK / 8, BLOCK] {
            let value: Vec<usize> = (0..length).collect();
            let text = serde_json::to_vec(&value).unwrap_or_default();
            assert_eq!(Digest::of_json(&value), Digest::of(&text), "{length}");
        }
    }
}
