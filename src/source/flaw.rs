//! What is wrong with one text of a file.

use crate::diagnostic::Code;

/// What is wrong with a text, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) code: Code,
    /// What the text is or is not: goes on after its key.
    pub(super) is: &'static str,
    /// What to do about it.
    pub(super) help: String,
    /// Whether the text holds a secret, or may: no message shows it then.
    pub(super) is_secret: bool,
}
