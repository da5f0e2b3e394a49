//! Codes of Windows Installer.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A product code or an upgrade code, as Windows Installer writes it: `{8-4-4-4-12}` in hexadecimal digits,
/// upper case.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Guid(String);

/// Why a text is not such a code.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a code of Windows Installer is written like `{{12345678-90AB-CDEF-1234-567890ABCDEF}}`")]
pub struct GuidError;

impl FromStr for Guid {
    type Err = GuidError;

    fn from_str(text: &str) -> Result<Self, GuidError> {
        let bare = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
        let parts: Vec<&str> = bare.split('-').collect();
        let fits = parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
            && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if fits { Ok(Self(format!("{{{}}}", bare.to_ascii_uppercase()))) } else { Err(GuidError) }
    }
}

impl TryFrom<String> for Guid {
    type Error = GuidError;

    fn try_from(text: String) -> Result<Self, GuidError> {
        text.parse()
    }
}

impl From<Guid> for String {
    fn from(guid: Guid) -> Self {
        guid.0
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_and_case_are_made_one() {
        let whole = "{12345678-90AB-CDEF-1234-567890ABCDEF}";
        for text in [whole, "12345678-90ab-cdef-1234-567890abcdef"] {
            assert_eq!(text.parse::<Guid>().map(|it| it.to_string()), Ok(whole.to_owned()));
        }
        for text in ["", "{}", "12345678-90ab-cdef-1234-567890abcde", "1234567890abcdef"] {
            assert_eq!(text.parse::<Guid>(), Err(GuidError), "{text}");
        }
    }
}
