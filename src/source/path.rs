//! The way from the top of a file to a key, as people write it: `hosts."core-[01..08]".os`.

use std::fmt;

/// A key and the keys that lead to it. The top itself has no key.
#[derive(Clone, Copy, Default)]
pub(super) struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    key: &'p str,
}

impl<'p> Path<'p> {
    pub(super) const fn join(&'p self, key: &'p str) -> Self {
        Self { parent: Some(self), key }
    }

    /// The table that the key is in.
    pub(super) fn parent(&self) -> Self {
        self.parent.copied().unwrap_or_default()
    }

    /// Names the table at this path.
    pub(super) fn table(&self) -> String {
        if self.parent.is_none() {
            return "the file".to_owned();
        }
        format!("`[{self}]`")
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(parent) = self.parent else { return Ok(()) };
        if parent.parent.is_some() {
            write!(f, "{parent}.")?;
        }
        // A bare key, by the grammar of TOML 1.0.
        let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if !self.key.is_empty() && self.key.chars().all(bare) {
            f.write_str(self.key)
        } else {
            write!(f, "{:?}", self.key)
        }
    }
}
