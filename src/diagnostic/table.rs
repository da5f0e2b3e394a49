//! From a table of codes to their type.

macro_rules! codes {
    ($( $(#[doc = $about:literal])+ $code:ident = $text:literal $severity:ident, )+) => {
        /// One kind of problem. Its text (`toml::unknown-key`) is stable: scripts may rely on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $( $(#[doc = $about])+ $code, )+
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$( Self::$code, )+];

            /// The stable text.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$code => $text, )+ }
            }

            /// How bad it is.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $( Self::$code => Severity::$severity, )+ }
            }
        }
    };
}
