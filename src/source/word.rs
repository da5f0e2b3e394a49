//! Texts with a form of their own: names, versions, digests, periods, sizes, addresses.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::address::ComponentName;
use crate::diagnostic::Code;
use crate::value::{Batch, Digest, Percent, Period, RemotePath, Share, Size, Version};

/// The version of the file format: only 1 exists. Deserialises from any number, because the check
/// against the schema has refused the others before.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct FormatVersion(#[expect(dead_code, reason = "its presence is what counts")] u32);

impl JsonSchema for FormatVersion {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "FormatVersion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "const": 1 })
    }
}

/// What a text of this form has to be.
pub(super) struct Word {
    pub(super) code: Code,
    /// The form, for people.
    pub(super) what: &'static str,
    /// What is wrong with a text.
    pub(super) problem: fn(&str) -> Option<String>,
}

/// The form that the schema's definition `name` stands for.
pub(super) fn by_name(name: &str) -> Option<Word> {
    let (code, what, problem): (_, _, fn(&str) -> Option<String>) = match name {
        "Name" => (Code::BadName, "a name", |text| error(text.parse::<ComponentName>())),
        "Version" => (Code::BadVersion, "a version", |text| error(text.parse::<Version>())),
        "Sha256" => (Code::BadDigest, "a SHA-256 digest", digest),
        "JumpHost" => (Code::BadJump, "a jump host", super::endpoint::jump_problem),
        "Share" => (Code::BadShare, "a share", |text| error(text.parse::<Share>())),
        "Percent" => (Code::BadShare, "a percentage", |text| error(text.parse::<Percent>())),
        "Batch" => (Code::BadShare, "a number of hosts", |text| error(text.parse::<Batch>())),
        "RemotePath" => (Code::BadPath, "a path", |text| error(text.parse::<RemotePath>())),
        "Size" => (Code::BadSize, "a size", |text| error(text.parse::<Size>())),
        "Period" => (Code::BadPeriod, "a period", period),
        _ => return None,
    };
    Some(Word { code, what, problem })
}

fn error<T, E: ToString>(parsed: Result<T, E>) -> Option<String> {
    parsed.err().map(|e| e.to_string())
}

fn digest(text: &str) -> Option<String> {
    let error = error(text.parse::<Digest>())?;
    Some(format!(
        "{error}, as `sha256sum FILE` prints them; this has {} characters",
        text.chars().count()
    ))
}

/// No limit and no duration may be zero: a limit of zero fails everything.
fn period(text: &str) -> Option<String> {
    match text.parse::<Period>() {
        Ok(period) if period == Period::default() => {
            Some("a period is longer than zero".to_owned())
        }
        parsed => error(parsed),
    }
}
