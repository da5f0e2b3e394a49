//! Texts that people write: read with a bound, parsed as TOML and checked against the declared
//! keys, with *all* problems at once and a place for each.
//!
//! The declaration is the Rust type itself: [`schema`] turns it into a JSON schema, [`parse`] walks
//! the parsed text against that schema and only then deserialises. So there is one list of keys.

mod at;
mod check;
mod choice;
mod database;
mod endpoint;
mod file;
mod flaw;
mod keys;
mod parse;
mod path;
mod suggest;
mod syntax;
pub mod template;
mod web;
mod word;

pub use at::At;
pub use database::{DatabaseAddress, is_on_this_machine};
pub use endpoint::{JumpHost, address_problem};
pub use file::{LARGEST, folder_of, read};
pub(crate) use parse::known_schema;
pub use parse::{key_span, parse, schema};
pub use suggest::{closest, did_you_mean, listed, some_of};
pub use web::WebAddress;
pub use word::FormatVersion;

use std::ops::Range;

/// Where in its source text something was written, in bytes.
pub type Span = Range<usize>;

#[cfg(test)]
mod tests;
