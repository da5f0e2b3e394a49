//! Every kind of problem that `mdc` can report, in one table.

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is done until it is mended.
    Error,
    /// Worth reading; the work goes on.
    Warning,
}

/// One kind of problem. Its text (`manifest::unknown-key`) is stable: scripts may rely on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// Not TOML.
    ManifestSyntax,
    /// A key that no table of this kind has.
    ManifestUnknownKey,
}

impl Code {
    /// Every code, in the order of the table.
    pub const ALL: &'static [Self] = &[Self::ManifestSyntax, Self::ManifestUnknownKey];

    /// The stable text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ManifestSyntax => "manifest::syntax",
            Self::ManifestUnknownKey => "manifest::unknown-key",
        }
    }

    /// How bad it is.
    #[must_use]
    pub const fn severity(self) -> Severity {
        Severity::Error
    }
}
